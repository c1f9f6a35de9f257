/* SPDX-License-Identifier: MIT */
/* Where the time of a cell goes, and what half the size of a picture is worth. */
#include "breakdown.h"
#include "fm_test.h"
#include "half_size.h"
#include "watch.h"

#include "engine_impl.h"

TestSuite(breakdown, .timeout = 120);

/* --- measured --------------------------------------------------------------------------------- */

static const fmi_stage *stage_of(const fmi_breakdown *b, const char *name) {
    for (uint32_t i = 0; i < b->count; ++i)
        if (strcmp(b->stage[i].name, name) == 0)
            return &b->stage[i];
    return NULL;
}

static fmi_breakdown measured(const fmi_case *op, fmi_case_params params) {
    fmi_breakdown b = {0};
    fmi_case_facts facts;
    void *state = NULL;
    fm_engine *engine = NULL;
    fm_error err;
    params.engine = &engine;
    fm_assert_ok(op->create(&state, &params, &err), err);
    fm_assert_ok(op->run(state, &err), err);
    op->facts(state, &facts);
    fm_assert_ok(fmi_breakdown_measure(&b, op, &params, &facts, state, engine, &err), err);
    fm_assert_ok(op->run(state, &err), err); /* nobody watches any more */
    op->destroy(&state);
    for (uint32_t i = 0; i < b.count; ++i) {
        const fmi_stage *s = &b.stage[i];
        cr_assert(s->seconds >= 0.0 && isfinite(s->seconds), "%s: %g s", s->name, s->seconds);
        cr_assert(s->kind == FMI_KIND_HOST || s->kind == FMI_KIND_ENCODE || s->count >= 1.0,
                  "%s: %g commands", s->name, s->count);
    }
    return b;
}

static fmi_input *heads(void) {
    fmi_input *input = NULL;
    fm_error err;
    const fmi_sample_params small = {.vertices = 500, .texture = 64};
    fm_assert_ok(fmi_input_sample(&input, &small, &err), err);
    return input;
}

Test(breakdown, a_render_has_its_kernels_its_map_and_nothing_twice) {
    fmi_input *input = heads();
    fmi_case_params params = {.input = input,
                              .batch = 3,
                              .width = 64,
                              .height = 48,
                              .specialisation = FM_SPECIALISATION_CPU};
    const fmi_breakdown cpu = measured(&fmi_case_raster, params);
    static const char *const names[] = {"fm_raster_vertex", "fm_raster_bin_count",
                                        "fm_raster_bin_scan", "fm_raster_bin_fill",
                                        "fm_raster_cpu"};
    for (size_t i = 0; i < 5; ++i) {
        const fmi_stage *s = stage_of(&cpu, names[i]);
        cr_assert(s && s->kind == FMI_KIND_KERNEL && s->seconds > 0.0, "no %s", names[i]);
    }
    const fmi_stage *drawn = stage_of(&cpu, "fm_raster_cpu");
    cr_assert(drawn->bytes > 3.0 * 64 * 48 * 3 && drawn->flops > 0.0);
    cr_assert(stage_of(&cpu, "from device") && stage_of(&cpu, "from device")->bytes >= 3 * 64 * 48);
    cr_assert_eq(stage_of(&cpu, "host")->kind, FMI_KIND_HOST);
    params.specialisation = FM_SPECIALISATION_GPU;
    const fmi_breakdown gpu = measured(&fmi_case_raster, params);
    cr_assert(stage_of(&gpu, "fm_raster_gpu") && stage_of(&gpu, "fm_raster_gpu_vertex"));
    cr_assert_null(stage_of(&gpu, "fm_raster_cpu"));
    fmi_input_destroy(&input);
}

/* A stage without a formula would have no limit in the table of bottlenecks. */
static void expect_formulas(const char *what, const fmi_breakdown *b) {
    uint32_t kernels = 0;
    for (uint32_t i = 0; i < b->count; ++i) {
        const fmi_stage *s = &b->stage[i];
        kernels += s->kind == FMI_KIND_KERNEL;
        cr_expect(s->kind != FMI_KIND_KERNEL || s->bytes > 0.0 || s->flops > 0.0,
                  "%s: no formula for %s", what, s->name);
    }
    cr_assert_gt(kernels, 0U, "%s", what);
}

Test(breakdown, every_kernel_of_every_op_has_a_formula) {
    fmi_input *input = heads();
    static const fm_specialisation forms[] = {FM_SPECIALISATION_CPU, FM_SPECIALISATION_GPU};
    for (int i = 0; i < 2; ++i)
        for (uint32_t samples = 1; samples <= 4; samples += 3) {
            const fmi_case_params params = {.input = input,
                                            .batch = 2,
                                            .width = 48,
                                            .height = 48,
                                            .samples = samples,
                                            .specialisation = forms[i]};
            const fmi_breakdown raster = measured(&fmi_case_raster, params);
            expect_formulas(i ? "raster, gpu" : "raster, cpu", &raster);
        }
    const fmi_case_params panels = {.input = input, .batch = 1, .width = 48, .height = 48};
    const fmi_breakdown heatmap = measured(&fmi_case_heatmap, panels);
    expect_formulas("heatmap", &heatmap);
    static const char *const six[] = {"fm_heatmap_project", "fm_heatmap_clear",
                                      "fm_heatmap_depth",   "fm_heatmap_owner",
                                      "fm_heatmap_paint",   "fm_heatmap_sample"};
    for (size_t i = 0; i < 6; ++i)
        cr_assert_not_null(stage_of(&heatmap, six[i]), "no %s", six[i]);
    const struct {
        const fmi_case *op;
        fmi_case_params params;
    } others[] = {{&fmi_case_morph, {.input = input, .batch = 4}},
                  {&fmi_case_keypoints, {.batch = 5000}},
                  {&fmi_case_solve, {.batch = 1000, .n = 3}},
                  {&fmi_case_solve, {.batch = 1000, .n = 8, .pinv_share = 0.1}},
                  {&fmi_case_solve, {.batch = 500, .n = 4, .layout = FMI_LAYOUT_INTERLEAVED}},
                  {&fmi_case_blend, {.input = input, .batch = 4, .targets = 5}},
                  {&fmi_case_textures, {.input = input, .batch = 2}},
                  {&fmi_case_textures_f32, {.input = input, .batch = 2}}};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; ++i) {
        const fmi_breakdown b = measured(others[i].op, others[i].params);
        expect_formulas(others[i].op->name, &b);
    }
    fmi_input_destroy(&input);
}

/* Counted by hand for one frame of 2 x 3 tiles, 2 chunks, 100 triangles of 60 vertices. */
Test(breakdown, bins_and_panels_are_counted) {
    fmi_input *input = heads();
    fmi_input made = *input;
    made.joined.triangle_count = 100;
    made.joined.vertex_count = 60;
    const fmi_case_params params = {.input = &made, .width = 20, .height = 10};
    const fmi_case_facts facts = {.frames = 1,
                                  .covered_fraction = 0.5,
                                  .plan = {.tiles_x = 2, .tiles_y = 3, .strips = 1, .chunks = 2}};
    static const struct {
        const char *kernel;
        double bytes, flops;
    } want[] = {{"fm_raster_bin_scan", 96 + 28 + 8 + 16, 12 + 2},
                {"fm_raster_bin_fill", 200 + 200 + 96, 50},
                {"fm_raster_gpu_scan", 72 + 20, 12},
                {"fm_heatmap_clear", 8 * 800, 0},
                {"fm_heatmap_project", 28 * 60, 30 * 60},
                {"fm_heatmap_depth", 1600 + 960 + 8 * 400, 4000 + 12 * 400},
                {"fm_heatmap_owner", 1600 + 960 + 12 * 400, 4000 + 12 * 400}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; ++i) {
        double bytes = 0.0, flops = 0.0;
        fmi_breakdown_work(want[i].kernel, &params, &facts, &bytes, &flops);
        cr_expect_float_eq(bytes, want[i].bytes, 1e-9, "%s: %g bytes", want[i].kernel, bytes);
        cr_expect_float_eq(flops, want[i].flops, 1e-9, "%s: %g flops", want[i].kernel, flops);
    }
    fmi_input_destroy(&input);
}

Test(breakdown, encoding_is_the_hosts_and_stands_beside_the_kernels) {
    fmi_input *input = heads();
    fmi_case_params params = {
        .input = input, .batch = 2, .width = 64, .height = 64, .level = FM_LEVEL_LOW, .threads = 1};
    const fmi_breakdown both = measured(&fmi_case_pipeline, params);
    cr_assert(stage_of(&both, "PNG") && stage_of(&both, "PNG")->kind == FMI_KIND_ENCODE);
    cr_assert(stage_of(&both, "PNG")->seconds > 0.0);
    cr_assert(stage_of(&both, "fm_raster_vertex")->count >= 3.0, "three batches");
    const fmi_breakdown alone = measured(&fmi_case_encode, params);
    cr_assert(alone.count == 1 && alone.stage[0].kind == FMI_KIND_ENCODE);
    fmi_input_destroy(&input);
}

Test(breakdown, the_only_kernel_of_an_op_has_the_formula_of_the_op) {
    fmi_input *points = NULL;
    fm_error err;
    fm_assert_ok(fmi_input_points(&points, 1000, 1, &err), err);
    const fmi_breakdown morph =
        measured(&fmi_case_morph, (fmi_case_params){.input = points, .batch = 4});
    const fmi_stage *kernel = stage_of(&morph, "fm_morph_lerp");
    cr_assert(kernel && kernel->bytes == 12.0 * 1000 * 6 && kernel->flops == 9.0 * 1000 * 4);
    const fmi_breakdown solve =
        measured(&fmi_case_solve, (fmi_case_params){.batch = 50000, .n = 3});
    cr_assert(stage_of(&solve, "fm_solve_direct")->bytes == 12.0 * 9 * 50000);
    fmi_input_destroy(&points);
}

/* --- judged ----------------------------------------------------------------------------------- */

static fmi_roofs made_up(void) {
    fmi_roofs roofs = {.count = 5,
                       .roof = {{"fma_fp32", "flop/s", 100e9, 100e9, 9, ""},
                                {"read_cache", "B/s", 50e9, 50e9, 9, ""},
                                {"read_memory", "B/s", 10e9, 10e9, 9, ""},
                                {"to_device", "B/s", 5e9, 5e9, 9, ""},
                                {"launch", "s", 1e-5, 1e-5, 9, ""}}};
    return roofs;
}

Test(breakdown, every_stage_has_the_roof_that_allows_least) {
    const fmi_roofs roofs = made_up();
    const fmi_breakdown b = {.count = 7,
                             .stage = {{"few", FMI_KIND_KERNEL, 10, 200e-6, 0, 0},
                                       {"sums", FMI_KIND_KERNEL, 1, 1010e-6, 1e3, 50e6},
                                       {"moves", FMI_KIND_KERNEL, 1, 8010e-6, 40e6, 1e6},
                                       {"again", FMI_KIND_KERNEL, 1, 2010e-6, 50e6, 1e6},
                                       {"to device", FMI_KIND_TRANSFER, 1, 410e-6, 1e6, 0},
                                       {"PNG", FMI_KIND_ENCODE, 0, 4e-3, 0, 0},
                                       {"host", FMI_KIND_HOST, 0, 1e-6, 0, 0}}};
    static const struct {
        const char *name, *roof;
        double seconds, reached;
    } want[] = {{"moves", "memory", 8e-3, 0.5},        {"PNG", "encode", 4e-3, (double)NAN},
                {"again", "cache", 2e-3, (double)NAN}, {"sums", "compute", 1e-3, 0.5},
                {"to device", "transfer", 4e-4, 0.5},  {"launches", "launch", 140e-6, (double)NAN},
                {"few", "", 100e-6, (double)NAN},      {"host", "host", 1e-6, (double)NAN}};
    fmi_bottleneck out[FMI_BREAKDOWN_MAX + 1];
    double sum = 0.0;
    cr_assert_eq(fmi_bottlenecks(&b, &roofs, FMI_FP32, out), 8U);
    for (size_t i = 0; i < 8; ++i) {
        cr_expect_str_eq(out[i].name, want[i].name);
        cr_expect_str_eq(out[i].roof, want[i].roof, "%s: %s", out[i].name, out[i].roof);
        cr_expect(fabs(out[i].seconds - want[i].seconds) < 1e-9, "%s: %g s", out[i].name,
                  out[i].seconds);
        cr_expect(isnan(want[i].reached) ? isnan(out[i].reached)
                                         : fabs(out[i].reached - want[i].reached) < 1e-9,
                  "%s: %g of its roof", out[i].name, out[i].reached);
        sum += out[i].share;
    }
    cr_assert(fabs(sum - 1.0) < 1e-12, "shares come to %g", sum);
    const fmi_breakdown none = {0};
    cr_assert_eq(fmi_bottlenecks(&none, &roofs, FMI_FP32, out), 0U);
}

Test(breakdown, without_roofs_there_are_shares_only) {
    const fmi_roofs none = {0};
    const fmi_breakdown b = {.count = 2,
                             .stage = {{"a", FMI_KIND_KERNEL, 3, 3e-3, 1e6, 1e6},
                                       {"b", FMI_KIND_KERNEL, 1, 1e-3, 1e6, 1e6}}};
    fmi_bottleneck out[FMI_BREAKDOWN_MAX + 1];
    cr_assert_eq(fmi_bottlenecks(&b, &none, FMI_FP32, out), 2U);
    cr_assert(fabs(out[0].share - 0.75) < 1e-12 && isnan(out[0].reached));
}

/* --- the watch -------------------------------------------------------------------------------- */

Test(breakdown, a_watch_counts_commands_and_bytes_and_overflows_into_one_part) {
    fm_engine *engine = NULL;
    fm_error err;
    fmi_buffer buffer;
    unsigned char bytes[300] = {1};
    fmi_watch watch = {0};
    fm_assert_ok(fm_engine_create(&engine, NULL, &err), err);
    fm_assert_ok(fmi_buffer_create(&buffer, engine->queue, CL_MEM_READ_WRITE, 300, "it", &err),
                 err);
    fmi_queue_set_watch(engine->queue, &watch);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 300, bytes, &err), err);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 100, bytes, &err), err);
    fm_assert_ok(fmi_buffer_read(&buffer, 0, 50, bytes, &err), err);
    cr_assert_eq(watch.count, 2U);
    cr_assert(strcmp(watch.part[0].name, "to device") == 0 && watch.part[0].transfer);
    cr_assert(watch.part[0].count == 2 && watch.part[0].bytes == 400);
    cr_assert(watch.part[1].count == 1 && watch.part[1].bytes == 50);
    watch.count = FMI_WATCH_PARTS; /* names of nothing else */
    memset(watch.part, 0, sizeof watch.part);
    for (uint32_t i = 0; i < FMI_WATCH_PARTS; ++i)
        watch.part[i].name[0] = (char)('a' + i);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 7, bytes, &err), err);
    cr_assert_str_eq(watch.part[FMI_WATCH_PARTS - 1].name, "others");
    cr_assert_eq(watch.part[FMI_WATCH_PARTS - 1].bytes, 7U);
    fmi_queue_set_watch(engine->queue, NULL);
    fm_assert_ok(fmi_buffer_write(&buffer, 0, 7, bytes, &err), err);
    cr_assert_eq(watch.part[FMI_WATCH_PARTS - 1].count, 1U);
    fmi_buffer_destroy(&buffer);
    fm_engine_destroy(&engine);
}

/* --- half the size ---------------------------------------------------------------------------- */

Test(breakdown, a_ramp_enlarged_differs_where_it_must_only) {
    uint8_t half[4 * 2 * 3], whole[8 * 4 * 3];
    const fmi_reference small = {.kind = {.width = 4, .height = 2}, .pixels = half};
    const fmi_reference large = {.kind = {.width = 8, .height = 4}, .pixels = whole};
    memset(half, 77, sizeof half);
    memset(whole, 77, sizeof whole);
    cr_assert(fmi_half_size_squares(&large, &small) <= 0.0, "a plain picture is the same");
    whole[3 * (8 * 2 + 5) + 1] = 80;
    cr_assert_float_eq(fmi_half_size_squares(&large, &small), 9.0, 1e-12);
    for (uint32_t i = 0; i < 4 * 2 * 3; ++i)
        half[i] = (uint8_t)(40 * (i / 3 % 4)); /* 0 40 80 120 along x */
    static const uint8_t enlarged[8] = {0, 10, 30, 50, 70, 90, 110, 120};
    for (uint32_t i = 0; i < 8 * 4 * 3; ++i)
        whole[i] = enlarged[i / 3 % 8];
    cr_assert(fmi_half_size_squares(&large, &small) <= 0.0, "bilinear, pixel centres at i + 0.5");
}

Test(breakdown, half_the_size_loses_something_and_odd_edges_have_none) {
    fmi_input *input = heads();
    fm_error err;
    double coarse = 0.0, fine = 0.0, none = 0.0;
    fmi_picture_kind kind = {.width = 32, .height = 32};
    fm_assert_ok(fmi_half_size_psnr(input, &kind, 3, &coarse, &err), err);
    kind.width = kind.height = 256;
    fm_assert_ok(fmi_half_size_psnr(input, &kind, 3, &fine, &err), err);
    kind.width = 33;
    fm_assert_ok(fmi_half_size_psnr(input, &kind, 3, &none, &err), err);
    cr_assert(coarse > 10.0 && fine > coarse && fine < 60.0, "%g dB, then %g dB", coarse, fine);
    cr_assert(isnan(none));
    fmi_input_destroy(&input);
}

static fmi_cell raster_cell(uint32_t edge, uint32_t batch, double rate) {
    fmi_cell cell = {.op = &fmi_case_raster, .status = FMI_CELL_OK, .timed = true, .rate = rate};
    cell.params = (fmi_case_params){.batch = batch, .width = edge, .height = edge, .samples = 1};
    cell.check.half_psnr = 30.0 + edge / 256.0;
    return cell;
}

Test(breakdown, sizes_are_paired_at_their_best_batches) {
    fmi_cell list[] = {raster_cell(512, 8, 1000.0),  raster_cell(256, 4, 2000.0),
                       raster_cell(256, 32, 3000.0), raster_cell(512, 64, 900.0),
                       raster_cell(128, 8, 9000.0),  raster_cell(512, 2, 5000.0),
                       raster_cell(256, 8, 7000.0)};
    list[5].status = FMI_CELL_WRONG_RESULT;
    list[6].params.untextured = true; /* another render: no 512 of it */
    const fmi_cells cells = {.cell = list, .count = 7};
    fmi_size_pair pair[4];
    cr_assert_eq(fmi_size_pairs(&cells, pair, 4), 2U);
    cr_assert(pair[0].large == &list[2] && pair[0].small == &list[4]);
    cr_assert(pair[1].large == &list[0] && pair[1].small == &list[2]);
    cr_assert_float_eq(pair[1].times, 3.0, 1e-12);
    cr_assert_float_eq(pair[1].psnr, 32.0, 1e-12);
    list[0].check.half_psnr = 0.0;
    cr_assert_eq(fmi_size_pairs(&cells, pair, 4), 2U);
    cr_assert(isnan(pair[1].psnr));
}
