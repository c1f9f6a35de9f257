/* SPDX-License-Identifier: MIT */
/* Errors, exit codes, the log, the clock. */
#include "host_unit.h"

#include "clock.h"
#include "error.h"
#include "log.h"

#include <unistd.h>

TestSuite(error, .timeout = 60);

Test(error, every_status_has_its_exit_code_and_a_name_of_its_own) {
    static const struct {
        fm_status status;
        int code;
    } want[] = {
        {FM_OK, 0},
        {FM_ERROR_INVALID_ARGUMENT, 2},
        {FM_ERROR_BAD_INPUT, 3},
        {FM_ERROR_NO_DEVICE, 4},
        {FM_ERROR_UNSUPPORTED, 4},
        {FM_ERROR_BUILD, 4},
        {FM_ERROR_DEVICE_MEMORY, 75},
        {FM_ERROR_HOST_MEMORY, 75},
        {FM_ERROR_DEVICE_LOST, 75},
        {FM_ERROR_CL, 4},
        {FM_ERROR_IO, 5},
        {FM_ERROR_LIMIT, 6},
        {FM_ERROR_NUMERIC, 1},
        {FM_ERROR_CANCELLED, 130},
        {FM_ERROR_INTERNAL, 1},
    };
    size_t n = sizeof want / sizeof want[0];
    for (size_t i = 0; i < n; i++) {
        const char *name = fm_status_name(want[i].status);
        cr_assert_eq(fmi_exit_code(want[i].status), want[i].code, "%s exits %d", name,
                     fmi_exit_code(want[i].status));
        cr_assert_neq(strcmp(name, "unknown"), 0, "status %zu has no name", i);
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(strcmp(name, fm_status_name(want[k].status)), 0, "%s twice", name);
    }
    cr_assert_eq((size_t)FM_ERROR_INTERNAL + 1, n, "a status is missing in this test");
    cr_assert_str_eq(fm_status_name((fm_status)99), "unknown");
    cr_assert_eq(fmi_exit_code((fm_status)99), 1);
}

Test(error, opencl_codes_map_to_what_a_caller_can_do_about_them) {
    static const struct {
        int code;
        fm_status status;
        const char *name;
    } want[] = {
        {0, FM_OK, "CL_SUCCESS"},
        {-1, FM_ERROR_NO_DEVICE, "CL_DEVICE_NOT_FOUND"},
        {-3, FM_ERROR_UNSUPPORTED, "CL_COMPILER_NOT_AVAILABLE"},
        {-4, FM_ERROR_DEVICE_MEMORY, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
        {-5, FM_ERROR_DEVICE_MEMORY, "CL_OUT_OF_RESOURCES"},
        {-6, FM_ERROR_HOST_MEMORY, "CL_OUT_OF_HOST_MEMORY"},
        {-11, FM_ERROR_BUILD, "CL_BUILD_PROGRAM_FAILURE"},
        {-30, FM_ERROR_CL, "CL_INVALID_VALUE"},
        {-36, FM_ERROR_DEVICE_LOST, "CL_INVALID_COMMAND_QUEUE"},
        {-61, FM_ERROR_DEVICE_MEMORY, "CL_INVALID_BUFFER_SIZE"},
        {-1001, FM_ERROR_NO_DEVICE, "CL_PLATFORM_NOT_FOUND_KHR"},
        {-777, FM_ERROR_CL, "unknown"},
        {7, FM_ERROR_CL, "unknown"},
    };
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        cr_assert_eq(fmi_status_from_cl(want[i].code), want[i].status, "code %d is %s",
                     want[i].code, fm_status_name(fmi_status_from_cl(want[i].code)));
        cr_assert_str_eq(fmi_cl_name(want[i].code), want[i].name);
    }
}

static void check_escape(const char *text, const char *want) {
    char out[64];
    cr_assert_str_eq(fmi_escape(out, sizeof out, text), want, "got %s", out);
}

Test(error, escape_leaves_nothing_that_steers_a_terminal) {
    check_escape("plain name.obj", "plain name.obj");
    check_escape("", "");
    check_escape("a\nb\tc\x1b[2J", "a\\x0Ab\\x09c\\x1B[2J");
    check_escape("\x7f", "\\x7F");
    check_escape("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", "h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
    check_escape("\xc2\x9b"
                 "31m",
                 "\\xC2\\x9B31m");                            /* C1 control as UTF-8 */
    check_escape("\xff\xfe", "\\xFF\\xFE");                   /* not UTF-8 */
    check_escape("\xc3(", "\\xC3(");                          /* cut sequence */
    check_escape("\xc0\xaf", "\\xC0\\xAF");                   /* overlong */
    check_escape("\xed\xa0\x80", "\\xED\\xA0\\x80");          /* surrogate */
    check_escape("\xf4\x90\x80\x80", "\\xF4\\x90\\x80\\x80"); /* above U+10FFFF */
    check_escape("\xe2\x82", "\\xE2\\x82");                   /* ends early */
}

Test(error, escape_cuts_at_a_whole_character) {
    char out[5];
    cr_assert_str_eq(fmi_escape(out, sizeof out, "abc\xc3\xa9"), "abc");
    cr_assert_str_eq(fmi_escape(out, sizeof out, "ab\xc3\xa9"), "ab\xc3\xa9");
    cr_assert_str_eq(fmi_escape(out, sizeof out, "a\n"), "a");
    cr_assert_str_eq(fmi_escape(out, 1, "abc"), "");
    out[0] = 'x';
    fmi_escape(out, 0, "abc");
    cr_assert_eq(out[0], 'x');
}

Test(error, a_failure_tells_what_and_where_in_one_line) {
    fm_error err;
    memset(&err, 0x5a, sizeof err);
    cr_assert_eq(fmi_fail(&err, FM_ERROR_BAD_INPUT, "%s: line %d", "a\nb", 7), FM_ERROR_BAD_INPUT);
    cr_assert_str_eq(err.message, "a\\x0Ab: line 7");
    cr_assert_eq(err.frame_count, 0);
    cr_assert_eq(err.cl_code, 0);
    for (int i = 0; i < 6; i++)
        cr_assert_eq(fmi_while(&err, err.status, "step %d", i), FM_ERROR_BAD_INPUT);
    cr_assert_eq(err.frame_count, FM_ERROR_FRAMES);
    cr_assert_str_eq(err.frames[0], "while step 0");
    cr_assert_str_eq(err.frames[3], "while step 3");
    fmi_fail(&err, FM_ERROR_IO, "x");
    fmi_while(&err, err.status, "while writing");
    cr_assert_str_eq(err.frames[0], "while writing");
    cr_assert_eq(fmi_fail(NULL, FM_ERROR_IO, "x"), FM_ERROR_IO);
    cr_assert_eq(fmi_fail_cl(NULL, -61, "f", "x"), FM_ERROR_DEVICE_MEMORY);
    cr_assert_eq(fmi_while(NULL, FM_ERROR_IO, "x"), FM_ERROR_IO);
    fm_error as_it_was;
    memset(&err, 0, sizeof err); /* a caller's, that nobody has filled */
    err.frame_count = 1;
    memcpy(&as_it_was, &err, sizeof err);
    cr_assert_eq(fmi_while(&err, FM_OK, "all is well"), FM_OK);
    cr_assert_eq(memcmp(&err, &as_it_was, sizeof err), 0, "success wrote to the error");
}

Test(error, an_opencl_failure_keeps_its_code_however_long_the_text) {
    fm_error err;
    char lengthy[2000];
    memset(lengthy, 'y', sizeof lengthy - 1);
    lengthy[sizeof lengthy - 1] = '\0';
    fmi_fail_cl(&err, -61, "clCreateBuffer", "no room for %d bytes", 5);
    cr_assert_str_eq(err.message,
                     "clCreateBuffer: no room for 5 bytes (-61 CL_INVALID_BUFFER_SIZE)");
    cr_assert_eq(err.cl_code, -61);
    cr_assert_eq(fmi_fail_cl(&err, -4, "clCreateBuffer", "%s", lengthy), FM_ERROR_DEVICE_MEMORY);
    cr_assert_lt(strlen(err.message), sizeof err.message);
    cr_assert_not_null(strstr(err.message, "y (-4 CL_MEM_OBJECT_ALLOCATION_FAILURE)"));
    cr_assert_eq(fmi_fail_cl(&err, 0, "clFinish", "x"), FM_ERROR_CL, "a failure is never FM_OK");
}

Test(error, log_lines_above_the_level_are_not_handed_on) {
    lines got = {0};
    fm_log log = {.write = take_line, .user = &got, .level = FM_LOG_WARNING};
    fmi_log(&log, FM_LOG_INFO, "no");
    fmi_log(NULL, FM_LOG_ERROR, "no");
    fmi_log(&(fm_log){0}, FM_LOG_ERROR, "no");
    cr_assert_eq(got.count, 0);
    fmi_log(&log, FM_LOG_ERROR, "%s %d", "a\nb", 3);
    fmi_log(&log, FM_LOG_WARNING, "w");
    cr_assert_eq(got.count, 2);
    cr_assert_str_eq(got.all, "a\\x0Ab 3\nw\n");
}

Test(error, clocks_run_forward_and_agree) {
    double since = fmi_clock_since_start();
    uint64_t start = fmi_clock_ns();
    uint64_t cpu = fmi_clock_cpu_ns();
    uint64_t reads = 0;
    while (fmi_clock_ns() - start < 30000000U)
        reads++;
    cr_assert_gt(reads, 0);
    cr_assert_gt(fmi_clock_cpu_ns(), cpu);
    double elapsed = fmi_clock_since_start() - since;
    /* The system knows the start to a hundredth of a second: the first reading may be 0. */
    cr_assert(elapsed >= 0.019 && elapsed < 20.0, "since start moved by %g s", elapsed);
    cr_assert(since >= 0.0 && since < 60.0, "this process is %g s old", since);
    cr_assert(fmi_clock_step_ns() > 0 && fmi_clock_step_ns() < 100000000U);
}

Test(error, peak_resident_size_grows_with_use) {
    uint64_t before = fmi_peak_resident_bytes();
    size_t bytes = 64U << 20;
    char *block = malloc(bytes);
    cr_assert_not_null(block);
    for (size_t i = 0; i < bytes; i += 1024) /* volatile, or the whole block is optimised away */
        ((volatile char *)block)[i] = 1;
    uint64_t after = fmi_peak_resident_bytes();
    free(block);
    cr_assert_geq(after, before + (32U << 20), "%llu then %llu", (unsigned long long)before,
                  (unsigned long long)after);
}
