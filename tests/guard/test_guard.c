/* SPDX-License-Identifier: MIT */
/*
 * Tests that are wrong on purpose, one way each. CMakeLists.txt beside this file runs them one by
 * one and expects ctest to call them failures.
 */
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

#include <criterion/criterion.h>

TestSuite(guard, .timeout = 60);

Test(guard, passes) {
    cr_assert_eq(1, 1);
}

Test(guard, skips) {
    cr_skip("skipped: on purpose");
}

Test(guard, fails) {
    cr_assert_eq(1, 2, "on purpose");
}

Test(guard, crashes) {
    raise(SIGSEGV);
}

Test(guard, hangs, .timeout = 1) {
    for (volatile int i = 0; i == 0;) {
    }
}

Test(guard, leaks) {
    void *volatile p = malloc(77);
    p = NULL;
    cr_assert_null(p);
}

Test(guard, overruns) {
    volatile char *p = malloc(8);
    volatile int past = 8;
    cr_assert_not_null(p);
    p[past] = 1;
    free((void *)p);
}

Test(guard, overflows) {
    volatile int big = INT_MAX;
    volatile int sum = big + 1;
    cr_assert_neq(sum, 0);
}

static int shared;

static void *bump(void *unused) {
    for (int i = 0; i < 1000; i++)
        shared++;
    return unused;
}

Test(guard, races) {
    pthread_t thread[2];
    for (int i = 0; i < 2; i++)
        cr_assert_eq(pthread_create(&thread[i], NULL, bump, NULL), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    cr_assert_gt(shared, 0);
}
