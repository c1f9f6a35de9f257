/* SPDX-License-Identifier: MIT */
/* The scoreboard: measured beside measured, and never a ratio where there is no comparison. */
#include "fm_test.h"
#include "scoreboard.h"

TestSuite(scoreboard, .timeout = 30);

static uint8_t texel[4];
static fmi_input head = {.label = "heads", .vertices = 18024, .image = {{.pixels = texel}}};

static fmi_cell cell_of(const char *op, uint32_t batch, double rate) {
    fmi_cell cell = {.op = fmi_case_find(op), .status = FMI_CELL_OK, .timed = true, .rate = rate};
    cell.params = (fmi_case_params){.batch = batch, .input = &head, .samples = 1};
    if (cell.op->uses & FMI_USES_SIZE)
        cell.params.width = cell.params.height = 512;
    cell.facts.peak_bytes = 1000000 + 1000 * batch;
    return cell;
}

static const fmi_score *find(const fmi_score *score, const char *row, const char *detail) {
    for (size_t i = 0; i < fmi_claim_count; ++i)
        if (strcmp(score[i].claim->row, row) == 0 &&
            (!detail || strcmp(score[i].claim->detail, detail) == 0))
            return &score[i];
    cr_assert(false, "no row %s", row);
    return NULL;
}

Test(scoreboard, ratios_only_where_they_mean_something) {
    fmi_score score[64];
    fmi_cell list[] = {cell_of("raster", 1, 100.0), cell_of("raster", 8, 1000.0),
                       cell_of("raster", 4, 9000.0), cell_of("pipeline", 8, 82.0),
                       cell_of("raster", 8, 2000.0)};
    list[2].status = FMI_CELL_WRONG_RESULT; /* fast and wrong: never used */
    list[2].timed = false;
    list[4].params.width = list[4].params.height = 256;
    const fmi_cells cells = {.cell = list, .count = 5};
    fmi_environment e = {.cpu = "AMD EPYC 9654 96-Core Processor"};
    cr_assert(fmi_claim_count < 64);

    fmi_scoreboard(&cells, &e, score);
    const fmi_score *textured = find(score, "S4-46", "textured");
    cr_assert_float_eq(textured->ours, 1000.0, 1e-9);
    cr_assert(!textured->comparable && isnan(textured->times));
    cr_assert_str_eq(textured->why, "other hardware");
    cr_assert(isnan(find(score, "S4-46", "grey")->ours));
    cr_assert_str_eq(find(score, "S4-46", "grey")->why, "not measured in this run");
    cr_assert_float_eq(find(score, "S1-2", NULL)->ours, 10.0, 1e-9);
    cr_assert_float_eq(find(score, "S2-13", NULL)->ours, 2.0, 1e-9);
    cr_assert_float_eq(find(score, "S1-33", NULL)->ours, 1000.0, 1e-6);
    /* 1000 bytes a frame and 1 MB: three quarters of 8 GB less 1 MB hold 5,999,000 of them. */
    cr_assert_float_eq(find(score, "S1-38", NULL)->ours, 5999000.0, 1.0);
    cr_assert_float_eq(find(score, "S1-41", NULL)->ours, 35999000.0, 1.0);
    cr_assert_str_eq(find(score, "S1-38", NULL)->why, "theirs was never measured");
    cr_assert_float_eq(find(score, "S4-10", NULL)->ours, 0.5, 1e-9);
    cr_assert(find(score, "S4-5", NULL)->comparable && find(score, "S4-5", NULL)->ours <= 0.0);
    for (size_t i = 0; i < fmi_claim_count; ++i)
        cr_assert(score[i].comparable == (score[i].why[0] == '\0'));

    (void)snprintf(e.cpu, sizeof e.cpu, "AMD EPYC 7763 64-Core Processor");
    (void)snprintf(list[1].warnings, sizeof list[1].warnings,
                   "12 bytes uploaded inside the frame loop");
    fmi_scoreboard(&cells, &e, score);
    cr_assert_float_eq(find(score, "S4-46", "textured")->times, 1000.0 / 10.25, 1e-6);
    cr_assert_float_eq(find(score, "S4-5", NULL)->ours, 1.0, 1e-9);
    /* The same processor, but theirs is a projection, or covers more. */
    cr_assert_str_eq(find(score, "S4-64", NULL)->why, "theirs is a projection");
    cr_assert_str_eq(find(score, "S4-10", NULL)->why, "theirs covers more work");
    cr_assert_str_eq(find(score, "S2-13", NULL)->why, "theirs timed a stand-in");
    for (size_t i = 0; i < fmi_claim_count; ++i)
        cr_assert(!score[i].comparable || score[i].claim->kind == FMI_CLAIM_MEASURED);
}

/* A later run's figures take the place of an earlier one's, where it has any. */
Test(scoreboard, several_runs) {
    fmi_score score[64] = {0};
    fmi_cell first[] = {cell_of("raster", 1, 100.0), cell_of("raster", 8, 1000.0),
                        cell_of("pipeline", 8, 82.0)};
    fmi_cell second[] = {cell_of("raster", 8, 500.0)};
    (void)snprintf(first[0].warnings, sizeof first[0].warnings,
                   "12 bytes uploaded inside the frame loop");
    const fmi_cells a = {.cell = first, .count = 3}, b = {.cell = second, .count = 1};
    fmi_environment e = {.cpu = "AMD EPYC 7763 64-Core Processor"};
    fmi_scoreboard_add(score, &a, &e, "monday");
    fmi_scoreboard_add(score, &b, &e, "tuesday");
    cr_assert_float_eq(find(score, "S4-46", "textured")->ours, 500.0, 1e-9);
    cr_assert_float_eq(find(score, "S4-46", "textured")->times, 500.0 / 10.25, 1e-6);
    cr_assert_str_eq(find(score, "S4-46", "textured")->run, "tuesday");
    cr_assert_float_eq(find(score, "S4-10", NULL)->ours, 0.5, 1e-9);
    cr_assert_str_eq(find(score, "S4-10", NULL)->run, "monday");
    cr_assert_null(find(score, "S4-46", "grey")->run);
    cr_assert_float_eq(find(score, "S4-5", NULL)->ours, 1.0, 1e-9);
    cr_assert_str_eq(find(score, "S4-5", NULL)->run, "monday");
}

Test(scoreboard, figures_for_people) {
    char text[48];
    cr_assert_str_eq(fmi_score_text(text, 5, 10, "x"), "5 to 10 x");
    cr_assert_str_eq(fmi_score_text(text, 16.21, 16.21, "s"), "16.2 s");
    cr_assert_str_eq(fmi_score_text(text, (double)NAN, (double)NAN, "s"), "-");
    cr_assert_str_eq(fmi_score_text(text, 1.5e8, 1.5e8, "bytes"), "150 MB");
}
