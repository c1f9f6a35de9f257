/* SPDX-License-Identifier: MIT */
/* Kinds 41 to 43, 52, 54, 55 and 58: where outputs go, streams, signals, limits. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- folders ---- */

static void locked_folder(const hostile_row *row) {
    cr_assert_eq(mkdir("locked", 0555), 0);
    (void)row;
}

static void link_to_folder(const hostile_row *row) {
    cr_assert_eq(mkdir("real", 0777), 0);
    cr_assert_eq(symlink("real", "out"), 0);
    (void)row;
}

static void link_as_run_folder(const hostile_row *row) {
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("real", 0777), 0);
    hostile_text("real/kept", "kept");
    cr_assert_eq(symlink("../real", "out/a_b"), 0);
    (void)row;
}

static void link_as_file(const hostile_row *row) {
    hostile_text("kept", "kept");
    cr_assert_eq(symlink("kept", "out.npy"), 0);
    (void)row;
}

static const char *kept_is_kept(const hostile_outcome *outcome) {
    char text[8] = "";
    FILE *f = fopen("kept", "rbe");
    size_t n = f ? fread(text, 1, 4, f) : 0;
    if (f)
        fclose(f);
    (void)outcome;
    return n == 4 && strcmp(text, "kept") == 0 ? NULL : "the link's target was written";
}

static void old_run(const hostile_row *row) {
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/a_b", 0777), 0);
    hostile_text("out/a_b/mine.txt", "kept");
    (void)row;
}

static const char *replaced_whole(const hostile_outcome *outcome) {
    (void)outcome;
    return access("out/a_b/mine.txt", F_OK) != 0 && access("out/a_b/run.json", F_OK) == 0
               ? NULL
               : "the old folder was not replaced as a whole";
}

/* ---- limits ---- */

static void limit(int which, rlim_t most) {
    const struct rlimit r = {most, most};
    setrlimit(which, &r);
}

static void no_file_space(void) {
    limit(RLIMIT_FSIZE, 64);
}

static void few_files(void) {
    limit(RLIMIT_NOFILE, 8);
}

static void small_stack(void) {
    limit(RLIMIT_STACK, 96 << 10);
}

static void small_memory(void) {
    limit(RLIMIT_AS, 100 << 20);
}

static void odd_umask(void) {
    umask(0777);
}

/* ---- streams ---- */

static void close_stdout(void) {
    close(1);
}

static void close_all(void) {
    for (int fd = 0; fd < 3; fd++)
        close(fd);
}

static void break_stdout(void) {
    int ends[2];
    if (pipe(ends) != 0)
        _exit(126);
    dup2(ends[1], 1);
    close(ends[0]);
    close(ends[1]);
}

static void full_stdout(void) {
    dup2(open("/dev/full", O_WRONLY), 1);
}

static void full_stderr(void) {
    dup2(open("/dev/full", O_WRONLY), 2);
}

/* Nothing of the streams went to a file. */
static const char *frames_are_pictures(const hostile_outcome *outcome) {
    char head[8] = "";
    FILE *f = fopen("out/a_b/png/a-1000_b-0000.png", "rbe");
    size_t n = f ? fread(head, 1, 8, f) : 0;
    if (f)
        fclose(f);
    (void)outcome;
    return n == 8 && memcmp(head, "\x89PNG\r\n\x1A\n", 8) == 0 ? NULL : "a frame is no PNG";
}

/* ---- signals ---- */

static void pause_ms(long ms) {
    const struct timespec t = {ms / 1000, ms % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* Waits until the work folder is there, so that the signal comes in the middle. */
static void wait_for_work(void) {
    struct stat info;
    for (int i = 0; i < 500 && stat("out", &info) != 0; i++)
        pause_ms(10);
}

static const char *interrupt(int pid) {
    wait_for_work();
    kill(pid, SIGINT);
    return NULL;
}

static const char *terminate(int pid) {
    wait_for_work();
    kill(pid, SIGTERM);
    return NULL;
}

static const char *terminate_early(int pid) {
    kill(pid, SIGTERM);
    return NULL;
}

static const char *suspend(int pid) {
    pause_ms(20);
    kill(pid, SIGSTOP);
    pause_ms(300);
    kill(pid, SIGCONT);
    return NULL;
}

/* ---- two at once ---- */

static int second_exit;

static const char *second_run(int pid) {
    int result = 0;
    pid_t second = fork();
    (void)pid;
    if (second == 0) {
        int fd = open("/dev/null", O_WRONLY);
        dup2(fd, 2);
        execl(getenv("FMORPH"), "fmorph", "morph", "a.obj", "b.obj", "--device", "ref", "--minimal",
              "--frames", "40", "--size", "64", "-o", "out", (char *)NULL);
        _exit(127);
    }
    waitpid(second, &result, 0);
    second_exit = WEXITSTATUS(result);
    return NULL;
}

static const char *one_of_two(const hostile_outcome *outcome) {
    if (access("out/a_b/run.json", F_OK) != 0)
        return "neither run is there";
    return (outcome->exit == 0) + (second_exit == 0) == 1 &&
                   (outcome->exit == 5) + (second_exit == 5) == 1
               ? NULL
               : "not exactly one of two runs was refused";
}

/* ---- terminals ---- */

static int terminal = -1; /* the near end of a terminal of one column and one row */

static void open_terminal(const hostile_row *row) {
    (void)row;
    terminal = posix_openpt(O_RDWR | O_NOCTTY);
    cr_assert(terminal >= 0 && grantpt(terminal) == 0 && unlockpt(terminal) == 0);
}

static void use_terminal(void) {
    const struct winsize tiny = {.ws_row = 1, .ws_col = 1};
    int far = open(ptsname(terminal), O_RDWR | O_NOCTTY);
    ioctl(far, TIOCSWINSZ, &tiny);
    dup2(far, 2);
    close(far);
    close(terminal);
}

static char shown[1 << 14];

static const char *read_terminal(int pid) {
    size_t used = 0;
    ssize_t n = 0;
    (void)pid;
    do {
        n = read(terminal, shown + used,
                 sizeof shown - 1 - used); /* fails when the far end closes */
        used += n > 0 ? (size_t)n : 0;
    } while (n > 0 && used < sizeof shown - 1);
    shown[used] = '\0';
    close(terminal);
    return NULL;
}

static const char *plain_terminal(const hostile_outcome *outcome) {
    (void)outcome;
    return strstr(shown, "out/a_b: 2 frames") && !strstr(shown, "\033[3") ? NULL : "not plain text";
}

/* ---- large files ---- */

static void sparse(const hostile_row *row) {
    hostile_text(row->file, "\x93NUMPY\1");
    cr_assert_eq(truncate(row->file, row->n), 0);
}

#define AB "morph a.obj b.obj " HOSTILE_SMALL
#define LONG_RUN "morph a.obj b.obj --device ref --minimal --frames 900000 --size 64 -o out"
#define LARGE(name, line)                                                                    \
    {                                                                                        \
        54, "3 GiB: " name, name, .make = sparse, .n = 3L << 30, .command = line, .exit = 6, \
                                  .says = "the limit is"                                     \
    }

static const hostile_row rows[] = {
    {41, "a report without a folder keeps the old result", "x.csv", "old\n", .exit = 5,
     .command = "keypoints --model fomm --source s.csv --driving s.csv -o {} --report none/r.json "
                "--device ref",
     .says = "none/r.json"},
    {41, "folder below folders that are missing", .makes = "deep", .lines = true,
     .command = "morph a.obj b.obj --device ref --minimal --frames 2 --size 16 -o deep/er/still"},
    {41, "folder in a folder that cannot be written", .make = locked_folder,
     .inside = hostile_drop_rights,
     .command = "morph a.obj b.obj --device ref --minimal --frames 2 --size 16 -o locked/out",
     .exit = 5, .says = "locked/out|Permission denied"},
    {41, "file in a folder that cannot be written", .make = locked_folder,
     .inside = hostile_drop_rights, .command = "solve m.npy r.npy -o locked/x.npy --device ref",
     .exit = 5, .lines = true, .says = "locked/x.npy|Permission denied"},
    {41, "file in a folder that is missing", .exit = 5, .lines = true,
     .command = "solve m.npy r.npy -o none/x.npy --device ref", .says = "none/x.npy"},
    {41, "a file in the way", .exit = 5, .says = "a.obj",
     .command = "morph a.obj b.obj --device ref --minimal --frames 2 --size 16 -o a.obj"},
    {41, "a folder that is a link", .make = link_to_folder, .command = AB, .makes = "real"},
    {41, "a run folder that is a link", .make = link_as_run_folder, .command = AB, .exit = 5,
     .says = "out/a_b"},
    {41, "a run folder that is a link, forced", .make = link_as_run_folder,
     .command = AB " --force", .exit = 5, .says = "out/a_b|in the way"},
    {41, "a file that is a link", .make = link_as_file, .makes = "out.npy", .check = kept_is_kept,
     .command = "solve m.npy r.npy -o out.npy --device ref"},
    {41, "a device as output file", .exit = 5, .says = "/dev/full|regular file", .lines = true,
     .command = "solve m.npy r.npy -o /dev/full --device ref"},
    {41, "over the quota, pictures", .command = AB, .inside = no_file_space, .exit = 5,
     .lines = true},
    {41, "over the quota, a file", .inside = no_file_space, .exit = 5, .lines = true,
     .command = "solve m.npy r.npy -o x.npy --device ref", .says = "x.npy|too large"},
    {41, "over the quota, keypoints", .inside = no_file_space, .exit = 5, .lines = true,
     .command = "keypoints --model fomm --source s.csv --driving s.csv -o o.csv --device ref"},
    {41, "over the quota, heads", .inside = no_file_space, .exit = 5, .lines = true,
     .command = "sample -o heads --vertices 500 --texture 64"},
    {41, "over the quota, a store", .inside = no_file_space, .exit = 5, .lines = true,
     .command =
         "fmbench --sweep --op morph --vertices 500 --quick --batch 1 --level medium --db x.db"},
    {41, "folder of the store is missing", .exit = 5, .says = "none/x.db",
     .command = "fmbench --sweep --op morph --vertices 500 --quick --batch 1 --level medium --db "
                "none/x.db"},
    {42, "a run that is there", .make = old_run, .command = AB, .exit = 5,
     .says = "out/a_b|--force"},
    {42, "a run that is there, forced", .make = old_run, .command = AB " --force", .makes = "out",
     .check = replaced_whole},
    {42, "a file that is there", "out.npy", "old", .makes = "out.npy",
     .command = "solve m.npy r.npy -o out.npy --device ref"},
    {43, "stdout closed, not needed", .inside = close_stdout, .command = AB, .makes = "out"},
    {43, "stdout closed and needed", .inside = close_stdout, .command = AB " --json", .exit = 5,
     .lines = true, .makes = "out", .says = "stdout"},
    {43, "stdout full", .inside = full_stdout, .command = "devices --json", .exit = 5,
     .says = "stdout"},
    {43, "stdout full, frames", .inside = full_stdout, .exit = 5, .says = "stdout",
     .command = "morph a.obj b.obj --device ref --frames 2 --size 64 -o - --raw"},
    {43, "stdout a broken pipe", .inside = break_stdout, .command = "devices --json", .exit = 5,
     .says = "stdout"},
    {43, "stdout a broken pipe, frames", .inside = break_stdout, .exit = 5, .says = "stdout",
     .command = "morph a.obj b.obj --device ref --frames 2 --size 64 -o - --raw"},
    {43, "help into a full stdout", .inside = full_stdout, .command = "morph --help", .exit = 5,
     .says = "stdout"},
    {43, "fmbench into a full stdout", .inside = full_stdout, .command = "fmbench devices",
     .exit = 5, .says = "stdout"},
    {43, "fmbench into a broken pipe", .inside = break_stdout, .command = "fmbench devices --json",
     .exit = 5, .says = "stdout"},
    {43, "stderr full", .inside = full_stderr, .command = AB, .makes = "out"},
    {43, "all streams closed", .inside = close_all, .command = AB, .makes = "out",
     .check = frames_are_pictures},
    {52, "SIGINT", .command = LONG_RUN, .meanwhile = interrupt, .exit = 130, .says = "interrupted"},
    {52, "SIGTERM", .command = LONG_RUN, .meanwhile = terminate, .exit = 143,
     .says = "interrupted"},
    {52, "SIGTERM at once", .command = LONG_RUN, .meanwhile = terminate_early, .exit = 143,
     .lines = true, .check = NULL},
    {52, "8 open files", .command = AB, .inside = few_files, .exit = 75, .or_done = true,
     .lines = true, .makes = "out"},
    {52, "a stack of 96 kB", .command = AB, .inside = small_stack, .lines = true, .makes = "out",
     .plain = true},
    {52, "100 MiB of addresses", .command = AB, .inside = small_memory, .exit = 75, .or_done = true,
     .lines = true, .makes = "out", .plain = true},
    {51, "suspended in the middle", .command = AB, .meanwhile = suspend, .makes = "out"},
    {53, "umask 777", .command = AB, .inside = odd_umask, .exit = 5, .or_done = true, .lines = true,
     .makes = "out"},
    LARGE("x.obj", NULL),
    LARGE("x.fbx", NULL),
    LARGE("x.glb", NULL),
    LARGE("x.png", HOSTILE_TEXTURE),
    LARGE("x.npy", HOSTILE_SOLVE),
    LARGE("x.csv", HOSTILE_KEYPOINTS),
    LARGE("x.npz", HOSTILE_KEYPOINTS),
    {54, "8192 x 8192, a plan", .lines = true,
     .command = "morph a.obj b.obj --size 8192 --frames 1000000 --minimal --dry-run -o out"},
    {54, "8192 x 8192, too much for 64 MiB", .exit = 6, .lines = true, .or_done = true,
     .makes = "out",
     .command = "morph a.obj b.obj --size 8192 --frames 2 --minimal --mem-limit 4M -o out"},
    {55, "two runs into one folder", .meanwhile = second_run, .exit = 5, .or_done = true,
     .command = "morph a.obj b.obj --device ref --minimal --frames 40 --size 64 -o out",
     .makes = "out", .env = "FMORPH_LOG_LEVEL=warning", .check = one_of_two},
    {58, "a terminal of one column", .make = open_terminal, .inside = use_terminal,
     .meanwhile = read_terminal, .command = AB, .env = "NO_COLOR=1;TERM=xterm", .makes = "out",
     .check = plain_terminal},
    {58, "--no-color in a terminal", .make = open_terminal, .inside = use_terminal,
     .meanwhile = read_terminal, .command = AB " --no-color", .env = "NO_COLOR=;TERM=dumb",
     .makes = "out", .check = plain_terminal},
    {58, "no terminal", .command = AB, .env = "NO_COLOR=;TERM=;COLUMNS=0", .makes = "out"},
};

const hostile_table hostile_place = {"places", rows, sizeof rows / sizeof rows[0]};
