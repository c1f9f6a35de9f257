/* SPDX-License-Identifier: MIT */
#include "result_cache.h"

#include "job.h"
#include "step.h"

#include "error.h"
#include "fd.h"
#include "io/file.h"
#include "io/hash.h"
#include "io/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x32454843414d46) /* "FMACHE2" */
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
    uint64_t hash[]; /* of each file */
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

/* Where the kernel cannot: between two kinds of file systems. */
static bool copy_through(int in, int out, off_t left) {
    unsigned char block[1 << 14];
    ssize_t n = 1;
    for (; left > 0 && n > 0; left -= n) {
        n = fmi_fd_read(in, block, sizeof block);
        if (n > 0 && !fmi_fd_write(out, block, (size_t)n))
            return false;
    }
    return left == 0;
}

/* The kernel moves the bytes, or shares them where it can. */
static bool copy_bytes(int in, int out, off_t left) {
    while (left > 0) {
        ssize_t n = copy_file_range(in, NULL, out, NULL, (size_t)left, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        left -= n;
    }
    return copy_through(in, out, left);
}

/* Copies a regular file to a new name. */
static bool copy_file(const char *from, const char *to, uint64_t *bytes) {
    struct stat info = {0};
    int in = open(from, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    int out = in >= 0 && fstat(in, &info) == 0 && S_ISREG(info.st_mode)
                  ? open(to, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666)
                  : -1;
    bool ok = out >= 0 && copy_bytes(in, out, info.st_size);
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

/* hash: of each file as it is now at its new place. */
static bool copy_all(const char *from, const char *to, const fmi_file_names *names, uint64_t *bytes,
                     uint64_t *hash) {
    char source[PATH_BYTES];
    char target[PATH_BYTES];
    for (uint32_t i = 0; i < names->count; i++) {
        make_folder(to, names->name[i]);
        snprintf(source, sizeof source, "%s/%s", from, names->name[i]);
        snprintf(target, sizeof target, "%s/%s", to, names->name[i]);
        if (!copy_file(source, target, bytes) || fmi_hash_file(&hash[i], target, NULL) != FM_OK)
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

static size_t facts_bytes(uint64_t files) {
    return sizeof(facts) + files * sizeof(uint64_t);
}

/* Free with free(); NULL when they are missing, damaged or of other files. */
static facts *read_facts(const char *entry, uint32_t files) {
    char path[PATH_BYTES + sizeof FACTS + 1];
    unsigned char *data = NULL;
    size_t bytes = 0;
    snprintf(path, sizeof path, "%s/" FACTS, entry);
    if (fmi_file_read_most(&data, &bytes, path, facts_bytes(files), NULL) != FM_OK)
        return NULL;
    facts *f = (void *)data; /* of malloc, so aligned */
    if (bytes != facts_bytes(files) || f->magic != MAGIC || f->files != files ||
        f->statistics > 6) {
        free(data);
        return NULL;
    }
    for (uint32_t i = 0; i < 6; i++)
        f->row[i].name[sizeof f->row[i].name - 1] = '\0';
    return f;
}

/* ---- fetch and store ---- */

static void entry_path(const fmi_run *run, const char *key, char out[PATH_BYTES]) {
    snprintf(out, PATH_BYTES, "%s/%s", run->options->cache, key);
}

/* The copies are what is hashed: what the run keeps is what was once stored. */
static bool fetch(const fmi_run *run, const char *entry, const fmi_file_names *names,
                  const facts *f) {
    uint64_t bytes = 0;
    uint64_t *hash = calloc(names->count + 1, sizeof *hash);
    bool whole = hash != NULL && copy_all(entry, run->dir.work_path, names, &bytes, hash) &&
                 bytes == f->bytes && memcmp(hash, f->hash, names->count * sizeof *hash) == 0;
    free(hash);
    return whole;
}

fm_status fmi_results_fetch(fmi_run *run, const char *key, const fmi_file_names *names, bool *hit,
                            fm_error *err) {
    char entry[PATH_BYTES];
    (void)err;
    entry_path(run, key, entry);
    facts *f = read_facts(entry, names->count);
    *hit = f != NULL && fetch(run, entry, names, f);
    if (*hit) {
        take_facts(run, f);
    } else if (f != NULL) {
        remove_all(run->dir.work_path, names);
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "%s: a damaged entry of the cache; its files are made anew", entry);
    }
    free(f);
    return FM_OK;
}

static fm_status store(const fmi_run *run, fmi_output_dir *dir, const fmi_file_names *names,
                       fm_error *err) {
    char path[PATH_BYTES + 32];
    facts *f = calloc(1, facts_bytes(names->count));
    if (f == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the hashes of %u files",
                        names->count);
    f->files = names->count;
    keep_facts(f, run);
    snprintf(path, sizeof path, "%s/" FACTS, dir->work_path);
    fm_status status = copy_all(run->dir.work_path, dir->work_path, names, &f->bytes, f->hash)
                           ? fmi_output_write_part(path, f, facts_bytes(names->count), err)
                           : fmi_fail(err, FM_ERROR_IO, "%s: cannot be written: %s",
                                      dir->final_path, strerror(errno));
    free(f);
    return status == FM_OK ? fmi_output_dir_commit(dir, err) : status;
}

void fmi_results_store(fmi_run *run, const char *key, const fmi_file_names *names) {
    char entry[PATH_BYTES];
    fmi_output_dir dir;
    fm_error err;
    entry_path(run, key, entry);
    fm_status status = fmi_output_dir_begin(&dir, entry, true, &err);
    if (status == FM_OK)
        status = store(run, &dir, names, &err);
    if (status != FM_OK)
        fmi_console_log(run->console, FM_LOG_WARNING, "--cache: %s", err.message);
    fmi_output_dir_abort(&dir);
}
