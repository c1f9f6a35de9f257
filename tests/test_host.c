/* SPDX-License-Identifier: MIT */
/* The host machine: errors, log, clock, devices, queue, arena, programs, the event clock. */
#include "fm_test.h"

#include "arena.h"
#include "clock.h"
#include "device.h"
#include "error.h"
#include "log.h"
#include "program.h"
#include "queue.h"
#include "timing.h"

#include <pthread.h>
#include <unistd.h>

TestSuite(host, .timeout = 60);

/* --- errors and log ------------------------------------------------------------------------ */

Test(host, every_status_has_its_exit_code_and_a_name_of_its_own) {
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

Test(host, opencl_codes_map_to_what_a_caller_can_do_about_them) {
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

Test(host, escape_leaves_nothing_that_steers_a_terminal) {
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

Test(host, escape_cuts_at_a_whole_character) {
    char out[5];
    cr_assert_str_eq(fmi_escape(out, sizeof out, "abc\xc3\xa9"), "abc");
    cr_assert_str_eq(fmi_escape(out, sizeof out, "ab\xc3\xa9"), "ab\xc3\xa9");
    cr_assert_str_eq(fmi_escape(out, sizeof out, "a\n"), "a");
    cr_assert_str_eq(fmi_escape(out, 1, "abc"), "");
    out[0] = 'x';
    fmi_escape(out, 0, "abc");
    cr_assert_eq(out[0], 'x');
}

Test(host, a_failure_tells_what_and_where_in_one_line) {
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
}

Test(host, an_opencl_failure_keeps_its_code_however_long_the_text) {
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

typedef struct lines {
    int count;
    char last[256];
    char all[4096];
    pthread_t thread;
} lines;

static void take_line(void *user, fm_log_level level, const char *line) {
    lines *l = user;
    (void)level;
    l->count++;
    l->thread = pthread_self();
    snprintf(l->last, sizeof l->last, "%s", line);
    size_t used = strlen(l->all);
    snprintf(l->all + used, sizeof l->all - used, "%s\n", line);
}

Test(host, log_lines_above_the_level_are_not_handed_on) {
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

/* --- clock --------------------------------------------------------------------------------- */

Test(host, clocks_run_forward_and_agree) {
    uint64_t start = fmi_clock_ns();
    double since = fmi_clock_since_start();
    uint64_t cpu = fmi_clock_cpu_ns();
    uint64_t reads = 0;
    while (fmi_clock_ns() - start < 30000000U)
        reads++;
    cr_assert_gt(reads, 0);
    cr_assert_gt(fmi_clock_cpu_ns(), cpu);
    double elapsed = fmi_clock_since_start() - since;
    cr_assert(elapsed >= 0.029 && elapsed < 20.0, "since start moved by %g s", elapsed);
    cr_assert(since >= 0.0 && since < 60.0, "this process is %g s old", since);
    cr_assert(fmi_clock_step_ns() > 0 && fmi_clock_step_ns() < 100000000U);
}

Test(host, peak_resident_size_grows_with_use) {
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

/* --- devices ------------------------------------------------------------------------------- */

static fmi_device recorded(const char *platform, const char *name, const char *id,
                           fm_device_type type, uint32_t units, uint32_t mhz) {
    fmi_device d = {.caps = {.type = type, .compute_units = units, .clock_mhz = mhz}};
    snprintf(d.caps.platform, sizeof d.caps.platform, "%s", platform);
    snprintf(d.caps.name, sizeof d.caps.name, "%s", name);
    snprintf(d.caps.id, sizeof d.caps.id, "%s", id);
    d.caps.compiler = true;
    return d;
}

static void check_select(const fmi_device *list, size_t count, const char *selector, size_t want) {
    fm_error err = {0};
    size_t got = 99;
    fm_status status = fmi_device_select(list, count, selector, &got, &err);
    cr_assert_eq(status, FM_OK, "%s: %s", selector ? selector : "NULL", err.message);
    cr_assert_eq(got, want, "%s gives %zu, want %zu", selector ? selector : "NULL", got, want);
}

Test(host, select_follows_the_rules_on_a_recorded_machine) {
    const fmi_device list[] = {
        recorded("rusticl", "llvmpipe (LLVM 15, 256 bits)", "name:1", FM_DEVICE_GPU, 64, 4000),
        recorded("PoCL", "pthread-skylake", "name:2", FM_DEVICE_CPU, 2, 2000),
        recorded("V", "Small 3D", "pci:0000:01:00.0", FM_DEVICE_GPU, 10, 1000),
        recorded("V", "Big 3D", "uuid:ab-cd", FM_DEVICE_GPU, 100, 1000),
        recorded("W", "Board", "name:3", FM_DEVICE_ACCELERATOR, 500, 3000),
    };
    check_select(list, 5, NULL, 3);
    check_select(list, 5, "", 3);
    check_select(list, 5, "auto", 3);
    check_select(list, 5, "gpu", 3);
    check_select(list, 5, "CPU", 1);
    check_select(list, 5, "0", 0);
    check_select(list, 5, "4", 4);
    check_select(list, 5, "UUID:AB-CD", 3);
    check_select(list, 5, "pci:0000:01:00.0", 2);
    check_select(list, 5, "small", 2);
    check_select(list, 5, "3d", 2);
    check_select(list, 3, "auto", 2);
    check_select(list, 2, "auto", 1); /* PoCL before llvmpipe, although that says GPU */
    check_select(list, 1, "auto", 0);
    check_select(list + 4, 1, "auto", 0);
    fmi_device no_compiler[2] = {list[3], list[1]};
    no_compiler[0].caps.compiler = false;
    check_select(no_compiler, 2, "auto", 1);
}

Test(host, select_that_fails_lists_what_there_is) {
    const fmi_device list[] = {
        recorded("PoCL", "pthread-skylake", "name:2", FM_DEVICE_CPU, 2, 2000),
        recorded("V", "Big\x1b[1m 3D", "uuid:ab-cd", FM_DEVICE_OTHER, 100, 1000),
    };
    fm_error err;
    size_t i;
    fm_assert_fails(fmi_device_select(list, 2, "gpu", &i, &err), FM_ERROR_NO_DEVICE, err,
                    "0 = pthread-skylake, 1 = Big\\x1B[1m 3D");
    fm_assert_fails(fmi_device_select(list, 2, "2", &i, &err), FM_ERROR_NO_DEVICE, err, "\"2\"");
    fm_assert_fails(fmi_device_select(list, 2, "99999999999999999999999", &i, &err),
                    FM_ERROR_NO_DEVICE, err, "9999");
    fm_assert_fails(fmi_device_select(NULL, 0, "auto", &i, &err), FM_ERROR_NO_DEVICE, err,
                    "pocl-opencl-icd");
    fm_assert_fails(fmi_device_select(NULL, 0, "0", &i, &err), FM_ERROR_NO_DEVICE, err, "install");
}

/* One row of the quirk table: a device it is for, one it is not for, and what it changes. */
typedef struct quirk_case {
    const char *what;
    fm_caps match, other;
    fm_specialisation preferred;
    uint32_t max_loop, timer_ns;
    bool no_restrict, no_binaries, slow_binaries;
} quirk_case;

static fm_caps plain(const char *platform, const char *vendor, const char *name) {
    fm_caps caps = {.timer_resolution_ns = 10,
                    .preferred = FM_SPECIALISATION_CPU,
                    .compiler = true,
                    .images = true,
                    .profiling = true};
    snprintf(caps.platform, sizeof caps.platform, "%s", platform);
    snprintf(caps.vendor, sizeof caps.vendor, "%s", vendor);
    snprintf(caps.name, sizeof caps.name, "%s", name);
    return caps;
}

static void check_quirk(const quirk_case *q) {
    fm_caps got = q->match, same = q->other;
    fmi_quirks_apply(&got);
    cr_expect_eq(got.preferred, q->preferred, "%s", q->what);
    cr_expect_eq(got.max_loop, q->max_loop, "%s: %u", q->what, got.max_loop);
    cr_expect_eq(got.timer_resolution_ns, q->timer_ns, "%s", q->what);
    cr_expect_eq(got.no_restrict, q->no_restrict, "%s", q->what);
    cr_expect_eq(fmi_quirks_no_binaries(&q->match), q->no_binaries, "%s", q->what);
    cr_expect_eq(fmi_quirks_slow_binaries(&q->match), q->slow_binaries, "%s", q->what);
    cr_expect(got.compiler && got.images && got.profiling, "%s: facts changed", q->what);
    fmi_quirks_apply(&same);
    cr_expect_eq(memcmp(&same, &q->other, sizeof same), 0, "%s: the other device", q->what);
    cr_expect_not(fmi_quirks_no_binaries(&q->other) || fmi_quirks_slow_binaries(&q->other),
                  "%s: binaries of the other device", q->what);
}

/* Names as the drivers give them, and near misses. */
Test(host, every_row_of_the_quirk_table_finds_its_device_and_no_other) {
    const quirk_case cases[] = {
        {.what = "llvmpipe under rusticl",
         .match = plain("rusticl", "Mesa/X.org", "llvmpipe (LLVM 15.0.6, 256 bits)"),
         .other = plain("Clover", "Mesa", "softpipe"),
         .preferred = FM_SPECIALISATION_GPU,
         .max_loop = 60000,
         .timer_ns = 0,
         .no_binaries = true},
        {.what = "llvmpipe, another platform and case",
         .match = plain("Clover", "Mesa", "LLVMPIPE"),
         .other = plain("Clover", "llvmpipe", "pipe"), /* the vendor's name does not count */
         .preferred = FM_SPECIALISATION_GPU,
         .max_loop = 60000,
         .timer_ns = 0},
        {.what = "Oclgrind",
         .match = plain("Oclgrind", "University of Bristol", "Oclgrind Simulator"),
         .other = plain("Ocl grind", "University of Bristol", "Oclgrind Simulator"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .no_restrict = true,
         .no_binaries = true},
        {.what = "rusticl on a GPU",
         .match = plain("rusticl", "AMD", "AMD Radeon (radeonsi)"),
         .other = plain("AMD Accelerated Parallel Processing", "AMD", "gfx1030"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .no_binaries = true},
        {.what = "PoCL",
         .match = plain("Portable Computing Language", "AuthenticAMD", "pthread-skylake"),
         .other = plain("Intel(R) OpenCL", "Intel", "pthread-skylake"),
         .preferred = FM_SPECIALISATION_CPU,
         .timer_ns = 10,
         .slow_binaries = true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        check_quirk(&cases[i]);
}

Test(host, quirks_are_applied_by_name_and_platform) {
    fm_caps lp = {.name = "llvmpipe (LLVM 15.0.6, 256 bits)",
                  .platform = "rusticl",
                  .timer_resolution_ns = 10,
                  .preferred = FM_SPECIALISATION_CPU};
    fmi_quirks_apply(&lp);
    cr_assert_eq(lp.preferred, FM_SPECIALISATION_GPU);
    cr_assert_eq(lp.max_loop, 60000);
    cr_assert_eq(lp.timer_resolution_ns, 0);
    cr_assert(fmi_quirks_no_binaries(&lp));
    fm_caps og = {.name = "Oclgrind Simulator", .platform = "Oclgrind", .timer_resolution_ns = 10};
    fmi_quirks_apply(&og);
    cr_assert(og.no_restrict);
    cr_assert_eq(og.timer_resolution_ns, 10);
    fm_caps pocl = {.name = "pthread-skylake",
                    .platform = "Portable Computing Language",
                    .timer_resolution_ns = 1,
                    .preferred = FM_SPECIALISATION_CPU};
    fm_caps before = pocl;
    fmi_quirks_apply(&pocl);
    cr_assert_eq(memcmp(&pocl, &before, sizeof pocl), 0, "PoCL's facts stay");
    cr_assert_not(fmi_quirks_no_binaries(&pocl));
}

Test(host, devices_have_facts_and_stable_ids) {
    fm_error err;
    fm_caps *caps = NULL;
    fm_caps *again = NULL;
    size_t count = 0;
    size_t count_again = 0;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    fm_assert_ok(fm_devices(&again, &count_again, &err), err);
    cr_assert_gt(count, 0, "install pocl-opencl-icd");
    cr_assert_eq(count, count_again);
    for (size_t i = 0; i < count; i++) {
        const fm_caps *c = &caps[i];
        cr_assert_eq(c->index, i);
        cr_assert_str_eq(c->id, again[i].id);
        cr_assert(strncmp(c->id, "uuid:", 5) == 0 || strncmp(c->id, "pci:", 4) == 0 ||
                      (strncmp(c->id, "name:", 5) == 0 && strlen(c->id) == 21),
                  "id %s", c->id);
        cr_assert(c->name[0] && c->platform[0] && c->driver[0] && c->version[0]);
        cr_assert(c->compute_units && c->max_group_size && c->base_align_bytes);
        cr_assert(c->global_bytes >= c->max_alloc_bytes && c->max_alloc_bytes > 0);
        cr_assert(c->preferred == FM_SPECIALISATION_CPU || c->preferred == FM_SPECIALISATION_GPU);
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(strcmp(c->id, caps[k].id), 0, "id %s twice", c->id);
    }
    fm_devices_free(&caps);
    fm_devices_free(&again);
    cr_assert_null(caps);
    fm_devices_free(&caps);
    fm_devices_free(NULL);
    fm_assert_fails(fm_devices(NULL, &count, &err), FM_ERROR_INVALID_ARGUMENT, err, "NULL");
}

Test(host, two_equal_devices_have_different_ids) {
    setenv("POCL_DEVICES", "basic basic", 1);
    fm_error err;
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_assert_ok(fm_devices(&caps, &count, &err), err);
    if (count != 2)
        cr_skip("skipped: this driver cannot show two equal devices");
    cr_assert_str_eq(caps[0].name, caps[1].name);
    cr_assert_neq(strcmp(caps[0].id, caps[1].id), 0, "both are %s", caps[0].id);
    fm_devices_free(&caps);
}

static void check_no_device(void) {
    fm_error err;
    fmi_device *list = NULL;
    size_t count = 9;
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    cr_assert_eq(count, 0);
    cr_assert_null(list);
}

Test(host, no_platform_is_an_empty_list) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "no_vendors");
    setenv("OCL_ICD_VENDORS", dir, 1);
    check_no_device();
}

Test(host, a_platform_without_devices_is_skipped) {
    setenv("POCL_CACHE_DIR", "/proc/no/such/folder", 1); /* PoCL then shows no device */
    check_no_device();
}

/* --- queue and arena ----------------------------------------------------------------------- */

static fmi_queue *open_queue(const fmi_queue_params *params) {
    fm_error err;
    fmi_device *list = NULL;
    fmi_queue *queue = NULL;
    size_t count = 0;
    size_t i = 0;
    fm_assert_ok(fmi_device_list(&list, &count, &err), err);
    fm_assert_ok(fmi_device_select(list, count, "auto", &i, &err), err);
    fm_assert_ok(fmi_queue_create(&queue, &list[i], params, &err), err);
    free(list);
    return queue;
}

static void write_file(const char *dir, const char *name, const char *text) {
    char path[2 * FM_TEST_PATH];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "w");
    cr_assert_not_null(file, "%s", path);
    fputs(text, file);
    cr_assert_eq(fclose(file), 0);
}

Test(host, every_transfer_is_counted_exactly) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer;
    unsigned char data[1000];
    unsigned char back[1000] = {0};
    void *map = NULL;
    for (size_t i = 0; i < sizeof data; i++)
        data[i] = (unsigned char)(7 * i);
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 1000, "data", &err), err);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 1000, data, &err), err);
    fmi_queue_set_in_loop(queue, true);
    fm_assert_ok(fmi_buffer_write(&buffer, 990, 10, data, &err), err);
    fmi_queue_set_in_loop(queue, false);
    fm_assert_ok(fmi_buffer_write(&buffer, 5, 0, data, &err), err);
    fm_assert_ok(fmi_buffer_read(&buffer, 0, 990, back, &err), err);
    cr_assert_eq(memcmp(data, back, 990), 0);
    fm_assert_ok(fmi_buffer_map(&buffer, CL_MAP_READ, 990, 10, &map, &err), err);
    cr_assert_eq(memcmp(map, data, 10), 0);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    cr_assert_null(map);
    fm_assert_ok(fmi_buffer_map(&buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, 100, &map, &err), err);
    memset(map, 1, 100);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    fm_assert_ok(fmi_buffer_unmap(&buffer, &map, &err), err);
    fm_assert_ok(fmi_buffer_read(&buffer, 99, 1, back, &err), err);
    cr_assert_eq(back[0], 1);
    const fm_stats *stats = fmi_queue_stats(queue);
    cr_assert_eq(stats->to_device_count, 3);
    cr_assert_eq(stats->to_device_bytes, 1000 + 10 + 100);
    cr_assert_eq(stats->loop_to_device_bytes, 10);
    cr_assert_eq(stats->from_device_count, 3);
    cr_assert_eq(stats->from_device_bytes, 990 + 10 + 1);
    cr_assert_eq(stats->launches, 0);
    fmi_buffer_destroy(&buffer);
    fmi_queue_destroy(&queue);
    cr_assert_null(queue);
}

Test(host, transfers_outside_a_buffer_are_refused) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    fmi_buffer buffer;
    fmi_buffer none = {0};
    char byte = 0;
    void *map = &byte;
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 10, "b", &err), err);
    fm_assert_fails(fmi_buffer_write(&buffer, 10, 1, &byte, &err), FM_ERROR_INTERNAL, err, "10");
    fm_assert_fails(fmi_buffer_read(&buffer, UINT64_MAX, 2, &byte, &err), FM_ERROR_INTERNAL, err,
                    "passes the end");
    fm_assert_fails(fmi_buffer_map(&buffer, CL_MAP_READ, 0, 11, &map, &err), FM_ERROR_INTERNAL, err,
                    "11 bytes");
    cr_assert_null(map);
    fm_assert_fails(fmi_buffer_read(&none, 0, 1, &byte, &err), FM_ERROR_INTERNAL, err, "not made");
    cr_assert_eq(fmi_queue_stats(queue)->to_device_count, 0);
    fmi_buffer_destroy(&buffer);
    fmi_queue_destroy(&queue);
}

Test(host, the_ledger_counts_buffers_and_refuses_too_large_ones) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    const fm_stats *stats = fmi_queue_stats(queue);
    uint64_t limit = fmi_queue_device(queue)->caps.max_alloc_bytes;
    fmi_buffer a;
    fmi_buffer b;
    fm_assert_fails(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, 0, "a", &err), FM_ERROR_LIMIT,
                    err, "a: ");
    fm_assert_fails(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, limit + 1, "a", &err),
                    FM_ERROR_LIMIT, err, "largest buffer");
    cr_assert_null(a.mem);
    fm_assert_ok(fmi_buffer_create(&a, queue, CL_MEM_READ_WRITE, 300, "a", &err), err);
    fm_assert_ok(fmi_buffer_create(&b, queue, CL_MEM_READ_ONLY, 200, "b", &err), err);
    fmi_buffer_destroy(&a);
    fmi_buffer_destroy(&a);
    cr_assert_eq(stats->live_bytes, 200);
    cr_assert_eq(stats->peak_bytes, 500);
    fmi_buffer_destroy(&b);
    fmi_buffer_destroy(NULL);
    cr_assert_eq(stats->live_bytes, 0);
    cr_assert_eq(stats->peak_bytes, 500);
    fmi_queue_destroy(&queue);
    fmi_queue_destroy(&queue);
    fmi_queue_destroy(NULL);
}

Test(host, a_queue_that_closes_over_live_buffers_says_so) {
    fm_error err;
    lines got = {0};
    fmi_queue *queue = open_queue(&(fmi_queue_params){.log = {take_line, &got, FM_LOG_WARNING}});
    fmi_buffer buffer;
    fm_assert_ok(fmi_buffer_create(&buffer, queue, CL_MEM_READ_WRITE, 123, "left", &err), err);
    cl_mem mem = buffer.mem;
    fmi_queue_destroy(&queue);
    clReleaseMemObject(mem);
    cr_assert_eq(got.count, 1);
    cr_assert_not_null(strstr(got.last, "123 bytes"), "%s", got.last);
}

Test(host, arena_sizes_add_up_and_saturate) {
    uint64_t total = 0;
    fmi_arena_add(&total, 128, 1);
    cr_assert_eq(total, 128);
    fmi_arena_add(&total, 128, 128);
    cr_assert_eq(total, 256);
    fmi_arena_add(&total, 128, 0);
    cr_assert_eq(total, 256);
    fmi_arena_add(&total, 1, 3);
    fmi_arena_add(&total, 0, 3);
    cr_assert_eq(total, 262);
    fmi_arena_add(&total, 128, UINT64_MAX - 5);
    cr_assert_eq(total, UINT64_MAX);
    fmi_arena_add(&total, 128, 1);
    cr_assert_eq(total, UINT64_MAX);
    total = 0;
    fmi_arena_add(&total, 4096, UINT64_MAX - 4096);
    cr_assert_eq(total, UINT64_MAX - 4095, "the last aligned size still fits");
}

Test(host, arena_parts_are_apart_aligned_and_counted_once) {
    fm_error err;
    fmi_queue *queue = open_queue(&(fmi_queue_params){0});
    uint64_t align = fmi_queue_device(queue)->caps.base_align_bytes;
    const uint64_t sizes[] = {1, align, align + 1, 7};
    uint64_t bytes = 0;
    fmi_arena arena;
    fmi_buffer *parts[4];
    fmi_buffer *more = (fmi_buffer *)&arena;
    for (size_t i = 0; i < 4; i++)
        fmi_arena_add(&bytes, align, sizes[i]);
    cr_assert_eq(bytes, 5 * align);
    fm_assert_ok(fmi_arena_create(&arena, queue, bytes, CL_MEM_READ_WRITE, "parts", &err), err);
    for (size_t i = 0; i < 4; i++) {
        fm_assert_ok(fmi_arena_take(&arena, sizes[i], &parts[i], &err), err);
        cr_assert_eq(parts[i]->bytes, sizes[i]);
    }
    fm_assert_fails(fmi_arena_take(&arena, 1, &more, &err), FM_ERROR_INTERNAL, err, "arena");
    cr_assert_null(more);
    for (size_t i = 0; i < 4; i++) {
        unsigned char *fill = malloc(sizes[i]);
        memset(fill, (int)i + 1, sizes[i]);
        fm_assert_ok(fmi_buffer_write(parts[i], 0, sizes[i], fill, &err), err);
        free(fill);
    }
    for (size_t i = 0; i < 4; i++) {
        unsigned char last = 0;
        fm_assert_ok(fmi_buffer_read(parts[i], sizes[i] - 1, 1, &last, &err), err);
        cr_assert_eq(last, i + 1, "part %zu was overwritten", i);
    }
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, bytes);
    fmi_arena_destroy(&arena);
    fmi_arena_destroy(&arena);
    fmi_arena_destroy(NULL);
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, 0);
    cr_assert_eq(fmi_queue_stats(queue)->peak_bytes, bytes);
    fmi_queue_destroy(&queue);
}

/* A program from one file of the test's own, and a kernel of it. */
typedef struct unit {
    fmi_queue *queue;
    cl_program program;
    cl_kernel kernel;
    fmi_buffer out;
} unit;

static unit open_unit(const fmi_queue_params *params) {
    fm_error err;
    char dir[FM_TEST_PATH];
    unit u = {.queue = open_queue(params)};
    fm_test_dir(dir, "unit");
    write_file(dir, "unit.cl",
               "__kernel void add(__global uint *out, uint k, __local uint *space) {\n"
               "    space[get_local_id(0)] = k;\n"
               "    out[get_global_id(0)] += space[get_local_id(0)];\n"
               "}\n");
    fmi_program_params program = {.file = "unit.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_build(&u.program, u.queue, &program, &err), err);
    fm_assert_ok(fmi_kernel_create(&u.kernel, u.program, "add", &err), err);
    fm_assert_ok(fmi_buffer_create(&u.out, u.queue, CL_MEM_READ_WRITE, 64 * 4, "out", &err), err);
    const cl_uint zero[64] = {0};
    fm_assert_ok(fmi_buffer_write(&u.out, 0, sizeof zero, zero, &err), err);
    return u;
}

static fm_status launch_unit(unit *u, cl_uint k, uint32_t timer, fm_error *err) {
    fmi_arg args[] = {FMI_ARG(u->out.mem), FMI_ARG(k), FMI_ARG_LOCAL(16 * sizeof(cl_uint))};
    fmi_launch launch = {.kernel = u->kernel,
                         .name = "add",
                         .args = args,
                         .arg_count = 3,
                         .dims = 1,
                         .global = {64, 1, 1},
                         .local = {16, 1, 1},
                         .timer = timer};
    return fmi_queue_launch(u->queue, &launch, err);
}

static void close_unit(unit *u) {
    fmi_buffer_destroy(&u->out);
    clReleaseKernel(u->kernel);
    clReleaseProgram(u->program);
    fmi_queue_destroy(&u->queue);
}

Test(host, launches_run_in_order_and_a_long_run_keeps_few_events) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){.profile = true});
    cl_uint out[64];
    uint64_t start = fmi_clock_ns();
    for (cl_uint i = 0; i < 3000; i++)
        fm_assert_ok(launch_unit(&u, i % 3, 2, &err), err);
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    double wall = (double)(fmi_clock_ns() - start) * 1e-9;
    fm_assert_ok(fmi_buffer_read(&u.out, 0, sizeof out, out, &err), err);
    for (size_t i = 0; i < 64; i++)
        cr_assert_eq(out[i], 3000, "item %zu is %u", i, out[i]);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 3000);
    double device = fmi_queue_device_seconds(u.queue, 2);
    cr_assert(device > 0.0 && device <= wall, "device %g s, wall %g s", device, wall);
    cr_assert_eq(fmi_queue_device_seconds(u.queue, 1), 0.0);
    fmi_queue_reset_timers(u.queue);
    cr_assert_eq(fmi_queue_device_seconds(u.queue, 2), 0.0);
    fmi_queue_distrust_clock(u.queue);
    cr_assert_lt(fmi_queue_device_seconds(u.queue, 2), 0.0);
    close_unit(&u);
}

Test(host, without_a_profiling_queue_device_times_are_unknown) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    fm_assert_ok(launch_unit(&u, 1, 0, &err), err);
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    cr_assert_lt(fmi_queue_device_seconds(u.queue, 0), 0.0);
    cr_assert_not(fmi_queue_has_event_clock(u.queue));
    close_unit(&u);
}

Test(host, the_cancel_flag_stops_before_the_next_launch) {
    fm_error err;
    volatile sig_atomic_t cancel = 0;
    unit u = open_unit(&(fmi_queue_params){.cancel = &cancel});
    cl_uint out = 0;
    fm_assert_ok(launch_unit(&u, 5, 0, &err), err);
    cancel = 1;
    fm_assert_fails(launch_unit(&u, 5, 0, &err), FM_ERROR_CANCELLED, err, "cancelled");
    fm_assert_fails(fmi_queue_check_cancel(u.queue, &err), FM_ERROR_CANCELLED, err, "cancelled");
    fm_assert_ok(fmi_queue_finish(u.queue, &err), err);
    fm_assert_ok(fmi_buffer_read(&u.out, 0, sizeof out, &out, &err), err);
    cr_assert_eq(out, 5);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 1);
    close_unit(&u);
}

Test(host, bad_launches_name_the_kernel) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    fm_assert_fails(launch_unit(&u, 1, FMI_TIMERS, &err), FM_ERROR_INTERNAL, err, "add");
    fmi_launch launch = {.kernel = u.kernel, .name = "add", .dims = 1, .global = {64, 1, 1}};
    cl_uint k = 1;
    fmi_arg short_arg[] = {FMI_ARG(u.out.mem), {1, &k}};
    launch.args = short_arg;
    launch.arg_count = 2;
    fm_assert_fails(fmi_queue_launch(u.queue, &launch, &err), FM_ERROR_CL, err, "add: argument 1");
    cr_assert_eq(err.cl_code, CL_INVALID_ARG_SIZE);
    launch.arg_count = 0;
    launch.local[0] = 48; /* does not divide 64 */
    launch.local[1] = launch.local[2] = 1;
    cr_assert_neq(fmi_queue_launch(u.queue, &launch, &err), FM_OK);
    cr_assert_not_null(strstr(err.message, "add: "), "%s", err.message);
    cr_assert_eq(fmi_queue_stats(u.queue)->launches, 0);
    close_unit(&u);
}

Test(host, a_lost_device_is_never_used_again) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    cl_uint out = 0;
    cr_assert_eq(fmi_queue_fail(u.queue, &err, CL_INVALID_COMMAND_QUEUE, "clFinish", "stopped"),
                 FM_ERROR_DEVICE_LOST);
    fm_assert_fails(launch_unit(&u, 5, 0, &err), FM_ERROR_DEVICE_LOST, err, "new engine");
    fm_assert_fails(fmi_queue_finish(u.queue, &err), FM_ERROR_DEVICE_LOST, err, "new engine");
    fm_assert_fails(fmi_buffer_read(&u.out, 0, 4, &out, &err), FM_ERROR_DEVICE_LOST, err, "failed");
    close_unit(&u);
}

/* --- programs ------------------------------------------------------------------------------ */

Test(host, includes_are_resolved_once_with_line_marks) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "with a blank");
    write_file(dir, "a.cl", "first\n#include \"b.h\"\n  #  include \"b.h\" \nlast");
    write_file(dir, "b.h", "#include \"c.h\"\nb\n");
    write_file(dir, "c.h", "#include <stdint.h>\r\n// #include \"none.h\"\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_str_eq(text,
                     "#line 1 \"a.cl\"\nfirst\n"
                     "#line 1 \"b.h\"\n#line 1 \"c.h\"\n#include <stdint.h>\r\n"
                     "// #include \"none.h\"\n#line 2 \"b.h\"\nb\n"
                     "#line 3 \"a.cl\"\n#line 4 \"a.cl\"\nlast\n",
                     "got %s", text);
    free(text);
}

Test(host, a_kernel_folder_replaces_single_embedded_files) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "override");
    fmi_program_params params = {.file = "probe_clock.cl"};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_not_null(strstr(text, "fm_probe_spin"));
    cr_assert_not_null(strstr(text, "#line 1 \"common.cl\"\n"));
    free(text);
    params.kernel_dir = dir; /* empty: all embedded */
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_null(strstr(text, "MINE"));
    free(text);
    write_file(dir, "common.cl", "// MINE\n");
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_not_null(strstr(text, "#line 1 \"common.cl\"\n// MINE\n"));
    cr_assert_not_null(strstr(text, "fm_probe_spin"));
    free(text);
}

Test(host, a_missing_or_strange_include_is_named) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char path[2 * FM_TEST_PATH];
    char *text = (char *)&err;
    fm_test_dir(dir, "missing");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    write_file(dir, "a.cl", "x\n#include \"gone.h\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "a.cl:2: kernel file \"gone.h\"");
    cr_assert_null(text);
    write_file(dir, "a.cl", "x\n\n#include \"../up.h\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "a.cl:3: kernel file \"../up.h\" is outside");
    write_file(dir, "a.cl", "#include \"/etc/passwd\"\n");
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err, "outside");
    write_file(dir, "a.cl", "#include \"pipe.h\"\n");
    snprintf(path, sizeof path, "%s/pipe.h", dir);
    cr_assert_eq(mkfifo(path, 0600), 0);
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err, "pipe.h");
    params.file = "nowhere.cl";
    fm_assert_fails(fmi_program_text(&params, &text, NULL, &err), FM_ERROR_BUILD, err,
                    "nowhere.cl");
}

Test(host, files_that_include_each_other_end) {
    fm_error err;
    char dir[FM_TEST_PATH];
    char *text = NULL;
    fm_test_dir(dir, "circle");
    write_file(dir, "a.cl", "#include \"b.h\"\nA\n");
    write_file(dir, "b.h", "#include \"a.cl\"\nB\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_ok(fmi_program_text(&params, &text, NULL, &err), err);
    cr_assert_str_eq(text, "#line 1 \"a.cl\"\n#line 1 \"b.h\"\n#line 2 \"b.h\"\nB\n"
                           "#line 2 \"a.cl\"\nA\n");
    free(text);
}

Test(host, a_syntax_error_is_reported_in_its_file_and_line) {
    fm_error err;
    lines got = {0};
    char dir[FM_TEST_PATH];
    cl_program program = NULL;
    fmi_queue *queue = open_queue(&(fmi_queue_params){.log = {take_line, &got, FM_LOG_DEBUG}});
    fm_test_dir(dir, "syntax error");
    write_file(dir, "a.cl", "#define A\n#include \"b.h\"\n__kernel void k(__global int *x) {}\n");
    write_file(dir, "b.h", "// one\n// two\nint broken(void) { return nothing_here; }\n");
    fmi_program_params params = {.file = "a.cl", .kernel_dir = dir};
    fm_assert_fails(fmi_program_build(&program, queue, &params, &err), FM_ERROR_BUILD, err,
                    "b.h:3:");
    cr_assert_null(program);
    cr_assert_eq(err.cl_code, CL_BUILD_PROGRAM_FAILURE);
    cr_assert_not_null(strstr(err.message, "a.cl does not compile on"), "%s", err.message);
    cr_assert_not_null(strstr(got.all, "nothing_here"), "the log has no detail: %s", got.all);
    cr_assert_not_null(strstr(got.all, dir), "the log does not name the folder: %s", got.all);
    cr_assert_eq(fmi_queue_stats(queue)->builds, 0);
    write_file(dir, "a.cl", "#include \"b.h\"\nint after = nothing_there;\n");
    write_file(dir, "b.h", "\n\n\n");
    fm_assert_fails(fmi_program_build(&program, queue, &params, &err), FM_ERROR_BUILD, err,
                    "a.cl:2:");
    fmi_queue_destroy(&queue);
}

Test(host, builds_are_counted_and_a_missing_kernel_is_named) {
    fm_error err;
    unit u = open_unit(&(fmi_queue_params){0});
    cl_kernel kernel = (cl_kernel)&err;
    cr_assert_eq(fmi_queue_stats(u.queue)->builds, 1);
    cr_assert_eq(fmi_queue_stats(u.queue)->cache_hits, 0);
    cr_assert_gt(fmi_queue_stats(u.queue)->build_seconds, 0.0);
    fm_assert_fails(fmi_kernel_create(&kernel, u.program, "nobody", &err), FM_ERROR_BUILD, err,
                    "nobody");
    cr_assert_null(kernel);
    close_unit(&u);
}

/* --- event clock --------------------------------------------------------------------------- */

static bool judge(double event, double wall, double doubled) {
    fmi_event_clock clock = {.event_seconds = event, .wall_seconds = wall};
    fmi_event_clock_judge(&clock, doubled, 1e-7);
    cr_assert_eq(clock.trusted, clock.reason[0] == '\0');
    return clock.trusted;
}

Test(host, the_event_clock_rule_catches_clocks_that_lie) {
    cr_assert(judge(6e-3, 6.1e-3, 12e-3));
    cr_assert(judge(6e-3, 11e-3, 13e-3));
    cr_assert_not(judge(0.0, 6e-3, 0.0), "zero clock");
    cr_assert_not(judge(-1.0, 6e-3, -1.0), "no clock");
    cr_assert_not(judge(6e-3, 5.8e-3, 12e-3), "longer than the wall time");
    cr_assert_not(judge(6e-6, 6e-3, 12e-6), "wrong unit, too small");
    cr_assert_not(judge(6.0, 6e-3, 12.0), "wrong unit, too large");
    cr_assert_not(judge(6e-3, 6.1e-3, 6e-3), "does not follow the work");
    cr_assert_not(judge(6e-3, 6.1e-3, 15e-3), "follows the work too much");
    cr_assert_not(judge(1e-3, 1.1e-3, 2e-3), "too short to tell");
    cr_assert_not(judge((double)NAN, 6e-3, 12e-3), "not a number");
}

Test(host, the_event_clock_of_this_device_is_tested) {
    fm_error err;
    fmi_event_clock clock;
    fmi_time_source source;
    fmi_queue *queue = open_queue(&(fmi_queue_params){.profile = true});
    fm_assert_ok(fmi_event_clock_test(queue, NULL, NULL, &clock, &err), err);
    cr_log_info("event %g s, wall %g s, doubling %g, %s", clock.event_seconds, clock.wall_seconds,
                clock.doubling, clock.trusted ? "trusted" : clock.reason);
    cr_assert_eq(clock.trusted, clock.reason[0] == '\0');
    cr_assert_eq(fmi_queue_has_event_clock(queue), clock.trusted);
    cr_assert_eq(fmi_queue_stats(queue)->live_bytes, 0);
    fmi_queue_destroy(&queue);
    queue = open_queue(&(fmi_queue_params){0});
    fm_assert_ok(fmi_event_clock_test(queue, NULL, NULL, &clock, &err), err);
    cr_assert_not(clock.trusted);
    cr_assert_eq(fmi_pick_time(fmi_queue_device_seconds(queue, 0), 2.0, &source), 2.0);
    cr_assert_eq(source, FMI_TIME_WALL);
    cr_assert_eq(fmi_pick_time(1.0, 2.0, &source), 1.0);
    cr_assert_eq(source, FMI_TIME_EVENT);
    fmi_queue_destroy(&queue);
}
