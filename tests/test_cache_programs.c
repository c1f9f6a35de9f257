/* SPDX-License-Identifier: MIT */
/* Programs through the kernel cache, on the device. */
#include "cache_unit.h"
#include "host_unit.h"

#include "program.h"

#include <fm/engine.h>

TestSuite(cache_programs, .timeout = 60);

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
    *r = (rig){0};
    fm_test_dir(r->kernels, "kernels");
    fm_test_dir(r->cache, "cache");
    write_file(r->kernels, "seven.cl",
               "__kernel void seven(__global uint *out) { out[get_global_id(0)] = 7u + K; }\n");
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

/* Builds, runs, checks the result. */
static void run_rig(rig *r, uint32_t want) {
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
    fmi_buffer_destroy(&out);
    clReleaseKernel(kernel);
    clReleaseProgram(program);
}

static void check_counts(rig *r, uint64_t builds, uint64_t hits, const char *what) {
    const fm_stats *stats = fmi_queue_stats(r->queue);
    cr_assert_eq(stats->builds, builds, "%s: %d builds", what, (int)stats->builds);
    cr_assert_eq(stats->cache_hits, hits, "%s: %d hits", what, (int)stats->cache_hits);
}

Test(cache_programs, the_second_build_comes_from_the_cache) {
    rig r;
    open_rig(&r);
    run_rig(&r, 7);
    check_counts(&r, 1, 0, "cold");
    run_rig(&r, 7);
    check_counts(&r, 1, 1, "warm");
    r.params.options = "-DK=5";
    run_rig(&r, 12);
    check_counts(&r, 2, 1, "other options");
    r.params.cache_dir = NULL;
    run_rig(&r, 12);
    check_counts(&r, 3, 1, "no cache");
    cr_assert_eq(r.got.count, 0, "a log line: %s", r.got.last);
    fmi_queue_destroy(&r.queue);
}

/* PoCL would compile all of it again to give its binary out, and keeps it by itself. */
Test(cache_programs, a_large_program_is_left_to_a_driver_that_keeps_it) {
    rig r;
    char path[PATH_ROOM];
    open_rig_as(&r, "Portable Computing Language");
    r.params.large = true;
    run_rig(&r, 7);
    cr_assert_not(find_entry(r.cache, path), "stored all the same");
    run_rig(&r, 7);
    check_counts(&r, 2, 0, "large");
    setenv("POCL_KERNEL_CACHE", "0", 1); /* then nobody keeps it but us */
    run_rig(&r, 7);
    cr_assert(find_entry(r.cache, path), "not stored");
    run_rig(&r, 7);
    check_counts(&r, 3, 1, "without the driver's cache");
    fmi_queue_destroy(&r.queue);
    unsetenv("POCL_KERNEL_CACHE");
    open_rig_as(&r, "Some other driver");
    r.params.large = true;
    run_rig(&r, 7);
    cr_assert(find_entry(r.cache, path), "not stored");
    fmi_queue_destroy(&r.queue);
}

Test(cache_programs, any_damage_is_built_again_with_the_right_result) {
    rig r;
    char path[PATH_ROOM];
    uint64_t builds = 0;
    uint64_t hits = 0;
    open_rig(&r);
    for (size_t i = 0; i < damage_count; i++) {
        const struct damage *d = &damages[i];
        fm_test_dir(r.cache, "cache");
        run_rig(&r, 7);
        cr_assert(find_entry(r.cache, path), "%s", d->name);
        d->apply(path);
        r.got.count = 0;
        run_rig(&r, 7);
        check_counts(&r, builds += 2, hits, d->name);
        cr_assert_eq(r.got.count, 1 + d->stays, "%s: %d warnings", d->name, r.got.count);
        run_rig(&r, 7);
        check_counts(&r, builds += d->stays, hits += !d->stays, d->name);
    }
    fmi_queue_destroy(&r.queue);
}

Test(cache_programs, an_unwritable_folder_changes_nothing_but_the_time) {
    rig r;
    open_rig(&r);
    r.params.cache_dir = "/proc/facemorph";
    run_rig(&r, 7);
    run_rig(&r, 7);
    check_counts(&r, 2, 0, "unwritable");
    cr_assert_eq(r.got.count, 2, "%d warnings", r.got.count);
    fmi_queue_destroy(&r.queue);
}

Test(cache_programs, a_binary_that_the_driver_refuses_is_dropped) {
    rig r;
    fm_error err;
    char path[PATH_ROOM];
    char device[300];
    char *text = NULL;
    open_rig(&r);
    run_rig(&r, 7);
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
    run_rig(&r, 7);
    check_counts(&r, 2, 0, "refused");
    cr_assert_eq(r.got.count, 1, "%d warnings", r.got.count);
    cr_assert_not_null(strstr(r.got.last, "refuses"), "%s", r.got.last);
    cr_assert(find_entry(r.cache, path));
    run_rig(&r, 7);
    check_counts(&r, 2, 1, "mended");
    free(text);
    fmi_queue_destroy(&r.queue);
}
