/* SPDX-License-Identifier: MIT */
/* Which cells a sweep is made of, what they are called, and what the roofs say of them. Pure. */
#include "fm_test.h"

#include "cell.h"
#include "point.h"

TestSuite(cells, .timeout = 60);

static const fm_caps roomy = {.global_bytes = UINT64_C(8) << 30,
                              .max_alloc_bytes = UINT64_C(2) << 30,
                              .max_group_size = 1024,
                              .base_align_bytes = 128,
                              .compute_units = 2,
                              .preferred = FM_SPECIALISATION_CPU};

/* The cells of a command line, which is split at its spaces; small heads where an op has heads. */
static void make(fmi_cells *cells, const fm_caps *caps, const char *line) {
    static fmi_options options; /* the cells borrow from them */
    static fmi_input *input;
    const fmi_sample_params small = {.vertices = 500, .texture = 64};
    char words[512], *argv[40];
    int argc = 0;
    fm_error err;
    if (!input)
        fm_assert_ok(fmi_input_sample_blank(&input, &small, &err), err);
    snprintf(words, sizeof words, "fmbench --sweep %s", line);
    for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
        argv[argc++] = word;
    fm_assert_ok(fmi_options_parse(&options, argc, argv, &err), err);
    *cells = (fmi_cells){0};
    fm_assert_ok(fmi_cells_make(cells, &options, &input, 1, caps, &err), err);
}

static const fmi_cell *find(const fmi_cells *cells, uint32_t batch, fmi_caches caches) {
    for (uint32_t i = 0; i < cells->count; i++)
        if (cells->cell[i].params.batch == batch && cells->cell[i].params.caches == caches)
            return &cells->cell[i];
    return NULL;
}

/* ---- batches ---- */

Test(cells, auto_follows_the_curve_beyond_the_planners_batch_and_looks_at_it_cold) {
    static const char *const ops[] = {"keypoints", "solve", "morph", "raster", "blend"};
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++) {
        fmi_cells cells;
        char line[100];
        uint32_t own = 0, cold = 0, last = 0;
        snprintf(line, sizeof line,
                 "--op %s --level medium --texture off --n 4 --targets 9 --size 64", ops[o]);
        make(&cells, &roomy, line);
        for (uint32_t i = 0; i < cells.count; i++) {
            const fmi_cell *cell = &cells.cell[i];
            if (cell->params.caches == FMI_CACHES_COLD) {
                cold++;
                cr_assert(cell->planners_batch, "%s: cold at batch %u", ops[o], cell->params.batch);
                continue;
            }
            cr_assert_gt(cell->params.batch, last, "%s", ops[o]);
            last = cell->params.batch;
            if (cell->planners_batch)
                own = cell->params.batch;
        }
        cr_assert_gt(own, 0U, "%s: the planner's batch is not there", ops[o]);
        cr_assert_not_null(find(&cells, 1, FMI_CACHES_HOT), "%s", ops[o]);
        cr_assert_eq(cold, 1U, "%s: %u cold cells", ops[o], cold);
        cr_assert_not_null(find(&cells, own, FMI_CACHES_COLD), "%s", ops[o]);
        cr_assert_leq(last, 8 * (uint64_t)own, "%s: %u, planned %u", ops[o], last, own);
        fmi_cells_free(&cells);
    }
}

Test(cells, quick_is_one_and_the_planners_batch) {
    fmi_cells cells;
    make(&cells, &roomy, "--op keypoints --level medium --quick");
    cr_assert_eq(cells.count, 2U);
    cr_assert_eq(cells.cell[0].params.batch, 1U);
    cr_assert(cells.cell[1].planners_batch);
    fmi_cells_free(&cells);
}

Test(cells, the_edge_of_the_memory_has_a_cell_on_either_side) {
    fm_caps little = roomy;
    fmi_cells cells;
    little.global_bytes = UINT64_C(96) << 20;
    little.max_alloc_bytes = UINT64_C(24) << 20;
    make(&cells, &little, "--op raster --level medium --texture off --size 1024 --cache hot");
    cr_assert_geq(cells.count, 2U);
    const fmi_cell *most = &cells.cell[cells.count - 2], *beyond = &cells.cell[cells.count - 1];
    cr_assert_eq(beyond->params.batch, most->params.batch + 1);
    cr_assert_eq(most->status, FMI_CELL_PENDING, "%s", most->reason);
    cr_assert_eq(beyond->status, FMI_CELL_INFEASIBLE);
    cr_assert_not_null(strstr(beyond->reason, "frames fit in one launch"), "%s", beyond->reason);
    cr_assert_gt(most->predicted_bytes, 0U);
    cr_assert_leq(most->predicted_bytes, little.global_bytes);
    fmi_cells_free(&cells);
    little.global_bytes = little.max_alloc_bytes = 4096; /* not even one */
    make(&cells, &little, "--op raster --level medium --texture off --size 1024 --cache hot");
    cr_assert_geq(cells.count, 1U);
    for (uint32_t i = 0; i < cells.count; i++)
        cr_assert_eq(cells.cell[i].status, FMI_CELL_INFEASIBLE, "batch %u",
                     cells.cell[i].params.batch);
    fmi_cells_free(&cells);
}

/* ---- axes ---- */

static void expect_keys_apart(const fmi_cells *cells) {
    for (uint32_t i = 0; i < cells->count; i++)
        for (uint32_t k = 0; k < i; k++) {
            char a[FMI_POINT_TEXT], b[FMI_POINT_TEXT];
            fmi_point_key(cells->cell[i].op, &cells->cell[i].params, a);
            fmi_point_key(cells->cell[k].op, &cells->cell[k].params, b);
            cr_assert_str_neq(a, b);
            cr_assert_not(
                fmi_point_same_but_level(&cells->cell[i].params, &cells->cell[k].params) &&
                cells->cell[i].params.level == cells->cell[k].params.level);
        }
}

Test(cells, every_axis_of_an_op_multiplies_and_changes_the_key) {
    static const struct {
        const char *line;
        uint32_t count;
    } lines[] = {
        {"--op solve --n 2,3 --layout row-major,interleaved --batch 4,8 --level low,medium", 16},
        {"--op solve --n 4 --threads 1,2 --targets 3,4 --samples 1,4 --batch 4 --level low", 1},
        {"--op blend --targets 10,20 --batch 4 --level high --mem-limit 1G,2G", 4},
        {"--op raster --size 64,65x33 --samples 1,4 --filter nearest-mip,trilinear "
         "--texture on,off --batch 2 --level medium --cache hot,cold",
         32},
        {"--op encode --size 64 --threads 1,2 --batch 2 --level medium", 2},
        {"--op morph,keypoints --batch 1,2,3 --level medium,extreme", 12},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        fmi_cells cells;
        make(&cells, &roomy, lines[i].line);
        cr_assert_eq(cells.count, lines[i].count, "%s: %u cells", lines[i].line, cells.count);
        expect_keys_apart(&cells);
        fmi_cells_free(&cells);
    }
}

Test(cells, what_an_op_cannot_store_is_unsupported) {
    fmi_cells cells;
    make(&cells, &roomy,
         "--op solve,raster --n 4 --size 64 --precision fp16 --batch 4 --level medium");
    cr_assert_eq(cells.count, 2U);
    for (uint32_t i = 0; i < 2; i++) {
        const fmi_cell *cell = &cells.cell[i];
        const bool raster = strcmp(cell->op->name, "raster") == 0;
        cr_assert_eq(cell->status, raster ? FMI_CELL_PENDING : FMI_CELL_UNSUPPORTED, "%s: %s",
                     cell->op->name, cell->reason);
        if (!raster)
            cr_assert_not_null(strstr(cell->reason, "solve stores its data as fp32 only"));
    }
    fmi_cells_free(&cells);
}

/* A level that runs medium's program with medium's plan has medium's numbers. */
Test(cells, a_level_that_does_the_same_is_skipped_and_named) {
    fmi_cells cells;
    make(&cells, &roomy, "--op keypoints --batch 5,6 --level low,medium,high");
    cr_assert_eq(cells.count, 6U);
    uint32_t skipped = 0;
    for (uint32_t i = 0; i < cells.count; i++) {
        const fmi_cell *cell = &cells.cell[i];
        if (cell->status == FMI_CELL_PENDING)
            continue;
        cr_assert_eq(cell->status, FMI_CELL_SKIPPED);
        cr_assert_neq(cell->params.level, FM_LEVEL_MEDIUM);
        cr_assert(cell->op->same_program(cell->params.level, FM_LEVEL_MEDIUM));
        cr_assert_not_null(strstr(cell->reason, "same as medium: same program"), "%s",
                           cell->reason);
        skipped++;
    }
    cr_assert_geq(skipped, 2U, "low does what medium does");
    fmi_cells_free(&cells);
}

/* ---- names ---- */

Test(cells, a_point_names_what_is_not_usual) {
    static const struct {
        const char *line, *text;
    } points[] = {
        {"--op solve --n 3 --batch 7 --level low", "solve batch 7 low n 3"},
        {"--op solve --n 3 --batch 7 --level low --layout interleaved --pinv-share 0.25",
         "solve batch 7 low n 3 25 % singular interleaved"},
        {"--op blend --targets 9 --batch 1 --level extreme",
         "blend batch 1 extreme 500 pts 9 targets"},
        {"--op raster --size 64x32 --samples 4 --filter trilinear --texture off --batch 2 "
         "--level medium --mem-limit 64M --cache cold",
         "raster batch 2 medium 64x32 4 samples trilinear grey limit 64 MiB cold caches"},
        {"--op raster --size 64x32 --precision fp16 --batch 2 --level medium",
         "raster batch 2 medium 64x32 fp16"},
        {"--op encode --size 64x32 --threads 2 --batch 2 --level medium",
         "encode batch 2 medium 64x32 2 threads"},
    };
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        fmi_cells cells;
        char text[FMI_POINT_TEXT];
        make(&cells, &roomy, points[i].line);
        cr_assert_eq(cells.count, 1U);
        fmi_point_text(cells.cell[0].op, &cells.cell[0].params, text);
        cr_assert_str_eq(text, points[i].text, "%s", points[i].line);
        fmi_cells_free(&cells);
    }
    char shape[4];
    const fmi_case bare = {.name = "bare"};
    const fmi_case_params none = {.batch = 1};
    fmi_point_shape(&bare, &none, shape, sizeof shape);
    cr_assert_str_eq(shape, "-");
    cr_assert_str_eq(fmi_point_texture(&none), "off");
    cr_assert_str_eq(fmi_cell_status_name(FMI_CELL_THROTTLED), "throttled");
    cr_assert_str_eq(fmi_cell_status_name((fmi_cell_status)99), "unknown");
}

Test(cells, what_was_interrupted_or_had_no_time_is_run_again) {
    fmi_cell cell = {0};
    cr_assert_not(fmi_cell_again(&cell));
    fmi_cell_skip(&cell, FMI_CELL_SKIPPED, "interrupted");
    cr_assert(fmi_cell_again(&cell));
    fmi_cell_skip(&cell, FMI_CELL_SKIPPED, "the time budget of %d s is used up", 3);
    cr_assert(fmi_cell_again(&cell));
    fmi_cell_skip(&cell, FMI_CELL_SKIPPED, "same as medium");
    cr_assert_not(fmi_cell_again(&cell));
    fmi_cell_skip(&cell, FMI_CELL_CRASHED, "interrupted by a crash");
    cr_assert_not(fmi_cell_again(&cell));
}

/* ---- roofs ---- */

static const fmi_roofs roofs = {.count = 4,
                                .roof = {{.name = "fma_fp32", .unit = "flop/s", .value = 1e11},
                                         {.name = "read_cache", .unit = "B/s", .value = 5e10},
                                         {.name = "triad_cache", .unit = "B/s", .value = 4e10},
                                         {.name = "read_memory", .unit = "B/s", .value = 1e10}}};

static fmi_cell measured(uint64_t bytes, double flops, double seconds) {
    fmi_cell cell = {.op = &fmi_case_raster, .timed = true, .status = FMI_CELL_OK};
    cell.facts.bytes = bytes;
    cell.facts.flops = flops;
    cell.bench.wall.median = seconds;
    return cell;
}

Test(cells, the_roof_that_limits_a_launch) {
    static const struct {
        uint64_t bytes;
        double flops, seconds;
        fmi_caches caches;
        const char *roof;
        double share;
        bool impossible;
    } rows[] = {
        {1000000, 0, 40e-6, FMI_CACHES_HOT, "cache", 0.5, false},
        {1000000, 0, 200e-6, FMI_CACHES_COLD, "memory", 0.5, false},
        {100000000, 0, 20e-3, FMI_CACHES_HOT, "memory", 0.5, false},
        {1000000, 1e8, 2e-3, FMI_CACHES_HOT, "fma", 0.5, false},
        {1000000, 1e8, 0.5e-3, FMI_CACHES_HOT, "fma", 2.0, true},
        {1000000, 0, 1e-6, FMI_CACHES_HOT, "cache", 20.0, true},
        {0, 0, 1e-3, FMI_CACHES_HOT, "", (double)NAN, false},
        {1000, 0, 0.0, FMI_CACHES_HOT, "", (double)NAN, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        fmi_cell cell = measured(rows[i].bytes, rows[i].flops, rows[i].seconds);
        cell.params.caches = rows[i].caches;
        cr_assert_eq(fmi_cell_judge(&cell, &roofs), rows[i].impossible, "row %zu", i);
        cr_assert_str_eq(cell.roof, rows[i].roof, "row %zu", i);
        if (isnan(rows[i].share))
            cr_assert(isnan(cell.roof_fraction), "row %zu", i);
        else
            cr_assert_float_eq(cell.roof_fraction, rows[i].share, 1e-9, "row %zu: %g", i,
                               cell.roof_fraction);
    }
}

Test(cells, a_cell_without_numbers_or_on_the_host_has_no_roof) {
    fmi_cell cell = measured(1000000, 0, 40e-6);
    cell.timed = false;
    cr_assert_not(fmi_cell_judge(&cell, &roofs));
    cr_assert(isnan(cell.roof_fraction));
    cell = measured(1000000, 0, 40e-9);
    cell.op = fmi_case_find("encode");
    cr_assert_not(fmi_cell_judge(&cell, &roofs), "the device's roofs say nothing of the host");
    cr_assert_str_eq(cell.roof, "");
}

Test(cells, an_impossible_cell_loses_its_numbers) {
    fmi_cell cell = measured(1000000, 2e8, 1e-6);
    cr_assert(fmi_cell_judge(&cell, &roofs));
    fmi_cell_impossible(&cell, &roofs);
    cr_assert_eq(cell.status, FMI_CELL_NOISY);
    cr_assert_not(cell.timed);
    cr_assert_not_null(strstr(cell.reason, "impossible: 1e+03 GB/s"), "%s", cell.reason);
    cr_assert_not_null(strstr(cell.reason, "reaches 50 and 100"), "%s", cell.reason);
}
