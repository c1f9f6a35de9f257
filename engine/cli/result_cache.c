/* SPDX-License-Identifier: MIT */
#include "result_cache.h"

#include "job.h"
#include "step.h"

#include "error.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x31454843414d46) /* "FMACHE1" */
#define FACTS "facts"
#define PATH_BYTES (FMI_RUN_FILE + 64)

/* The last file of an entry. */
typedef struct facts {
    uint64_t magic, files, bytes;
    double covered_fraction;
    uint64_t clipped_pixels, rejected_triangles;
    uint32_t rendered, statistics;
    struct {
        char name[32];
        double value[9];
    } row[6];
} facts;

fm_status fmi_results_collect(void *user, const char *name, fm_error *err) {
    fmi_file_names *names = user;
    if (names->count == names->room) {
        uint32_t room = names->room * 2 + 64;
        char **larger = realloc(names->name, room * sizeof *larger);
        if (larger == NULL)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a list of files");
        names->name = larger;
        names->room = room;
    }
    names->name[names->count] = strdup(name);
    if (names->name[names->count] == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a list of files");
    names->count++;
    return FM_OK;
}

void fmi_file_names_free(fmi_file_names *names) {
    for (uint32_t i = 0; i < names->count; i++)
        free(names->name[i]);
    free(names->name);
    *names = (fmi_file_names){0};
}

/* ---- files ---- */

/* Copies a regular file to a new name; the kernel moves the bytes, or shares them where it can. */
static bool copy_file(const char *from, const char *to, uint64_t *bytes) {
    struct stat info = {0};
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    int out = in >= 0 && fstat(in, &info) == 0 && S_ISREG(info.st_mode)
                  ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                  : -1;
    off_t left = info.st_size;
    bool ok = out >= 0;
    while (ok && left > 0) {
        ssize_t n = copy_file_range(in, NULL, out, NULL, (size_t)left, 0);
        if (n < 0 && errno == EINTR)
            continue;
        ok = n > 0;
        left -= n > 0 ? n : 0;
    }
    if (in >= 0)
        close(in);
    if (out >= 0)
        ok = close(out) == 0 && ok;
    *bytes += (uint64_t)info.st_size;
    return ok;
}

/* Folder of name's file below root; one level is all there is. */
static void make_folder(const char *root, const char *name) {
    char path[PATH_BYTES];
    const char *slash = strchr(name, '/');
    if (slash != NULL) {
        snprintf(path, sizeof path, "%s/%.*s", root, (int)(slash - name), name);
        (void)mkdir(path, 0777);
    }
}

static bool copy_all(const char *from, const char *to, const fmi_file_names *names,
                     uint64_t *bytes) {
    char source[PATH_BYTES];
    char target[PATH_BYTES];
    for (uint32_t i = 0; i < names->count; i++) {
        make_folder(to, names->name[i]);
        snprintf(source, sizeof source, "%s/%s", from, names->name[i]);
        snprintf(target, sizeof target, "%s/%s", to, names->name[i]);
        if (!copy_file(source, target, bytes))
            return false;
    }
    return true;
}

static void remove_all(const char *root, const fmi_file_names *names) {
    char path[PATH_BYTES];
    for (uint32_t i = 0; i < names->count; i++) {
        snprintf(path, sizeof path, "%s/%s", root, names->name[i]);
        (void)unlink(path);
    }
    for (uint32_t i = 0; i < names->count; i++) {
        const char *slash = strchr(names->name[i], '/');
        snprintf(path, sizeof path, "%s/%.*s", root,
                 slash != NULL ? (int)(slash - names->name[i]) : 0, names->name[i]);
        if (slash != NULL)
            (void)rmdir(path); /* refuses while another step's files are in it */
    }
}

/* ---- what is known besides ---- */

static void keep_facts(facts *f, const fmi_run *run) {
    f->magic = MAGIC;
    f->rendered = run->rendered;
    f->covered_fraction = run->report.covered_fraction;
    f->clipped_pixels = run->report.clipped_pixels;
    f->rejected_triangles = run->report.rejected_triangles;
    f->statistics = run->statistics;
    for (uint32_t i = 0; i < run->statistics; i++) {
        const fmi_statistic *s = &run->statistic[i];
        const double value[9] = {s->mean, s->std, s->min, s->max, s->p25,
                                 s->p50,  s->p75, s->p95, s->p99};
        snprintf(f->row[i].name, sizeof f->row[i].name, "%s", s->name);
        memcpy(f->row[i].value, value, sizeof value);
    }
}

static void take_facts(fmi_run *run, const facts *f) {
    if (!run->rendered && f->rendered) {
        run->rendered = true;
        run->report.covered_fraction = f->covered_fraction;
        run->report.clipped_pixels = f->clipped_pixels;
        run->report.rejected_triangles = f->rejected_triangles;
    }
    if (run->statistics > 0)
        return;
    run->statistics = f->statistics;
    for (uint32_t i = 0; i < f->statistics; i++) {
        const double *v = f->row[i].value;
        memcpy(run->cached_name[i], f->row[i].name, sizeof run->cached_name[i]);
        run->statistic[i] = (fmi_statistic){.name = run->cached_name[i],
                                            .mean = v[0],
                                            .std = v[1],
                                            .min = v[2],
                                            .max = v[3],
                                            .p25 = v[4],
                                            .p50 = v[5],
                                            .p75 = v[6],
                                            .p95 = v[7],
                                            .p99 = v[8]};
    }
}

static bool read_facts(facts *f, const char *entry) {
    char path[PATH_BYTES + sizeof FACTS + 1];
    snprintf(path, sizeof path, "%s/" FACTS, entry);
    FILE *file = fopen(path, "rbe");
    bool ok = file != NULL && fread(f, sizeof *f, 1, file) == 1 && f->magic == MAGIC &&
              f->statistics <= 6;
    for (uint32_t i = 0; i < 6; i++)
        f->row[i].name[sizeof f->row[i].name - 1] = '\0';
    if (file != NULL)
        fclose(file);
    return ok;
}

/* ---- fetch and store ---- */

static void entry_path(const fmi_run *run, const char *key, char out[PATH_BYTES]) {
    snprintf(out, PATH_BYTES, "%s/%s", run->options->cache, key);
}

fm_status fmi_results_fetch(fmi_run *run, const char *key, const fmi_file_names *names, bool *hit,
                            fm_error *err) {
    char entry[PATH_BYTES];
    facts f = {0};
    uint64_t bytes = 0;
    (void)err;
    *hit = false;
    entry_path(run, key, entry);
    if (!read_facts(&f, entry) || f.files != names->count)
        return FM_OK;
    if (!copy_all(entry, run->dir.work_path, names, &bytes) || bytes != f.bytes) {
        remove_all(run->dir.work_path, names);
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "%s: a damaged entry of the cache; its files are made anew", entry);
        return FM_OK;
    }
    take_facts(run, &f);
    *hit = true;
    return FM_OK;
}

void fmi_results_store(fmi_run *run, const char *key, const fmi_file_names *names) {
    char entry[PATH_BYTES];
    char path[PATH_BYTES + 32];
    fmi_output_dir dir;
    fm_error err;
    facts f = {.files = names->count};
    entry_path(run, key, entry);
    fm_status status = fmi_output_dir_begin(&dir, entry, true, &err);
    if (status == FM_OK && !copy_all(run->dir.work_path, dir.work_path, names, &f.bytes))
        status = fmi_fail(&err, FM_ERROR_IO, "%s: cannot be written: %s", entry, strerror(errno));
    keep_facts(&f, run);
    snprintf(path, sizeof path, "%s/" FACTS, dir.work_path);
    if (status == FM_OK)
        status = fmi_output_write_part(path, &f, sizeof f, &err);
    if (status == FM_OK)
        status = fmi_output_dir_commit(&dir, &err);
    if (status != FM_OK)
        fmi_console_log(run->console, FM_LOG_WARNING, "--cache: %s", err.message);
    fmi_output_dir_abort(&dir);
}
