/* SPDX-License-Identifier: MIT */
/* Main program of a suite in ThreadSanitizer builds; see criterion/criterion.h. */
#include "criterion/criterion.h"

#include <fnmatch.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

/* Exit statuses of a child, out of the way of .exit_code and of the sanitizer's own 66. */
enum { PASSED = 0, FAILED = 101, SKIPPED = 102 };

static struct fmt_test *first;
static bool failed; /* in the child: a non-fatal assertion failed */

void fmt_register(struct fmt_test *test) {
    test->next = first;
    first = test;
}

void fmt_fail(bool fatal, const char *file, int line, const char *expression, const char *fmt,
              ...) {
    fprintf(stderr, "[----] %s:%d: Assertion Failed: %s", file, line, expression);
    if (fmt) {
        va_list args;
        va_start(args, fmt);
        fputs(": ", stderr);
        vfprintf(stderr, fmt, args);
        va_end(args);
    }
    fputc('\n', stderr);
    failed = true;
    if (fatal)
        exit(FAILED);
}

void fmt_skip(const char *fmt, ...) {
    va_list args;
    va_start(args, fmt);
    vfprintf(stderr, fmt, args);
    va_end(args);
    fputc('\n', stderr);
    exit(failed ? FAILED : SKIPPED);
}

static const struct fmt_options *suite_options(const char *suite) {
    static const struct fmt_options none = {.empty_ = 0};
    for (struct fmt_test *t = first; t; t = t->next)
        if (!t->body && strcmp(t->suite, suite) == 0)
            return &t->options;
    return &none;
}

static void run_child(const struct fmt_test *test, const struct fmt_options *suite) {
    double limit = test->options.timeout > 0 ? test->options.timeout : suite->timeout;
    void (*init)(void) = test->options.init ? test->options.init : suite->init;
    void (*fini)(void) = test->options.fini ? test->options.fini : suite->fini;
    alarm((unsigned)(limit > 0 ? 5 * limit : 300)); /* the sanitizer costs about that much */
    if (init)
        init();
    test->body();
    if (fini)
        fini();
    exit(failed ? FAILED : PASSED);
}

/* PASSED, FAILED or SKIPPED. */
static int run(const struct fmt_test *test) {
    const struct fmt_options *suite = suite_options(test->suite);
    int status = 0;
    if (test->options.disabled || suite->disabled)
        return SKIPPED;
    fflush(NULL);
    pid_t child = fork();
    if (child < 0)
        return FAILED;
    if (child == 0)
        run_child(test, suite);
    if (waitpid(child, &status, 0) != child)
        return FAILED;
    if (WIFSIGNALED(status))
        return test->options.signal == WTERMSIG(status) ? PASSED : FAILED;
    if (WEXITSTATUS(status) == SKIPPED)
        return SKIPPED;
    return WEXITSTATUS(status) == test->options.exit_code && !test->options.signal ? PASSED
                                                                                   : FAILED;
}

/* Options other than --filter PATTERN are Criterion's and mean nothing here. */
int main(int argc, char **argv) {
    const char *filter = "*";
    int passing = 0, failing = 0;
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--filter") == 0 && i + 1 < argc)
            filter = argv[++i];
    for (struct fmt_test *t = first; t; t = t->next) {
        char name[256];
        snprintf(name, sizeof name, "%s/%s", t->suite, t->name ? t->name : "");
        if (!t->body || fnmatch(filter, name, 0) != 0)
            continue;
        int result = run(t);
        passing += result == PASSED;
        failing += result == FAILED;
        fprintf(stderr, "[%s] %s::%s\n",
                result == PASSED    ? "PASS"
                : result == SKIPPED ? "SKIP"
                                    : "FAIL",
                t->suite, t->name);
    }
    fprintf(stderr, "[====] Synthesis: Tested: %d | Passing: %d | Failing: %d | Crashing: 0\n",
            passing + failing, passing, failing);
    return failing > 0;
}
