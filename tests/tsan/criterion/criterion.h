/* SPDX-License-Identifier: MIT */
/**
 * @file criterion.h
 * Stand-in for Criterion in ThreadSanitizer builds: Criterion's process launcher wants an address
 * range that the sanitizer occupies and aborts before the first test. This has the part of the
 * interface that our suites use; runner.c is the main program. Each test runs in a forked child.
 */
#ifndef FM_TSAN_CRITERION_H
#define FM_TSAN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/** Options of a test or suite, named as in Criterion. */
struct fmt_options {
    int empty_; /* first member, so that a list without options is valid */
    const char *description;
    double timeout;
    int signal, exit_code;
    bool disabled;
    void (*init)(void), (*fini)(void);
};

/** One registered test, or one suite when body is NULL. */
struct fmt_test {
    const char *suite, *name;
    void (*body)(void);
    struct fmt_options options;
    struct fmt_test *next;
};

void fmt_register(struct fmt_test *test);
/** Reports a failed assertion; a fatal one ends the test. fmt may be NULL. */
void fmt_fail(bool fatal, const char *file, int line, const char *expression, const char *fmt, ...);
/** Ends the test as skipped. */
_Noreturn void fmt_skip(const char *fmt, ...);

#define FMT_REGISTER(id, ...)                                          \
    static struct fmt_test fmt_test_##id = {__VA_ARGS__};              \
    __attribute__((constructor)) static void fmt_register_##id(void) { \
        fmt_register(&fmt_test_##id);                                  \
    }

#define Test(suite_, name_, ...)                                                               \
    static void fmt_body_##suite_##_##name_(void);                                             \
    FMT_REGISTER(suite_##_##name_, .suite = #suite_, .name = #name_,                           \
                 .body = fmt_body_##suite_##_##name_, .options = {.empty_ = 0, ##__VA_ARGS__}) \
    static void fmt_body_##suite_##_##name_(void)

#define TestSuite(suite_, ...) \
    FMT_REGISTER(suite_, .suite = #suite_, .options = {.empty_ = 0, ##__VA_ARGS__})

#define FMT_CHECK(fatal, condition, text, ...)                              \
    do {                                                                    \
        if (!(condition))                                                   \
            fmt_fail(fatal, __FILE__, __LINE__, text, ##__VA_ARGS__, NULL); \
    } while (0)
#define FMT_TWO(fatal, a, op, b, ...) FMT_CHECK(fatal, (a)op(b), #a " " #op " " #b, ##__VA_ARGS__)
#define FMT_STR(fatal, a, op, b, ...) \
    FMT_CHECK(fatal, strcmp((a), (b)) op 0, #a " " #op " " #b, ##__VA_ARGS__)
#define FMT_ARR(fatal, a, op, b, size, ...) \
    FMT_CHECK(fatal, memcmp((a), (b), (size)) op 0, #a " " #op " " #b, ##__VA_ARGS__)
#define FMT_NEAR(fatal, a, b, eps, ...)                       \
    FMT_CHECK(fatal,                                          \
              (double)(a) - (double)(b) <= (double)(eps) &&   \
                  (double)(b) - (double)(a) <= (double)(eps), \
              #a " near " #b, ##__VA_ARGS__)

#define cr_assert(condition, ...) FMT_CHECK(true, condition, #condition, ##__VA_ARGS__)
#define cr_assert_not(condition, ...) FMT_CHECK(true, !(condition), "!" #condition, ##__VA_ARGS__)
#define cr_assert_eq(a, b, ...) FMT_TWO(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_neq(a, b, ...) FMT_TWO(true, a, !=, b, ##__VA_ARGS__)
#define cr_assert_lt(a, b, ...) FMT_TWO(true, a, <, b, ##__VA_ARGS__)
#define cr_assert_leq(a, b, ...) FMT_TWO(true, a, <=, b, ##__VA_ARGS__)
#define cr_assert_gt(a, b, ...) FMT_TWO(true, a, >, b, ##__VA_ARGS__)
#define cr_assert_geq(a, b, ...) FMT_TWO(true, a, >=, b, ##__VA_ARGS__)
#define cr_assert_null(p, ...) FMT_CHECK(true, (p) == NULL, #p " == NULL", ##__VA_ARGS__)
#define cr_assert_not_null(p, ...) FMT_CHECK(true, (p) != NULL, #p " != NULL", ##__VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) FMT_STR(true, a, ==, b, ##__VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) FMT_STR(true, a, !=, b, ##__VA_ARGS__)
#define cr_assert_str_empty(a, ...) FMT_CHECK(true, *(a) == '\0', #a " is empty", ##__VA_ARGS__)
#define cr_assert_arr_eq(a, b, size, ...) FMT_ARR(true, a, ==, b, size, ##__VA_ARGS__)
#define cr_assert_arr_neq(a, b, size, ...) FMT_ARR(true, a, !=, b, size, ##__VA_ARGS__)
#define cr_assert_float_eq(a, b, eps, ...) FMT_NEAR(true, a, b, eps, ##__VA_ARGS__)
#define cr_assert_fail(...) FMT_CHECK(true, false, "fail", ##__VA_ARGS__)
#define cr_fatal(...) cr_assert_fail(__VA_ARGS__)
#define cr_expect(condition, ...) FMT_CHECK(false, condition, #condition, ##__VA_ARGS__)
#define cr_expect_not(condition, ...) FMT_CHECK(false, !(condition), "!" #condition, ##__VA_ARGS__)
#define cr_expect_eq(a, b, ...) FMT_TWO(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_neq(a, b, ...) FMT_TWO(false, a, !=, b, ##__VA_ARGS__)
#define cr_expect_lt(a, b, ...) FMT_TWO(false, a, <, b, ##__VA_ARGS__)
#define cr_expect_leq(a, b, ...) FMT_TWO(false, a, <=, b, ##__VA_ARGS__)
#define cr_expect_gt(a, b, ...) FMT_TWO(false, a, >, b, ##__VA_ARGS__)
#define cr_expect_geq(a, b, ...) FMT_TWO(false, a, >=, b, ##__VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) FMT_STR(false, a, ==, b, ##__VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) FMT_STR(false, a, !=, b, ##__VA_ARGS__)
#define cr_expect_arr_eq(a, b, size, ...) FMT_ARR(false, a, ==, b, size, ##__VA_ARGS__)
#define cr_expect_float_eq(a, b, eps, ...) FMT_NEAR(false, a, b, eps, ##__VA_ARGS__)
#define cr_expect_null(p, ...) FMT_CHECK(false, (p) == NULL, #p " == NULL", ##__VA_ARGS__)
#define cr_expect_not_null(p, ...) FMT_CHECK(false, (p) != NULL, #p " != NULL", ##__VA_ARGS__)
#define cr_log_info(...) (fprintf(stderr, __VA_ARGS__), fputc(10, stderr))
#define cr_log_warn(...) cr_log_info(__VA_ARGS__)
#define cr_log_error(...) cr_log_info(__VA_ARGS__)
#define cr_skip(...) fmt_skip("" __VA_ARGS__)

#endif
