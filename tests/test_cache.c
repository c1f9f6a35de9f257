/* SPDX-License-Identifier: MIT */
/* The cache of kernel binaries: whatever happens to it, results are right and nothing crashes. */
#include "fm_test.h"

#include "driver_cache.h"
#include "error.h"
#include "kernel_cache.h"
#include "program.h"
#include "queue.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fm/engine.h>

TestSuite(cache, .timeout = 60);

#define HEADER_BYTES 64
#define PATH_ROOM (FM_TEST_PATH + 300)

typedef struct lines {
    int count;
    char last[FM_TEST_PATH + 512];
} lines;

static void take_line(void *user, fm_log_level level, const char *line) {
    lines *l = user;
    (void)level;
    l->count++;
    snprintf(l->last, sizeof l->last, "%s", line);
}

/* --- files of a folder --------------------------------------------------------------------- */

/* Path of the one entry of a folder; false when there is none. Fails on two. */
static bool find_entry(const char *dir, char path[PATH_ROOM]) {
    int found = 0;
    DIR *folder = opendir(dir);
    if (!folder)
        return false;
    for (struct dirent *e = readdir(folder); e; e = readdir(folder)) {
        cr_assert_null(strstr(e->d_name, ".tmp"), "%s was left behind", e->d_name);
        if (strstr(e->d_name, ".fmbin")) {
            snprintf(path, PATH_ROOM, "%s/%s", dir, e->d_name);
            found++;
        }
    }
    closedir(folder);
    cr_assert_leq(found, 1, "%d entries", found);
    return found == 1;
}

static void write_at(const char *path, off_t at, const void *data, size_t bytes) {
    int fd = open(path, O_WRONLY);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(pwrite(fd, data, bytes, at), (ssize_t)bytes);
    close(fd);
}

static void flip_at(const char *path, off_t at) {
    unsigned char byte = 0;
    int fd = open(path, O_RDWR);
    cr_assert_geq(fd, 0, "%s: %s", path, strerror(errno));
    cr_assert_eq(pread(fd, &byte, 1, at), 1);
    byte ^= 0x10;
    cr_assert_eq(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

static off_t size_of(const char *path) {
    struct stat info;
    cr_assert_eq(stat(path, &info), 0, "%s", path);
    return info.st_size;
}

/* --- kinds of damage ----------------------------------------------------------------------- */

static void empty_file(const char *path) {
    cr_assert_eq(truncate(path, 0), 0);
}
static void cut_in_header(const char *path) {
    cr_assert_eq(truncate(path, HEADER_BYTES - 1), 0);
}
static void cut_after_header(const char *path) {
    cr_assert_eq(truncate(path, HEADER_BYTES), 0);
}
static void cut_last_byte(const char *path) {
    cr_assert_eq(truncate(path, size_of(path) - 1), 0);
}
static void one_byte_more(const char *path) {
    write_at(path, size_of(path), "x", 1);
}
static void first_payload_byte(const char *path) {
    flip_at(path, HEADER_BYTES);
}
static void last_payload_byte(const char *path) {
    flip_at(path, size_of(path) - 1);
}
static void wrong_magic(const char *path) {
    flip_at(path, 0);
}
static void old_version(const char *path) {
    const uint32_t version = 0;
    write_at(path, 8, &version, sizeof version);
}
static void other_device(const char *path) {
    flip_at(path, 16); /* key digest: what a renamed entry of another device looks like */
}
static void huge_length(const char *path) {
    const uint64_t bytes = UINT64_MAX - HEADER_BYTES + 1;
    write_at(path, 32, &bytes, sizeof bytes);
}
static void zeroed(const char *path) {
    off_t bytes = size_of(path);
    cr_assert_eq(truncate(path, 0), 0);
    cr_assert_eq(truncate(path, bytes), 0);
}
static void symbolic_link(const char *path) {
    char target[PATH_ROOM + 8];
    snprintf(target, sizeof target, "%s.real", path);
    char *suffix = strstr(target, ".fmbin.real"); /* not to be found as an entry */
    memcpy(suffix, ".target", 8);
    (void)unlink(target);
    cr_assert_eq(rename(path, target), 0);
    cr_assert_eq(symlink(target, path), 0);
}
static void link_to_itself(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(symlink(path, path), 0);
}
static void empty_folder(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkdir(path, 0700), 0);
}
static void full_folder(const char *path) {
    char inside[PATH_ROOM + 8];
    empty_folder(path);
    snprintf(inside, sizeof inside, "%s/x", path);
    cr_assert_eq(mkdir(inside, 0700), 0);
}
static void named_pipe(const char *path) {
    cr_assert_eq(unlink(path), 0);
    cr_assert_eq(mkfifo(path, 0600), 0);
}
static void others_may_write(const char *path) {
    cr_assert_eq(chmod(path, 0666), 0);
}
static void other_owner(const char *path) {
    if (geteuid() != 0 || chown(path, 65534, (gid_t)-1) != 0)
        others_may_write(path); /* only root can give a file away */
}

static const struct damage {
    const char *name;
    void (*apply)(const char *path);
    const char *words; /* of the warning */
    bool stays;        /* what is there cannot be replaced */
} damages[] = {
    {"empty file", empty_file, "too short", false},
    {"cut in the header", cut_in_header, "too short", false},
    {"cut after the header", cut_after_header, "too short", false},
    {"last byte cut", cut_last_byte, "wrong length", false},
    {"one byte more", one_byte_more, "wrong length", false},
    {"first payload byte", first_payload_byte, "damaged", false},
    {"last payload byte", last_payload_byte, "damaged", false},
    {"wrong magic", wrong_magic, "not a kernel binary", false},
    {"old version", old_version, "another format version", false},
    {"other device", other_device, "another device", false},
    {"huge length", huge_length, "wrong length", false},
    {"zeroed", zeroed, "not a kernel binary", false},
    {"symbolic link", symbolic_link, "symbolic link", false},
    {"link to itself", link_to_itself, "symbolic link", false},
    {"empty folder", empty_folder, "not a regular file", false},
    {"full folder", full_folder, "not a regular file", true},
    {"named pipe", named_pipe, "not a regular file", false},
    {"others may write", others_may_write, "others may have written", false},
    {"other owner", other_owner, "others may have written", false},
};
#define DAMAGES (sizeof damages / sizeof damages[0])

/* --- the file format ----------------------------------------------------------------------- */

static const fmi_cache_key some_key = {.text = "text",
                                       .options = "-O",
                                       .device = "device",
                                       .driver = "1.0",
                                       .platform = "platform",
                                       .version = "0"};

static bool holds(const char *dir, const fmi_cache_key *key, const void *want, size_t want_bytes,
                  const fm_log *log) {
    size_t bytes = 77;
    unsigned char *got = fmi_cache_load(dir, key, &bytes, log);
    bool same = got && bytes == want_bytes && memcmp(got, want, bytes) == 0;
    cr_assert(same || !got, "a wrong binary came back");
    cr_assert(got || bytes == 0);
    free(got);
    return same;
}

Test(cache, what_was_stored_comes_back) {
    char dir[FM_TEST_PATH];
    char deep[PATH_ROOM];
    lines got = {0};
    fm_log log = {take_line, &got, FM_LOG_DEBUG};
    unsigned char binary[5000];
    for (size_t i = 0; i < sizeof binary; i++)
        binary[i] = (unsigned char)(i * i >> 3);
    fm_test_dir(dir, "round_trip");
    snprintf(deep, sizeof deep, "%s/not/there yet", dir);
    cr_assert_not(holds(deep, &some_key, binary, sizeof binary, &log));
    fmi_cache_store(deep, &some_key, binary, sizeof binary, &log);
    cr_assert(holds(deep, &some_key, binary, sizeof binary, &log));
    cr_assert(fmi_cache_has(deep, &some_key));
    fmi_cache_store(deep, &some_key, binary, 1, &log);
    cr_assert(holds(deep, &some_key, binary, 1, &log));
    fmi_cache_store(deep, &some_key, binary, 0, &log); /* nothing to keep */
    cr_assert(holds(deep, &some_key, binary, 1, &log));
    fmi_cache_drop(deep, &some_key);
    cr_assert_not(holds(deep, &some_key, binary, 1, &log));
    cr_assert_not(fmi_cache_has(deep, &some_key));
    fmi_cache_drop(deep, &some_key);
    fmi_cache_drop("/no/such/folder", &some_key);
    cr_assert_eq(got.count, 0, "a log line: %s", got.last);
}

Test(cache, each_part_of_the_key_counts) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "keys");
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, NULL);
    fmi_cache_key other[8];
    for (size_t i = 0; i < 8; i++)
        other[i] = some_key;
    other[0].text = "texu";
    other[1].options = "";
    other[2].device = "device2";
    other[3].driver = "1.1";
    other[4].platform = NULL;
    other[5].version = "1";
    other[6].text = "text-"; /* the same bytes, cut elsewhere */
    other[6].options = "O";
    other[7].device = some_key.driver;
    other[7].driver = some_key.device;
    for (size_t i = 0; i < 8; i++)
        cr_assert_not(holds(dir, &other[i], "abc", 3, NULL), "key %zu", i);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
}

Test(cache, every_kind_of_damage_is_seen_and_mended) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    unsigned char binary[300];
    memset(binary, 0xC3, sizeof binary);
    for (size_t i = 0; i < DAMAGES; i++) {
        const struct damage *d = &damages[i];
        lines got = {0};
        fm_log log = {take_line, &got, FM_LOG_WARNING};
        fm_test_dir(dir, "damage");
        fmi_cache_store(dir, &some_key, binary, sizeof binary, &log);
        cr_assert(find_entry(dir, path));
        d->apply(path);
        cr_assert_not(holds(dir, &some_key, binary, sizeof binary, &log), "%s", d->name);
        cr_assert_eq(got.count, 1, "%s: %d warnings", d->name, got.count);
        cr_assert_not_null(strstr(got.last, d->words), "%s: %s", d->name, got.last);
        fmi_cache_store(dir, &some_key, binary, sizeof binary, &log);
        cr_assert_eq(holds(dir, &some_key, binary, sizeof binary, NULL), !d->stays, "%s", d->name);
        cr_assert_eq(got.count, 1 + d->stays, "%s: %d warnings", d->name, got.count);
    }
}

Test(cache, every_changed_byte_is_seen) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    fm_test_dir(dir, "bytes");
    fmi_cache_store(dir, &some_key, (const unsigned char *)"sixteen bytes ..", 16, NULL);
    cr_assert(find_entry(dir, path));
    cr_assert_eq(size_of(path), HEADER_BYTES + 16);
    for (off_t at = 0; at < HEADER_BYTES + 16; at++) {
        flip_at(path, at);
        cr_assert_not(holds(dir, &some_key, "sixteen bytes ..", 16, NULL), "byte %d", (int)at);
        flip_at(path, at);
    }
    cr_assert(holds(dir, &some_key, "sixteen bytes ..", 16, NULL));
}

Test(cache, a_folder_that_cannot_be_written_is_one_warning) {
    char dir[FM_TEST_PATH];
    char below_file[PATH_ROOM];
    fm_test_dir(dir, "no_write");
    snprintf(below_file, sizeof below_file, "%s/file", dir);
    int fd = open(below_file, O_CREAT | O_WRONLY, 0600);
    cr_assert_geq(fd, 0);
    close(fd);
    const char *folders[] = {below_file, strcat(strcpy((char[PATH_ROOM]){0}, below_file), "/sub"),
                             "/proc/facemorph"};
    for (size_t i = 0; i < 3; i++) {
        lines got = {0};
        fm_log log = {take_line, &got, FM_LOG_WARNING};
        cr_assert_not(holds(folders[i], &some_key, "abc", 3, &log));
        fmi_cache_store(folders[i], &some_key, (const unsigned char *)"abc", 3, &log);
        cr_assert_eq(got.count, 1, "%s: %d warnings, %s", folders[i], got.count, got.last);
        cr_assert_not_null(strstr(got.last, folders[i]), "%s", got.last);
        bool waited = true;
        cr_assert_eq(fmi_cache_lock(folders[i], &waited), -1);
        cr_assert_not(waited);
    }
    fmi_cache_store("", &some_key, (const unsigned char *)"abc", 3, NULL);
    fmi_cache_store(NULL, &some_key, (const unsigned char *)"abc", 3, NULL);
}

Test(cache, what_a_writer_that_died_left_is_overwritten) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    fm_test_dir(dir, "died");
    snprintf(path, sizeof path, "%s/new.tmp", dir);
    cr_assert_eq(symlink("/dev/null", path), 0);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, NULL);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
    cr_assert(find_entry(dir, path)); /* and no temporary file is left */
}

Test(cache, a_held_lock_delays_a_writer_but_never_stops_it) {
    char dir[FM_TEST_PATH];
    char path[PATH_ROOM];
    lines got = {0};
    fm_log log = {take_line, &got, FM_LOG_WARNING};
    fm_test_dir(dir, "held");
    snprintf(path, sizeof path, "%s/lock", dir);
    int fd = open(path, O_CREAT | O_RDWR, 0600);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, &log);
    cr_assert_eq(got.count, 1, "%d warnings", got.count);
    cr_assert_not(holds(dir, &some_key, "abc", 3, NULL));
    close(fd);
    fmi_cache_store(dir, &some_key, (const unsigned char *)"abc", 3, &log);
    cr_assert(holds(dir, &some_key, "abc", 3, NULL));
}

Test(cache, one_builder_at_a_time) {
    char dir[FM_TEST_PATH];
    bool waited = true;
    fm_test_dir(dir, "builders");
    int lock = fmi_cache_lock(dir, &waited);
    cr_assert_geq(lock, 0);
    cr_assert_not(waited);
    pid_t child = fork(); /* before any OpenCL call */
    if (child == 0) {
        bool child_waited = false;
        int second = fmi_cache_lock(dir, &child_waited);
        _exit(second >= 0 && child_waited ? 7 : 1);
    }
    usleep(100000);
    int state = 0;
    cr_assert_eq(waitpid(child, &state, WNOHANG), 0, "the second builder did not wait");
    /* The child's copy of our handle shares the lock, so give it back for both. */
    cr_assert_eq(flock(lock, LOCK_UN), 0);
    cr_assert_eq(waitpid(child, &state, 0), child);
    cr_assert(WIFEXITED(state) && WEXITSTATUS(state) == 7, "state %x", (unsigned)state);
    fmi_cache_unlock(lock);
    fmi_cache_unlock(-1);
}

Test(cache, many_writers_and_readers_never_meet_half_a_file) {
    char dir[FM_TEST_PATH];
    enum { WORKERS = 6, ROUNDS = 30, BYTES = 20000 };
    fm_test_dir(dir, "many");
    pid_t children[WORKERS];
    for (int w = 0; w < WORKERS; w++) {
        children[w] = fork();
        if (children[w] == 0) {
            lines got = {0};
            fm_log log = {take_line, &got, FM_LOG_WARNING};
            unsigned char *binary = malloc(BYTES);
            for (int r = 0; r < ROUNDS; r++) {
                size_t bytes = 0;
                memset(binary, w + 1, BYTES);
                fmi_cache_store(dir, &some_key, binary, BYTES, &log);
                unsigned char *back = fmi_cache_load(dir, &some_key, &bytes, &log);
                if (!back || bytes != BYTES || memcmp(back, back + 1, BYTES - 1) != 0 || got.count)
                    _exit(1);
                free(back);
            }
            _exit(0);
        }
    }
    for (int w = 0; w < WORKERS; w++) {
        int state = 0;
        cr_assert_eq(waitpid(children[w], &state, 0), children[w]);
        cr_assert_eq(state, 0, "worker %d: %x", w, (unsigned)state);
    }
}

/* --- the default folder -------------------------------------------------------------------- */

Test(cache, the_default_folder_follows_the_environment) {
    char dir[FM_TEST_PATH];
    char got[PATH_ROOM];
    char want[PATH_ROOM];
    struct stat info;
    fm_test_dir(dir, "home");
    setenv("HOME", dir, 1);
    unsetenv("XDG_CACHE_HOME");
    unsetenv("FM_CACHE_DIR");
    snprintf(want, sizeof want, "%s/.cache/facemorph", dir);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    cr_assert(stat(want, &info) == 0 && S_ISDIR(info.st_mode) && (info.st_mode & 077) == 0);
    snprintf(want, sizeof want, "%s/xdg", dir);
    setenv("XDG_CACHE_HOME", want, 1);
    strcat(want, "/facemorph");
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    snprintf(want, sizeof want, "%s/own", dir);
    setenv("FM_CACHE_DIR", want, 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, want);
    cr_assert_eq(stat(want, &info), 0);
    setenv("FM_CACHE_DIR", "/proc/nothing/here", 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "", "a folder that cannot be made is no cache");
    setenv("FM_CACHE_DIR", "", 1);
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "", "set but empty turns the cache off");
    unsetenv("FM_CACHE_DIR");
    setenv("XDG_CACHE_HOME", "relative", 1);
    unsetenv("HOME");
    fmi_cache_default_dir(got, sizeof got);
    cr_assert_str_eq(got, "");
    setenv("HOME", dir, 1);
    fmi_cache_default_dir(got, 10);
    cr_assert_str_eq(got, "", "a name that does not fit is no cache");
}

/* A cut library under the folder that PoCL gets. */
static void put_damage(const char *dir) {
    char path[PATH_ROOM];
    static const char *const parts[] = {"AB", "CDEF", "kernel", "shape", "k.so"};
    (void)snprintf(path, sizeof path, "%s/pocl-%s", dir, fm_version());
    for (size_t i = 0; i < 5; i++) {
        size_t used = strlen(path);
        (void)snprintf(path + used, sizeof path - used, "/%s", parts[i]);
        if (i < 4)
            cr_assert(mkdir(path, 0700) == 0 || errno == EEXIST, "%s", path);
    }
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file, "%s", path);
    (void)fputs("\177ELF, and no more", file);
    (void)fclose(file);
}

Test(cache, pocl_gets_a_folder_of_ours_unless_the_user_chose) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "driver");
    setenv("POCL_CACHE_DIR", "/chosen", 1);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    cr_assert_str_eq(getenv("POCL_CACHE_DIR"), "/chosen");
    unsetenv("POCL_CACHE_DIR");
    cr_assert_eq(fmi_driver_cache_use(""), 0U);
    cr_assert_eq(fmi_driver_cache_use(NULL), 0U);
    cr_assert_eq(fmi_driver_cache_use("/proc/nothing/here"), 0U); /* PoCL would show no device */
    cr_assert_null(getenv("POCL_CACHE_DIR"));
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    const char *set = getenv("POCL_CACHE_DIR");
    cr_assert_not_null(set);
    cr_assert_eq(strncmp(set, dir, strlen(dir)), 0, "%s", set);
    cr_assert_eq(access(set, W_OK), 0);
}

/* A process that starts over has the variable from the one before it. */
Test(cache, pocl_s_folder_is_mended_by_a_second_process_too) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "driver_again");
    unsetenv("POCL_CACHE_DIR");
    cr_assert_eq(fmi_driver_cache_use(dir), 0U);
    put_damage(dir);
    cr_assert_eq(fmi_driver_cache_use(dir), 1U);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U, "it is gone");
    put_damage(dir);
    setenv("POCL_CACHE_DIR", "/chosen", 1);
    cr_assert_eq(fmi_driver_cache_use(dir), 0U, "the user's choice is left alone");
}

/* --- programs through the cache, on the device --------------------------------------------- */

typedef struct rig {
    char kernels[FM_TEST_PATH], cache[FM_TEST_PATH];
    fmi_queue *queue;
    lines got;
    fmi_program_params params;
} rig;

/* platform: NULL, or the name of another driver for the quirk table. */
static void open_rig_as(rig *r, const char *platform) {
    fm_error err;
    fmi_device *list = NULL;
    size_t count = 0;
    size_t i = 0;
    char path[PATH_ROOM];
    *r = (rig){0};
    fm_test_dir(r->kernels, "kernels");
    fm_test_dir(r->cache, "cache");
    snprintf(path, sizeof path, "%s/seven.cl", r->kernels);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file);
    fputs("__kernel void seven(__global uint *out) { out[get_global_id(0)] = 7u + K; }\n", file);
    cr_assert_eq(fclose(file), 0);
    r->params = (fmi_program_params){
        .file = "seven.cl", .options = "-DK=0", .kernel_dir = r->kernels, .cache_dir = r->cache};
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    fm_assert_ok(fmi_device_select(list, count, "auto", &i, &err), err);
    if (platform)
        snprintf(list[i].caps.platform, sizeof list[i].caps.platform, "%s", platform);
    fmi_queue_params params = {.log = {take_line, &r->got, FM_LOG_WARNING}};
    fm_assert_ok(fmi_queue_create(&r->queue, &list[i], &params, &err), err);
    free(list);
}

static void open_rig(rig *r) {
    open_rig_as(r, NULL);
}

/* Builds, runs, checks the result; store: keeps the binary after the launch. */
static void run_rig(rig *r, bool store, uint32_t want) {
    fm_error err;
    cl_program program;
    cl_kernel kernel;
    fmi_buffer out;
    cl_uint got[4] = {0};
    fm_assert_ok(fmi_program_build(&program, r->queue, &r->params, &err), err);
    fm_assert_ok(fmi_kernel_create(&kernel, program, "seven", &err), err);
    fm_assert_ok(fmi_buffer_create(&out, r->queue, CL_MEM_READ_WRITE, sizeof got, "out", &err),
                 err);
    fmi_arg args[] = {FMI_ARG(out.mem)};
    fmi_launch launch = {.kernel = kernel,
                         .name = "seven",
                         .args = args,
                         .arg_count = 1,
                         .dims = 1,
                         .global = {4, 1, 1}};
    fm_assert_ok(fmi_queue_launch(r->queue, &launch, &err), err);
    fm_assert_ok(fmi_buffer_read(&out, 0, sizeof got, got, &err), err);
    for (size_t i = 0; i < 4; i++)
        cr_assert_eq(got[i], want, "item %zu is %u", i, got[i]);
    if (store)
        fmi_program_store(program, r->queue, &r->params);
    fmi_buffer_destroy(&out);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
}

static void check_counts(rig *r, uint64_t builds, uint64_t hits, const char *what) {
    const fm_stats *stats = fmi_queue_stats(r->queue);
    cr_assert_eq(stats->builds, builds, "%s: %d builds", what, (int)stats->builds);
    cr_assert_eq(stats->cache_hits, hits, "%s: %d hits", what, (int)stats->cache_hits);
}

Test(cache, the_second_build_comes_from_the_cache) {
    rig r;
    open_rig(&r);
    run_rig(&r, false, 7);
    check_counts(&r, 1, 0, "cold");
    run_rig(&r, false, 7);
    check_counts(&r, 1, 1, "warm");
    r.params.options = "-DK=5";
    run_rig(&r, false, 12);
    check_counts(&r, 2, 1, "other options");
    r.params.cache_dir = NULL;
    run_rig(&r, false, 12);
    check_counts(&r, 3, 1, "no cache");
    cr_assert_eq(r.got.count, 0, "a log line: %s", r.got.last);
    fmi_queue_destroy(&r.queue);
}

/* PoCL would compile all of it again to give its binary out, and keeps it by itself. */
Test(cache, a_large_program_is_left_to_a_driver_that_keeps_it) {
    rig r;
    char path[PATH_ROOM];
    open_rig_as(&r, "Portable Computing Language");
    r.params.large = true;
    run_rig(&r, true, 7);
    cr_assert_not(find_entry(r.cache, path), "stored all the same");
    run_rig(&r, false, 7);
    check_counts(&r, 2, 0, "large");
    setenv("POCL_KERNEL_CACHE", "0", 1); /* then nobody keeps it but us */
    run_rig(&r, false, 7);
    cr_assert(find_entry(r.cache, path), "not stored");
    run_rig(&r, false, 7);
    check_counts(&r, 3, 1, "without the driver's cache");
    fmi_queue_destroy(&r.queue);
    unsetenv("POCL_KERNEL_CACHE");
    open_rig_as(&r, "Some other driver");
    r.params.large = true;
    run_rig(&r, false, 7);
    cr_assert(find_entry(r.cache, path), "not stored");
    fmi_queue_destroy(&r.queue);
}

Test(cache, a_binary_may_be_stored_after_the_first_launches) {
    rig r;
    char path[PATH_ROOM];
    open_rig(&r);
    r.params.store_later = true;
    run_rig(&r, false, 7);
    cr_assert_not(find_entry(r.cache, path), "stored too early");
    run_rig(&r, true, 7);
    check_counts(&r, 2, 0, "before the store");
    cr_assert(find_entry(r.cache, path));
    run_rig(&r, true, 7);
    check_counts(&r, 2, 1, "after the store");
    cr_assert_eq(r.got.count, 0, "a log line: %s", r.got.last);
    fmi_queue_destroy(&r.queue);
}

Test(cache, any_damage_is_built_again_with_the_right_result) {
    rig r;
    char path[PATH_ROOM];
    uint64_t builds = 0;
    uint64_t hits = 0;
    open_rig(&r);
    for (size_t i = 0; i < DAMAGES; i++) {
        const struct damage *d = &damages[i];
        fm_test_dir(r.cache, "cache");
        run_rig(&r, false, 7);
        cr_assert(find_entry(r.cache, path), "%s", d->name);
        d->apply(path);
        r.got.count = 0;
        run_rig(&r, false, 7);
        check_counts(&r, builds += 2, hits, d->name);
        cr_assert_eq(r.got.count, 1 + d->stays, "%s: %d warnings", d->name, r.got.count);
        run_rig(&r, false, 7);
        check_counts(&r, builds += d->stays, hits += !d->stays, d->name);
    }
    fmi_queue_destroy(&r.queue);
}

Test(cache, an_unwritable_folder_changes_nothing_but_the_time) {
    rig r;
    open_rig(&r);
    r.params.cache_dir = "/proc/facemorph";
    run_rig(&r, false, 7);
    run_rig(&r, false, 7);
    check_counts(&r, 2, 0, "unwritable");
    cr_assert_eq(r.got.count, 2, "%d warnings", r.got.count);
    fmi_queue_destroy(&r.queue);
}

Test(cache, a_binary_that_the_driver_refuses_is_dropped) {
    rig r;
    fm_error err;
    char path[PATH_ROOM];
    char device[300];
    char *text = NULL;
    open_rig(&r);
    run_rig(&r, false, 7);
    const fm_caps *caps = &fmi_queue_device(r.queue)->caps;
    fm_assert_ok(fmi_program_text(&r.params, &text, NULL, &err), err);
    snprintf(device, sizeof device, "%s\n%s", caps->name, caps->version);
    fmi_cache_key key = {.text = text,
                         .options = FMI_BUILD_OPTIONS " -DK=0",
                         .device = device,
                         .driver = caps->driver,
                         .platform = caps->platform,
                         .version = fm_version()};
    cr_assert(fmi_cache_has(r.cache, &key), "the test's key is not the program's");
    fmi_cache_store(r.cache, &key, (const unsigned char *)"sound, but no program", 21, NULL);
    run_rig(&r, false, 7);
    check_counts(&r, 2, 0, "refused");
    cr_assert_eq(r.got.count, 1, "%d warnings", r.got.count);
    cr_assert_not_null(strstr(r.got.last, "refuses"), "%s", r.got.last);
    cr_assert(find_entry(r.cache, path));
    run_rig(&r, false, 7);
    check_counts(&r, 2, 1, "mended");
    fmi_cache_store(r.cache, &key, (const unsigned char *)"sound, but no program", 21, NULL);
    r.params.store_later = true;
    run_rig(&r, false, 7);
    cr_assert_not(find_entry(r.cache, path), "the refused binary is still there");
    free(text);
    fmi_queue_destroy(&r.queue);
}
