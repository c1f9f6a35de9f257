/* SPDX-License-Identifier: MIT */
/* What a sweep does besides its cells: where it looks closer, what a cold start costs, on which
 * threads it runs. */
#include "fm_test.h"

#include "cold.h"
#include "pin.h"
#include "sweep_impl.h"

#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(sweep, .timeout = 120);

/* ---- `--batch auto` ---- */

static const fm_caps roomy = {.global_bytes = UINT64_C(8) << 30,
                              .max_alloc_bytes = UINT64_C(8) << 30,
                              .max_group_size = 1024,
                              .base_align_bytes = 128,
                              .preferred = FM_SPECIALISATION_CPU};

static fmi_cell *timed(fmi_cells *cells, const char *op, uint32_t batch, double rate) {
    fmi_cell cell = {.op = fmi_case_find(op), .params = {.batch = batch, .n = 4}};
    fm_error err;
    fm_assert_ok(fmi_cells_add(cells, &cell, &roomy, &err), err);
    fmi_cell *added = &cells->cell[cells->count - 1];
    cr_assert_eq(added->status, FMI_CELL_PENDING, "%s", added->reason);
    added->timed = true;
    added->rate = added->rate_hi = rate;
    return added;
}

Test(sweep, a_knee_is_looked_at_between_its_batches) {
    fmi_cells cells = {0};
    fm_error err;
    timed(&cells, "keypoints", 512, 1010);
    timed(&cells, "keypoints", 1, 10);
    timed(&cells, "keypoints", 64, 1000);
    timed(&cells, "keypoints", 8, 900);
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 1U);
    fmi_cell *found = &cells.cell[4];
    cr_assert_eq(found->params.batch, 23U, "8 and 64 have %u between them", found->params.batch);
    cr_assert(found->refined);
    cr_assert_eq(found->status, FMI_CELL_PENDING);
    cr_assert_str_eq(found->op->name, "keypoints");
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 1U, "without a rate it is no neighbour");
    found = &cells.cell[4];
    found->timed = true;
    found->rate = 990;
    found->rate_hi = 995;
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 1U);
    cr_assert_eq(cells.cell[6].params.batch, 14U, "8 and 23 have %u", cells.cell[6].params.batch);
    fmi_cells_free(&cells);
}

Test(sweep, a_rate_reaches_the_best_when_its_interval_does) {
    fmi_cells cells = {0};
    fm_error err;
    timed(&cells, "keypoints", 1, 100);
    timed(&cells, "keypoints", 16, 900)->rate_hi = 980;
    timed(&cells, "keypoints", 256, 1000);
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 1U);
    cr_assert_eq(cells.cell[3].params.batch, 4U, "%u", cells.cell[3].params.batch);
    fmi_cells_free(&cells);
}

Test(sweep, neighbours_and_lone_batches_have_nothing_between_them) {
    static const uint32_t pairs[][2] = {{2, 3}, {8, 9}, {100, 119}, {1, 2}};
    fm_error err;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        fmi_cells cells = {0};
        timed(&cells, "keypoints", pairs[i][0], 10);
        timed(&cells, "keypoints", pairs[i][1], 20);
        cr_expect_eq(fmi_cells_refine(&cells, &roomy, &err), 0U, "%u and %u", pairs[i][0],
                     pairs[i][1]);
        fmi_cells_free(&cells);
    }
    fmi_cells cells = {0};
    timed(&cells, "keypoints", 4, 1000); /* the best one is the smallest */
    timed(&cells, "keypoints", 64, 900);
    cr_expect_eq(fmi_cells_refine(&cells, &roomy, &err), 0U);
    fmi_cells_free(&cells);
}

Test(sweep, ops_levels_and_shapes_are_curves_of_their_own) {
    fmi_cells cells = {0};
    fm_error err;
    timed(&cells, "keypoints", 1, 10);
    timed(&cells, "solve", 64, 1000);
    timed(&cells, "keypoints", 64, 1000)->params.level = FM_LEVEL_HIGH;
    timed(&cells, "keypoints", 64, 1000)->params.precision = FMI_FP16;
    timed(&cells, "keypoints", 64, 1000)->timed = false;
    timed(&cells, "keypoints", 64, 0.0);
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 0U);
    timed(&cells, "keypoints", 64, 1000)->params.n = 8;
    timed(&cells, "solve", 1, 10);
    cr_assert_eq(fmi_cells_refine(&cells, &roomy, &err), 1U);
    const fmi_cell *found = &cells.cell[cells.count - 1];
    cr_assert_str_eq(found->op->name, "solve");
    cr_assert_eq(found->params.batch, 8U);
    cr_assert_eq(found->params.n, 4U);
    fmi_cells_free(&cells);
}

/* ---- `--pin` ---- */

static int threads_allowed(cpu_set_t *set) {
    cr_assert_eq(sched_getaffinity(0, sizeof *set, set), 0);
    return CPU_COUNT(set);
}

Test(sweep, pinned_is_one_thread_a_core_of_those_allowed) {
    cpu_set_t before, after, both;
    const int allowed = threads_allowed(&before);
    unsetenv("POCL_AFFINITY");
    const uint32_t cores = fmi_pin_to_cores();
    cr_assert_geq(cores, 1U);
    cr_assert_leq((int)cores, allowed);
    cr_assert_eq(threads_allowed(&after), (int)cores);
    CPU_AND(&both, &before, &after);
    cr_assert(CPU_EQUAL(&both, &after), "bound to a thread that was not allowed");
    cr_assert_str_eq(getenv("POCL_AFFINITY"), "1");
}

/* In a process of one thread: hwloc asks all of them. */
static int pin_to_the_last(void) {
    cpu_set_t before, one, after;
    int last = CPU_SETSIZE - 1;
    if (sched_getaffinity(0, sizeof before, &before) != 0)
        return 1;
    while (!CPU_ISSET(last, &before))
        last--;
    CPU_ZERO(&one);
    CPU_SET(last, &one);
    if (sched_setaffinity(0, sizeof one, &one) != 0 || setenv("POCL_AFFINITY", "0", 1) != 0)
        return 2;
    if (fmi_pin_to_cores() != 1)
        return 3;
    if (sched_getaffinity(0, sizeof after, &after) != 0 || !CPU_EQUAL(&after, &one))
        return 4;
    return strcmp(getenv("POCL_AFFINITY"), "0") == 0 ? 0 : 5;
}

Test(sweep, pinning_keeps_to_what_the_process_may_use_and_to_the_users_word) {
#ifdef __SANITIZE_THREAD__
    cr_skip("skipped: the checker has a thread of its own that may use all cores");
#endif
    int status = -1;
    const pid_t child = fork();
    cr_assert_geq((int)child, 0);
    if (child == 0)
        _exit(pin_to_the_last());
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFEXITED(status));
    cr_assert_eq(WEXITSTATUS(status), 0, "failed at %d", WEXITSTATUS(status));
}

/* ---- cold starts ---- */

/* A process of its own, as in a sweep: OpenCL keeps what it loaded. */
static fmi_cold cold_start(const char *folder, bool cached, bool heads) {
    int ends[2];
    fmi_cold cold = {0};
    int status = -1;
    cr_assert_eq(pipe(ends), 0);
    fflush(NULL);
    const pid_t child = fork();
    cr_assert_geq((int)child, 0);
    if (child == 0) {
        const fmi_sample_params small = {.vertices = 500, .texture = 64};
        fmi_input *input = NULL;
        fm_error err = {0};
        fm_status made =
            heads ? fmi_input_sample(&input, &small, &err) : fmi_input_points(&input, 100, 1, &err);
        const fmi_case_params params = {.input = input};
        if (made == FM_OK)
            made = fmi_cold_measure(&cold, &params, folder, cached, &err);
        if (made != FM_OK)
            fprintf(stderr, "%s\n", err.message);
        fmi_input_destroy(&input);
        _exit(made == FM_OK && write(ends[1], &cold, sizeof cold) == (ssize_t)sizeof cold ? 0 : 1);
    }
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert_eq(status, 0, "the cold start failed");
    cr_assert_eq(read(ends[0], &cold, sizeof cold), (ssize_t)sizeof cold);
    close(ends[0]);
    close(ends[1]);
    return cold;
}

static void expect_stages(const fmi_cold *cold, const char *const *names, uint32_t count) {
    cr_assert_eq(cold->count, count, "%u stages", cold->count);
    for (uint32_t i = 0; i < count; i++) {
        cr_assert_str_eq(cold->stage[i].name, names[i]);
        cr_assert_gt(cold->stage[i].seconds, 0.0, "%s", names[i]);
        cr_assert_neq(cold->stage[i].note[0], '\0', "%s", names[i]);
    }
}

Test(sweep, a_cold_start_fills_the_caches_that_the_second_one_finds) {
    static const char *const first[] = {"platform",    "context",     "upload",
                                        "first frame", "first touch", "second touch"};
    static const char *const second[] = {"first frame, cached", "second frame, cached"};
    char folder[FM_TEST_PATH];
    fm_test_dir(folder, "cold");
    const fmi_cold cold = cold_start(folder, false, true);
    expect_stages(&cold, first, sizeof first / sizeof first[0]);
    cr_assert_not_null(strstr(cold.stage[3].note, "building"), "%s", cold.stage[3].note);
    const fmi_cold warm = cold_start(folder, true, true);
    expect_stages(&warm, second, sizeof second / sizeof second[0]);
}

Test(sweep, a_cold_start_without_heads_has_no_frames) {
    static const char *const names[] = {"platform", "context", "first touch", "second touch"};
    char folder[FM_TEST_PATH];
    fm_test_dir(folder, "cold_points");
    const fmi_cold cold = cold_start(folder, false, false);
    expect_stages(&cold, names, sizeof names / sizeof names[0]);
}

Test(sweep, a_cold_start_of_a_device_that_is_not_there_says_so) {
    char folder[FM_TEST_PATH];
    fm_test_dir(folder, "cold_none");
    fm_error err;
    fmi_cold cold;
    const fmi_case_params params = {.device = "nothing-like-it"};
    fm_assert_fails(fmi_cold_measure(&cold, &params, folder, false, &err), FM_ERROR_NO_DEVICE, err,
                    "nothing-like-it");
    cr_assert_eq(cold.count, 2U, "%u stages", cold.count); /* the failed one took its time, too */
}
