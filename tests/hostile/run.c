/* SPDX-License-Identifier: MIT */
/* Starts the command of a row and judges what it did. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/capability.h>
#include <linux/securebits.h>

#define WORDS 64
#define LINE (1 << 18)
/* For any of them. On a busy machine the clock on the wall says little: more than MOST_SECONDS of
 * CPU time, or four times that on the wall, is too long. */
#define MOST_SECONDS 5.0
#define MOST_BYTES (UINT64_C(1) << 30)
#if defined(FM_SANITIZED)
#define KILL_MS 400000 /* 8192 x 8192 pixels under ThreadSanitizer: 30 s alone */
#else
#define KILL_MS 40000
#endif

/* ---- the command ---- */

static void fill_in(char *to, size_t bytes, const char *word, const char *file) {
    const char *hole = strstr(word, "{}");
    if (hole)
        snprintf(to, bytes, "%.*s%s%s", (int)(hole - word), word, file, hole + 2);
    else
        snprintf(to, bytes, "%s", word);
}

int hostile_split(const hostile_row *row, char *line, size_t bytes, char **argv, int most) {
    const char *at = row->command ? row->command : HOSTILE_MORPH;
    size_t used = 0;
    int argc = 0;
    while (*at != '\0' && argc < most - 1) {
        char word[1024];
        size_t n = strcspn(at, " ");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        fill_in(line + used, bytes - used, word, row->file ? row->file : "");
        argv[argc++] = line + used;
        used += strlen(line + used) + 1;
        at += n + (at[n] == ' ');
    }
    argv[argc] = NULL;
    return argc;
}

static bool is_bench(const hostile_row *row) {
    return row->command && strncmp(row->command, "fmbench", 7) == 0;
}

static void set_environment(const hostile_row *row, const char *folder) {
    char settings[8192];
    snprintf(settings, sizeof settings, "%s", row->env ? row->env : "");
    if (row->exit != 0 && !row->or_done) /* notes of how far it got are not the answer */
        setenv("FMORPH_LOG_LEVEL", "warning", 1);
    if (row->layer) {
        char cache[4096]; /* what a made-up device teaches the program is not for the next one */
        snprintf(cache, sizeof cache, "%s.cache", folder);
        setenv("OPENCL_LAYERS", getenv("FMFAULT_LAYER"), 1);
        setenv("FM_CACHE_DIR", cache, 1);
    }
    for (char *one = strtok(settings, ";"); one; one = strtok(NULL, ";")) {
        char *value = strchr(one, '=');
        *value++ = '\0';
        if (*value == '\0')
            unsetenv(one);
        else
            setenv(one, value, 1);
    }
}

void hostile_drop_rights(void) {
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct data[2] = {{0}};
    prctl(PR_SET_SECUREBITS, SECBIT_NOROOT | SECBIT_NOROOT_LOCKED);
    syscall(SYS_capset, &head, data);
}

static void put_stream(int number, const char *path, int flags) {
    int fd = open(path, flags | O_CLOEXEC, 0600);
    if (fd >= 0)
        dup2(fd, number);
}

static void start(const hostile_row *row, const char *folder) {
    static char line[LINE];
    char path[4096];
    char *argv[WORDS];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    put_stream(0, "/dev/null", O_RDONLY);
    snprintf(path, sizeof path, "%s.out", folder);
    put_stream(1, path, O_WRONLY | O_CREAT | O_TRUNC);
    snprintf(path, sizeof path, "%s.err", folder);
    put_stream(2, path, O_WRONLY | O_CREAT | O_TRUNC);
    const char *program = getenv(is_bench(row) ? "FMBENCH" : "FMORPH");
    hostile_split(row, line, sizeof line, argv + !is_bench(row), WORDS - 1);
    argv[0] = (char *)(is_bench(row) ? "fmbench" : "fmorph");
    set_environment(row, folder);
    if (row->inside)
        row->inside();
    execv(program ? program : "", argv);
    _exit(127);
}

/* ---- waiting ---- */

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* A command that hangs is ended; its exit code is that of SIGKILL then. */
static void wait_for(pid_t pid, hostile_outcome *outcome) {
    struct rusage usage;
    int result = 0;
    double begin = now();
    struct pollfd p = {.fd = (int)syscall(SYS_pidfd_open, pid, 0), .events = POLLIN};
    while (poll(&p, 1, KILL_MS) < 0 && errno == EINTR) {
    }
    if (!(p.revents & POLLIN))
        kill(pid, SIGKILL);
    close(p.fd);
    while (wait4(pid, &result, 0, &usage) < 0 && errno == EINTR) {
    }
    outcome->seconds = now() - begin;
    outcome->cpu_seconds = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    outcome->peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
    outcome->exit = WIFSIGNALED(result) ? 128 + WTERMSIG(result) : WEXITSTATUS(result);
}

static void read_stream(char text[HOSTILE_TEXT], const char *folder, const char *ending) {
    char path[4096];
    snprintf(path, sizeof path, "%s%s", folder, ending);
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(text, 1, HOSTILE_TEXT - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
}

#if defined(FM_COUNTED)
/* Lines of the counters, which cannot be written where nothing can. */
static void drop_counters(char *text) {
    static const char own[] = "libgcov profiling error";
    char *line;
    while ((line = strstr(text, own)) != NULL) {
        const char *next = strchr(line, '\n');
        memmove(line, next ? next + 1 : "", next ? strlen(next + 1) + 1 : 1);
    }
}
#endif

static const char *run_once(const hostile_row *row, const char *folder, hostile_outcome *outcome) {
    const char *complaint = NULL;
    if (row->layer) {
        char cache[4096];
        snprintf(cache, sizeof cache, "%s.cache", folder);
        hostile_copy_tree(getenv("FM_CACHE_DIR"), cache);
    }
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        start(row, folder);
    if (row->meanwhile)
        complaint = row->meanwhile(pid);
    wait_for(pid, outcome);
    read_stream(outcome->out, folder, ".out");
    read_stream(outcome->err, folder, ".err");
#if defined(FM_COUNTED)
    drop_counters(outcome->err);
#endif
    return complaint;
}

/* ---- judging ---- */

typedef struct judge {
    const hostile_row *row;
    const hostile_outcome *outcome;
    FILE *to;
    const char *before, *after; /* trees */
} judge;

static void complain(const judge *j, const char *what, const char *detail) {
    fprintf(j->to, "kind %d, %s: %s%s (exit %d, stderr: %.600s)\n", j->row->kind, j->row->label,
            what, detail, j->outcome->exit, j->outcome->err);
}

static bool holds_line(const char *text, const char *line, size_t bytes) {
    for (const char *at = strstr(text, line); at; at = strstr(at + 1, line)) {
        (void)bytes;
        if (at == text || at[-1] == '\n')
            return true;
    }
    return false;
}

/* Whether a line of a tree is one of the names that the row may make, or lies below it. */
static bool may_be_new(const hostile_row *row, const char *line) {
    const char *name = line;
    for (int i = 0; i < 3; i++)
        name = strchr(name, ' ') + 1;
    for (const char *at = row->makes ? row->makes : ""; *at; at += strspn(at, " ")) {
        size_t n = strcspn(at, " ");
        if (strncmp(name, at, n) == 0 && (name[n] == '\n' || name[n] == '/'))
            return true;
        at += n;
    }
    return false;
}

/* Complains about each line of one tree that the other lacks. */
static void compare_trees(const judge *j, const char *from, const char *other, const char *what) {
    for (const char *line = from; *line;) {
        size_t n = strcspn(line, "\n") + 1;
        char one[8192];
        snprintf(one, sizeof one, "%.*s", (int)n, line);
        if (!holds_line(other, one, n) && !may_be_new(j->row, one))
            complain(j, what, one);
        line += n;
    }
}

static void judge_streams(const judge *j) {
    const hostile_row *row = j->row;
    const char *err = j->outcome->err, *name = is_bench(row) ? "fmbench: " : "fmorph: ";
    if (j->outcome->exit != 0 && !row->slow && j->outcome->out[0] != '\0')
        complain(j, "something on stdout: ", j->outcome->out);
    size_t lines = 0;
    for (const char *at = err; *at; at++) {
        lines += *at == '\n';
        if (*at != '\n' && ((unsigned char)*at < 0x20 || *at == 0x7F))
            complain(j, "a control byte on stderr", "");
    }
    if (j->outcome->exit != 0 && !row->lines && lines != 1)
        complain(j, "not one line on stderr", "");
    bool silent = row->lines && err[0] == '\0'; /* a signal before anything was said */
    if (j->outcome->exit != 0 && !silent && !row->slow && strncmp(err, name, strlen(name)) != 0)
        complain(j, "the message does not start with the program's name", "");
    if (row->exit == 3 && row->file && !row->nameless && j->outcome->exit == 3 &&
        !strstr(err, row->file))
        complain(j, "the message does not name the file", "");
}

static void judge_words(const judge *j) {
    char words[1024];
    snprintf(words, sizeof words, "%s", j->row->says ? j->row->says : "");
    if (j->row->or_done && j->outcome->exit == 0)
        return;
    for (char *part = strtok(words, "|"); part; part = strtok(NULL, "|"))
        if (!strstr(j->outcome->err, part))
            complain(j, "not said: ", part);
}

static void judge_all(const judge *j) {
    const hostile_row *row = j->row;
    char text[64];
    if (j->outcome->exit != row->exit && !(row->or_done && j->outcome->exit == 0)) {
        snprintf(text, sizeof text, "%d", row->exit);
        complain(j, "the exit code should be ", text);
    }
    judge_streams(j);
    judge_words(j);
    compare_trees(j, j->after, j->before, "left or changed: ");
    compare_trees(j, j->before, j->after, "lost or changed: ");
    const char *own = row->check ? row->check(j->outcome) : NULL;
    if (own)
        complain(j, own, "");
#if !defined(FM_SANITIZED)
    if (j->outcome->peak_bytes > MOST_BYTES) {
        snprintf(text, sizeof text, "%llu MiB", (unsigned long long)j->outcome->peak_bytes >> 20);
        complain(j, "too much memory: ", text);
    }
#endif
}

static char *tree_of(const char *folder) {
    char *text = NULL;
    size_t bytes = 0;
    FILE *to = open_memstream(&text, &bytes);
    hostile_tree(to, folder);
    fclose(to);
    return text;
}

static void enter_new_folder(const hostile_row *row, const char *folder) {
    cr_assert(mkdir(folder, 0777) == 0, "%s: %s", folder, strerror(errno));
    cr_assert(chdir(folder) == 0);
    hostile_good_files();
    if (row->text)
        hostile_write(row->file, row->text, row->bytes ? row->bytes : strlen(row->text));
    if (row->make)
        row->make(row);
}

void hostile_run(const hostile_row *row, const char *folder, char *text, size_t bytes) {
    hostile_outcome *outcome = calloc(1, sizeof *outcome);
    FILE *to = fmemopen(text, bytes, "w");
    text[0] = '\0';
    enter_new_folder(row, folder);
    char *before = tree_of(folder);
    const char *early = run_once(row, folder, outcome);
    char *after = tree_of(folder);
    judge j = {row, outcome, to, before, after};
    judge_all(&j);
    if (early)
        complain(&j, early, "");
#if !defined(FM_SANITIZED) && !defined(FM_COUNTED)
    if (outcome->cpu_seconds > MOST_SECONDS ||
        outcome->seconds > (row->slow ? 6 : 4) * MOST_SECONDS)
        complain(&j, "longer than 5 s", "");
#endif
    fclose(to);
    if (getenv("FM_HOSTILE_SHOW"))
        fprintf(stderr, "%2d %-40s exit %d, %.2f s of processor, %.2f s, %4llu MiB: %s", row->kind,
                row->label, outcome->exit, outcome->cpu_seconds, outcome->seconds,
                (unsigned long long)outcome->peak_bytes >> 20,
                outcome->err[0] ? outcome->err : "\n");
    free(before);
    free(after);
    free(outcome);
}
