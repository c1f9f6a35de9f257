/* SPDX-License-Identifier: MIT */
#include "made_up_run.h"

#include "fm_test.h"
#include "pcg.h"
#include "stats.h"

#define TIMED 20
#define WARM 4

static fmi_environment *environment(void) {
    static fmi_environment e = {.version = "0.1.0", .fingerprint = "0123456789abcdef", .cores = 2};
    (void)snprintf(e.caps.name, sizeof e.caps.name, "Device <One> & \"Co\"");
    (void)snprintf(e.caps.id, sizeof e.caps.id, "name:1");
    (void)snprintf(e.revision, sizeof e.revision, "abcdef");
    e.caps.global_bytes = UINT64_C(8) << 30;
    return &e;
}

static void add_roofs(fmi_store *store) {
    fm_error err;
    fmi_roofs roofs = {.count = 3,
                       .roof = {{"fma_fp32", "flop/s", 2e11, 1.9e11, 9, ""},
                                {"read_cache", "B/s", 9e10, 8e10, 9, ""},
                                {"read_memory", "B/s", 1.5e10, 1.4e10, 9, "64 MiB"}}};
    fm_assert_ok(fmi_store_roofs(store, "name:1", &roofs, &err), err);
    fmi_cold cold = {.count = 3,
                     .stage = {{"platform", 0.02, "loader"},
                               {"first frame", 1.5, "compiles"},
                               {"first frame, cached", 0.03, "loads"}}};
    fm_assert_ok(fmi_store_cold(store, "name:1", &cold, &err), err);
}

static void fill_times(fmi_cell *cell, double seconds, fmi_pcg *pcg) {
    fm_error err;
    double timed[TIMED];
    cell->bench.samples = calloc(WARM + TIMED, sizeof *cell->bench.samples);
    cell->bench.count = WARM + TIMED;
    cell->bench.warm_ups = WARM;
    cell->bench.launches = 3;
    for (int i = 0; i < WARM + TIMED; ++i) {
        const double noise = 1.0 + 0.02 * fmi_pcg_unit(pcg);
        cell->bench.samples[i] = (fmi_sample){.seconds = seconds * noise, .warm_up = i < WARM};
        if (i >= WARM)
            timed[i - WARM] = seconds * noise;
    }
    fm_assert_ok(fmi_summarise(timed, TIMED, 0.05, &cell->bench.wall, &err), err);
    cell->timed = cell->measured = true;
    cell->rate = (double)cell->facts.frames / cell->bench.wall.median;
    cell->rate_lo = (double)cell->facts.frames / cell->bench.wall.hi;
    cell->rate_hi = (double)cell->facts.frames / cell->bench.wall.lo;
    cell->cpu_s_per_frame = seconds / cell->params.batch;
}

static void make_point(fmi_cell *cell, uint32_t index, uint32_t op_count, fmi_input *input) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    const uint32_t step = index / op_count;
    cell->op = fmi_cases[index % op_count];
    cell->params = (fmi_case_params){.batch = 1U << step / 4 % 8, .level = levels[step % 4]};
    if (cell->op->uses & (FMI_USES_MESH | FMI_USES_POINTS))
        cell->params.input = input;
    if (cell->op->uses & FMI_USES_SIZE)
        cell->params.width = cell->params.height = 256 << step / 32 % 2;
    if (cell->op->uses & FMI_USES_MATRICES)
        cell->params.n = 2 + step / 32;
    if (cell->op->uses & FMI_USES_TARGETS)
        cell->params.targets = 10 + step / 32;
    cell->params.threads = cell->params.n ? 0 : step / 64;
}

static void fill(fmi_cell *cell, uint32_t index, double rate, fmi_pcg *pcg) {
    const uint64_t bytes = UINT64_C(1000000) * cell->params.batch;
    cell->check = (fmi_check){.passed = true, .compared = 2, .max = 0.5, .psnr = 62.0};
    (void)snprintf(cell->error_unit, sizeof cell->error_unit, "level");
    cell->checked = true;
    cell->facts = (fmi_case_facts){.frames = cell->params.batch,
                                   .bytes = bytes,
                                   .flops = 3.0 * (double)bytes,
                                   .planned_bytes = bytes + 4096,
                                   .peak_bytes = bytes,
                                   .covered_fraction = 0.31};
    if (cell->params.batch == 128)
        fmi_cell_skip(cell, FMI_CELL_INFEASIBLE, "needs %u MB", cell->params.batch);
    else if (index == 3)
        fmi_cell_skip(cell, FMI_CELL_WRONG_RESULT, "</script><script>alert(1)</script> <b>&");
    else {
        cell->status = FMI_CELL_OK;
        fill_times(cell, (1e-4 + 2e-4 * cell->params.batch) / rate, pcg);
        cell->check.half_psnr = cell->op == &fmi_case_raster ? 31.5 : 0.0;
        cell->stages = (fmi_breakdown){
            .count = 2,
            .stage = {{"fm_one & only", FMI_KIND_KERNEL, 1, 3e-4, (double)bytes, 1e6},
                      {"from device", FMI_KIND_TRANSFER, 1, 1e-4, (double)bytes, 0}}};
    }
}

void made_up_run(const char *path, const char *name, const char *started, uint32_t cells,
                 double rate) {
    static char word[] = "fmbench";
    static char *const argv[] = {word};
    fm_error err;
    fmi_store *store = NULL;
    fmi_input *input = calloc(1, sizeof *input);
    fmi_pcg pcg = fmi_pcg_seed(fm_test_seed());
    uint32_t ops = 0;
    while (fmi_cases[ops])
        ++ops;
    (void)snprintf(input->label, sizeof input->label, "heads");
    input->vertices = 18024;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    const fmi_store_run run = {.id = name,
                               .started = started,
                               .command = "fmbench --sweep",
                               .argc = 1,
                               .argv = argv,
                               .configuration = "a",
                               .configuration_hash = "b",
                               .order = "fixed",
                               .cells = cells,
                               .environment = environment()};
    fm_assert_ok(fmi_store_begin(store, &run, &err), err);
    add_roofs(store);
    for (uint32_t i = 0; i < cells; ++i) {
        fmi_cell cell = {0};
        make_point(&cell, i, ops, input);
        fill(&cell, i, rate, &pcg);
        fm_assert_ok(fmi_store_cell(store, &cell, i, &err), err);
        fmi_cell_free(&cell);
    }
    fm_assert_ok(fmi_store_end(store, "done", &err), err);
    fmi_store_close(&store);
    free(input);
}
