/* SPDX-License-Identifier: MIT */
/* fm_blend: our kernels and CLBlast against the reference, every layout, bytes, what is refused. */
#include "fm_test.h"

#include "engine_impl.h"
#include "gemm.h"
#include "ref/ref.h"

#include <dirent.h>

#include <fm/blend.h>

TestSuite(blend, .timeout = 120);

/* A product with its inputs. */
typedef struct problem {
    uint32_t values, targets, frames;
    float *base, *deltas, *weights, *out; /* packed rows */
} problem;

static float *numbers(size_t count, uint64_t *random, float reach) {
    float *list = malloc(count * sizeof *list);
    cr_assert_not_null(list);
    for (size_t i = 0; i < count; i++)
        list[i] = fm_test_uniform(random, -reach, reach);
    return list;
}

static problem make_problem(uint32_t values, uint32_t targets, uint32_t frames) {
    uint64_t random = fm_test_seed() + values * 7 + targets * 131 + frames * 65537;
    problem p = {.values = values, .targets = targets, .frames = frames};
    p.base = numbers(values, &random, 1.0F);
    p.deltas = numbers((size_t)values * targets, &random, 0.5F);
    p.weights = numbers((size_t)frames * targets, &random, 1.5F);
    p.out = numbers((size_t)frames * values, &random, 1.0F);
    p.weights[0] = 0.0F; /* some plain cases among them */
    p.weights[(size_t)frames * targets - 1] = 1.0F;
    return p;
}

static void free_problem(problem *p) {
    free(p->base);
    free(p->deltas);
    free(p->weights);
    free(p->out);
}

static fm_engine *open_engine(fm_specialisation specialisation, const char *device,
                              const char *cache) {
    fm_engine *engine = NULL;
    fm_error err;
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .device = device,
                                     .specialisation = specialisation,
                                     .cache_dir = cache};
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    return engine;
}

static fm_blend *open_blend(fm_engine *engine, const problem *p, fm_blend_path path) {
    fm_blend *blend = NULL;
    fm_error err;
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = p->values, .targets = p->targets, .path = path};
    fm_assert_ok(fm_blend_create(&blend, engine, &params, p->base, p->deltas, &err), err);
    return blend;
}

static void run_packed(fm_blend *blend, const problem *p, uint32_t first, uint32_t frames) {
    fm_error err;
    const fm_blend_job job = {.struct_size = sizeof job, .frames = frames};
    memset(p->out, 0xA5, (size_t)frames * p->values * sizeof *p->out);
    fm_assert_ok(fm_blend_run(blend, &job, p->weights + (size_t)first * p->targets, p->out, &err),
                 err);
}

/* The documented bound of one value, with step the relative error of a difference. */
static double bound(const problem *p, uint32_t frame, uint32_t value, double step) {
    double sum = fabs((double)p->base[value]), kept = 0;
    for (uint32_t k = 0; k < p->targets; k++) {
        double part = fabs((double)p->weights[(size_t)frame * p->targets + k] *
                           (double)p->deltas[(size_t)k * p->values + value]);
        sum += part;
        kept += part * step;
    }
    return (p->targets + 2.0) * 0x1p-24 * sum + kept + 1e-12;
}

static void compare(const problem *p, const char *name, double step) {
    float *want = malloc(p->values * sizeof *want);
    for (uint32_t f = 0; f < p->frames; f++) {
        fmi_ref_blend(p->base, p->deltas, p->values, p->values, p->targets,
                      p->weights + (size_t)f * p->targets, want);
        for (uint32_t i = 0; i < p->values; i++) {
            double got = (double)p->out[(size_t)f * p->values + i];
            cr_assert(fabs(got - (double)want[i]) <= bound(p, f, i, step),
                      "%s: %u values, %u targets, %u frames: frame %u value %u is %.9g, want %.9g",
                      name, p->values, p->targets, p->frames, f, i, got, (double)want[i]);
        }
    }
    free(want);
}

static const uint32_t sizes[][3] = {{1, 1, 1},   {5, 2, 5},   {31, 3, 6},     {32, 7, 7},
                                    {33, 8, 48}, {64, 9, 49}, {1003, 33, 65}, {300, 150, 97}};
#define SIZES (sizeof sizes / sizeof sizes[0])

static void check_sizes(fm_specialisation specialisation, const char *name) {
    fm_engine *engine = open_engine(specialisation, NULL, NULL);
    for (size_t s = 0; s < SIZES; s++) {
        problem p = make_problem(sizes[s][0], sizes[s][1], sizes[s][2]);
        fm_blend *blend = open_blend(engine, &p, FM_BLEND_OWN);
        run_packed(blend, &p, 0, p.frames);
        compare(&p, name, 0.0);
        fm_blend_destroy(&blend);
        cr_assert_null(blend);
        free_problem(&p);
    }
    fm_engine_destroy(&engine);
}

Test(blend, the_cpu_form_equals_the_reference) {
    check_sizes(FM_SPECIALISATION_CPU, "cpu");
}

Test(blend, the_gpu_form_equals_the_reference) {
    check_sizes(FM_SPECIALISATION_GPU, "gpu");
}

/* Every frame alone, and by the other form, has the bytes it has among others. */
static void check_bytes(fm_engine *engine, const problem *p, const float *want,
                        fm_blend_path path) {
    fm_blend *blend = open_blend(engine, p, path);
    size_t row = p->values * sizeof(float);
    for (uint32_t f = 0; f < p->frames; f += 7) {
        uint32_t frames = f % 3 == 0 && f + 5 <= p->frames ? 5 : 1;
        run_packed(blend, p, f, frames);
        cr_assert_eq(memcmp(p->out, want + (size_t)f * p->values, row * frames), 0,
                     "%u frames from %u on differ from those of %u", frames, f, p->frames);
    }
    run_packed(blend, p, 0, p->frames);
    cr_assert_eq(memcmp(p->out, want, row * p->frames), 0, "a second run differs");
    fm_blend_destroy(&blend);
}

Test(blend, bytes_do_not_depend_on_batch_or_form) {
    problem p = make_problem(777, 21, 131);
    size_t bytes = (size_t)p.frames * p.values * sizeof(float);
    float *want = malloc(bytes);
    fm_engine *cpu = open_engine(FM_SPECIALISATION_CPU, NULL, NULL);
    fm_engine *gpu = open_engine(FM_SPECIALISATION_GPU, NULL, NULL);
    fm_blend *blend = open_blend(cpu, &p, FM_BLEND_OWN);
    run_packed(blend, &p, 0, p.frames);
    memcpy(want, p.out, bytes);
    fm_blend_destroy(&blend);
    check_bytes(cpu, &p, want, FM_BLEND_OWN);
    check_bytes(gpu, &p, want, FM_BLEND_OWN);
    fm_engine_destroy(&cpu);
    fm_engine_destroy(&gpu);
    free(want);
    free_problem(&p);
}

/* Element (row, column) of a layout. */
static size_t at(const fm_blend_matrix *m, size_t row, size_t column) {
    return m->offset + (m->columns ? column * m->lead + row : row * m->lead + column);
}

static float *spread(const float *packed, uint32_t rows, uint32_t columns, const fm_blend_matrix *m,
                     size_t *count) {
    *count = at(m, rows - 1, columns - 1) + 1 + 3;
    float *out = malloc(*count * sizeof *out);
    for (size_t i = 0; i < *count; i++)
        out[i] = 777.0F;
    for (uint32_t r = 0; r < rows; r++)
        for (uint32_t c = 0; c < columns; c++)
            out[at(m, r, c)] = packed[(size_t)r * columns + c];
    return out;
}

static float *through_buffers(fm_engine *engine, fm_blend *blend, fm_blend_job *job,
                              const float *weights, size_t weight_count, float *out,
                              size_t out_count) {
    fm_error err;
    fmi_buffer in = {0}, to = {0};
    size_t wb = weight_count * sizeof(float), ob = out_count * sizeof(float);
    job->weights_buffer = job->out_buffer = true;
    fm_assert_ok(fmi_buffer_create(&in, engine->queue, CL_MEM_READ_WRITE, wb, "w", &err), err);
    fm_assert_ok(fmi_buffer_create(&to, engine->queue, CL_MEM_READ_WRITE, ob, "o", &err), err);
    fm_assert_ok(fmi_buffer_write(&in, 0, wb, weights, &err), err);
    fm_assert_ok(fmi_buffer_write(&to, 0, ob, out, &err), err);
    fm_assert_ok(fm_blend_run(blend, job, in.mem, to.mem, &err), err);
    fm_assert_ok(fmi_buffer_read(&to, 0, ob, out, &err), err);
    fm_blend_job larger = *job;
    larger.out.offset += out_count;
    fm_assert_fails(fm_blend_run(blend, &larger, in.mem, to.mem, &err), FM_ERROR_INVALID_ARGUMENT,
                    err, "buffer has");
    fmi_buffer_destroy(&in);
    fmi_buffer_destroy(&to);
    return out;
}

/* Any strides in, any strides out, the gaps untouched, the numbers those of packed rows. */
static void check_layouts(fm_engine *engine, fm_blend_path path, bool columns, bool buffers) {
    problem p = make_problem(75, 11, 70);
    fm_blend *blend = open_blend(engine, &p, path);
    run_packed(blend, &p, 0, p.frames);
    fm_blend_destroy(&blend);
    const fm_blend_params params = {.struct_size = sizeof params,
                                    .values = p.values,
                                    .targets = p.targets,
                                    .layout = {columns, columns ? 13 : 80, 3},
                                    .path = path};
    fm_blend_job job = {.struct_size = sizeof job,
                        .frames = p.frames,
                        .weights = {!columns, columns ? 14 : 71, 5},
                        .out = {columns, columns ? 72 : 77, 9}};
    size_t dc, wc, oc;
    fm_error err;
    float *deltas = spread(p.deltas, p.targets, p.values, &params.layout, &dc);
    float *weights = spread(p.weights, p.frames, p.targets, &job.weights, &wc);
    float *want = spread(p.out, p.frames, p.values, &job.out, &oc);
    float *got = malloc(oc * sizeof *got);
    for (size_t i = 0; i < oc; i++)
        got[i] = 777.0F;
    fm_assert_ok(fm_blend_create(&blend, engine, &params, p.base, deltas, &err), err);
    if (buffers)
        through_buffers(engine, blend, &job, weights, wc, got, oc);
    else
        fm_assert_ok(fm_blend_run(blend, &job, weights, got, &err), err);
    for (size_t i = 0; i < oc; i++)
        cr_assert_eq(got[i], want[i], "columns %d buffers %d: float %zu is %g, want %g", columns,
                     buffers, i, (double)got[i], (double)want[i]);
    fm_blend_destroy(&blend);
    free(deltas);
    free(weights);
    free(want);
    free(got);
    free_problem(&p);
}

static void check_all_layouts(fm_engine *engine, fm_blend_path path) {
    for (int i = 0; i < 4; i++)
        check_layouts(engine, path, i % 2 != 0, i / 2 != 0);
}

Test(blend, every_layout_gives_the_same_numbers) {
    fm_engine *cpu = open_engine(FM_SPECIALISATION_CPU, NULL, NULL);
    fm_engine *gpu = open_engine(FM_SPECIALISATION_GPU, NULL, NULL);
    check_all_layouts(cpu, FM_BLEND_OWN);
    check_all_layouts(gpu, FM_BLEND_OWN);
    fm_engine_destroy(&cpu);
    fm_engine_destroy(&gpu);
}

Test(blend, absolute_targets_lose_the_base) {
    problem p = make_problem(100, 4, 9);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    fm_error err;
    fm_blend *blend = NULL;
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = p.values, .targets = p.targets, .absolute = true};
    float *shapes = malloc(sizeof *shapes * p.values * p.targets);
    for (size_t i = 0; i < (size_t)p.values * p.targets; i++) {
        shapes[i] = p.base[i % p.values] + p.deltas[i];
        p.deltas[i] = shapes[i] - p.base[i % p.values];
    }
    fm_assert_ok(fm_blend_create(&blend, engine, &params, p.base, shapes, &err), err);
    run_packed(blend, &p, 0, p.frames);
    compare(&p, "absolute", 0.0);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    free(shapes);
    free_problem(&p);
}

/* Halves: 11 significant bits, also where they are denormal; too large ones become infinite. */
Test(blend, halves_keep_eleven_bits) {
    problem p = make_problem(97, 9, 20);
    fm_error err;
    for (int form = 0; form < 2; form++) {
        fm_engine *engine =
            open_engine(form ? FM_SPECIALISATION_GPU : FM_SPECIALISATION_CPU, NULL, NULL);
        const fm_blend_params params = {
            .struct_size = sizeof params, .values = p.values, .targets = p.targets, .half = true};
        fm_blend *blend = NULL;
        fm_blend_info info;
        p.deltas[5] = 0x1p-20F;
        p.deltas[6] = -0x1.8p-24F;
        p.deltas[7] = 0.0F;
        fm_assert_ok(fm_blend_create(&blend, engine, &params, p.base, p.deltas, &err), err);
        run_packed(blend, &p, 0, p.frames);
        compare(&p, "half", 0x1p-11 + 1e-6);
        cr_assert_eq(fm_blend_info_get(blend, &info), FM_OK);
        cr_assert_eq(info.device_bytes, 128U * 4 + 128U * 9 * 2 + 64U * 97 * 4);
        fm_blend_destroy(&blend);
        fm_engine_destroy(&engine);
    }
    free_problem(&p);
}

static void one_half(fm_engine *engine, float delta, float want) {
    float base = 0.0F, weight = 1.0F, out = 0.0F;
    fm_error err;
    fm_blend *blend = NULL;
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = 1, .targets = 1, .half = true};
    const fm_blend_job job = {.struct_size = sizeof job, .frames = 1};
    fm_assert_ok(fm_blend_create(&blend, engine, &params, &base, &delta, &err), err);
    fm_assert_ok(fm_blend_run(blend, &job, &weight, &out, &err), err);
    cr_assert_eq(memcmp(&out, &want, sizeof out), 0, "half of %a is %a, want %a", (double)delta,
                 (double)out, (double)want);
    fm_blend_destroy(&blend);
}

Test(blend, halves_round_to_even) {
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    static const float pairs[][2] = {
        {0x1p-24F, 0x1p-24F},         {0x1p-25F, 0.0F},       {0x1.8p-24F, 0x1p-23F},
        {0x1.ff8p-15F, 0x1.ff8p-15F}, {65504.0F, 65504.0F},   {65519.0F, 65504.0F},
        {65520.0F, INFINITY},         {1e9F, INFINITY},       {0x1.002p0F, 0x1.0p0F},
        {0x1.006p0F, 0x1.008p0F},     {-0x1.ffep0F, -0x1p1F}, {-0x1p-14F, -0x1p-14F}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        one_half(engine, pairs[i][0], pairs[i][1]);
    fm_engine_destroy(&engine);
}

Test(blend, a_bad_weight_stays_in_its_frame) {
    problem p = make_problem(64, 12, 20);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    fm_blend *blend = open_blend(engine, &p, FM_BLEND_OWN);
    p.weights[7 * 12 + 3] = NAN;
    p.weights[9 * 12 + 1] = INFINITY;
    run_packed(blend, &p, 0, p.frames);
    for (uint32_t f = 0; f < p.frames; f++)
        for (uint32_t i = 0; i < p.values; i++)
            cr_assert_eq(isfinite(p.out[f * p.values + i]) != 0, f != 7 && f != 9, "frame %u", f);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    free_problem(&p);
}

Test(blend, the_reference_device_answers_too) {
    problem p = make_problem(40, 9, 3);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, "ref", NULL);
    fm_blend *blend = open_blend(engine, &p, FM_BLEND_AUTO);
    run_packed(blend, &p, 0, p.frames);
    compare(&p, "ref", 0.0);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    free_problem(&p);
}

static void refuse(fm_engine *engine, const fm_blend_params *params, fm_status want,
                   const char *words) {
    static const float some[64];
    fm_blend *blend = (fm_blend *)0x1;
    fm_error err;
    fm_assert_fails(fm_blend_create(&blend, engine, params, some, some, &err), want, err, words);
    cr_assert_null(blend);
}

Test(blend, senseless_parameters_are_refused) {
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    const fm_blend_params good = {.struct_size = sizeof good, .values = 4, .targets = 3};
    fm_blend_params bad = good;
    bad.struct_size = 1;
    refuse(engine, &bad, FM_ERROR_INVALID_ARGUMENT, "struct_size is 1");
    bad = good;
    bad.values = 0;
    refuse(engine, &bad, FM_ERROR_INVALID_ARGUMENT, "0 values");
    bad = good;
    bad.targets = 4097;
    refuse(engine, &bad, FM_ERROR_INVALID_ARGUMENT, "4097 targets");
    bad = good;
    bad.layout.lead = 3;
    refuse(engine, &bad, FM_ERROR_INVALID_ARGUMENT, "lead is 3");
    bad = good;
    bad.path = FM_BLEND_CLBLAST; /* too few targets */
    refuse(engine, &bad, FM_ERROR_UNSUPPORTED, "8 targets or more");
    static const float some[64];
    float out[16];
    fm_blend *blend = NULL;
    fm_error err;
    fm_assert_ok(fm_blend_create(&blend, engine, &good, some, some, &err), err);
    fm_blend_job job = {.struct_size = sizeof job};
    fm_assert_fails(fm_blend_run(blend, &job, some, out, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "0 frames");
    job.frames = 2;
    job.out.lead = 3;
    fm_assert_fails(fm_blend_run(blend, &job, some, out, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "lead is 3");
    fm_blend_destroy(&blend);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
}

/* ---- CLBlast ---- */

static void need_clblast(void) {
    if (!fmi_gemm_open(NULL))
        cr_skip("skipped: no CLBlast module");
}

Test(blend, clblast_equals_the_reference_in_every_batch) {
    need_clblast();
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    problem p = make_problem(1003, 33, 131);
    size_t bytes = (size_t)p.frames * p.values * sizeof(float);
    float *want = malloc(bytes);
    fm_blend *blend = open_blend(engine, &p, FM_BLEND_CLBLAST);
    run_packed(blend, &p, 0, p.frames);
    compare(&p, "CLBlast", 0.0);
    memcpy(want, p.out, bytes);
    fm_blend_destroy(&blend);
    check_bytes(engine, &p, want, FM_BLEND_CLBLAST);
    check_all_layouts(engine, FM_BLEND_CLBLAST);
    fm_engine_destroy(&engine);
    free(want);
    free_problem(&p);
}

/* The one file of the memory that is no kernel: it has the size of a verdict and its header. */
static bool find_verdict(const char *folder, char path[FM_TEST_PATH]) {
    DIR *dir = opendir(folder);
    bool found = false;
    for (struct dirent *e; dir && (e = readdir(dir));) {
        struct stat st;
        char name[2 * FM_TEST_PATH];
        snprintf(name, sizeof name, "%s/%s", folder, e->d_name);
        if (stat(name, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 && st.st_size < 300) {
            snprintf(path, FM_TEST_PATH, "%.*s", FM_TEST_PATH - 1, name);
            found = true;
        }
    }
    if (dir)
        closedir(dir);
    return found;
}

static fm_blend_info create_auto(const char *cache, const problem *p) {
    fm_blend_info info;
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, cache);
    fm_blend *blend = open_blend(engine, p, FM_BLEND_AUTO);
    cr_assert_eq(fm_blend_info_get(blend, &info), FM_OK);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    return info;
}

Test(blend, the_faster_way_is_measured_once_and_remembered) {
    need_clblast();
    char cache[FM_TEST_PATH], path[FM_TEST_PATH];
    fm_test_dir(cache, "choice");
    problem p = make_problem(3000, 9, 1);
    fm_blend_info first = create_auto(cache, &p);
    cr_assert(first.measured);
    cr_assert(first.own_seconds > 0 && first.clblast_seconds > 0);
    cr_assert_eq(first.path,
                 first.clblast_seconds < first.own_seconds ? FM_BLEND_CLBLAST : FM_BLEND_OWN);
    fm_blend_info second = create_auto(cache, &p);
    cr_assert_not(second.measured);
    cr_assert_eq(second.path, first.path);
    cr_assert_eq(second.own_seconds, first.own_seconds);
    cr_assert(find_verdict(cache, path), "no small file in %s", cache);
    FILE *file = fopen(path, "r+b");
    cr_assert_not_null(file);
    fseek(file, -3, SEEK_END);
    fputc(0x5A, file);
    fclose(file);
    cr_assert(create_auto(cache, &p).measured, "a damaged memory was believed");
    cr_assert_not(create_auto(cache, &p).measured, "the new measurement was not kept");
    p.targets = 7;
    cr_assert_not(create_auto(cache, &p).measured, "7 targets are no matter of choice");
    free_problem(&p);
}

static fm_blend_info create_unmeasured(const char *cache, const problem *p) {
    fm_blend_info info;
    fm_error err;
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, cache);
    fm_blend *blend = NULL;
    const fm_blend_params params = {.struct_size = sizeof params,
                                    .values = p->values,
                                    .targets = p->targets,
                                    .no_measurement = true};
    fm_assert_ok(fm_blend_create(&blend, engine, &params, p->base, p->deltas, &err), err);
    cr_assert_eq(fm_blend_info_get(blend, &info), FM_OK);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    return info;
}

Test(blend, without_leave_to_measure_only_what_is_remembered_counts) {
    need_clblast();
    char cache[FM_TEST_PATH];
    fm_test_dir(cache, "no_measurement");
    problem p = make_problem(3000, 9, 1);
    fm_blend_info info = create_unmeasured(cache, &p);
    cr_assert_not(info.measured);
    cr_assert_eq(info.path, FM_BLEND_OWN);
    cr_assert_eq(info.own_seconds, 0.0);
    const fm_blend_info first = create_auto(cache, &p);
    cr_assert(first.measured, "a creation that did not measure left a choice behind");
    info = create_unmeasured(cache, &p);
    cr_assert_eq(info.path, first.path);
    cr_assert_eq(info.own_seconds, first.own_seconds);
    free_problem(&p);
}

Test(blend, without_a_cache_folder_our_kernel_is_used) {
    problem p = make_problem(3000, 9, 1);
    fm_blend_info info = create_auto(NULL, &p);
    cr_assert_eq(info.path, FM_BLEND_OWN);
    cr_assert_not(info.measured);
    free_problem(&p);
}

Test(blend, without_the_module_our_kernel_is_used) {
    char cache[FM_TEST_PATH];
    fm_test_dir(cache, "absent");
    setenv("FM_MODULE_DIR", cache, 1);
    problem p = make_problem(3000, 9, 5);
    fm_blend_info info = create_auto(cache, &p);
    cr_assert_eq(info.path, FM_BLEND_OWN);
    cr_assert_str_eq(info.clblast, "");
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, cache);
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = 4, .targets = 8, .path = FM_BLEND_CLBLAST};
    refuse(engine, &params, FM_ERROR_UNSUPPORTED, "fm_blend_clblast.so");
    fm_engine_destroy(&engine);
    free_problem(&p);
}

Test(blend, sixteen_bit_products_are_asked_for_not_assumed) {
    need_clblast();
    problem p = make_problem(64, 9, 1);
    fm_engine *engine = open_engine(FM_SPECIALISATION_AUTO, NULL, NULL);
    fm_blend *blend = NULL;
    fm_error err;
    fm_blend_info info;
    const fm_blend_params params = {
        .struct_size = sizeof params, .values = p.values, .targets = p.targets, .half = true};
    fm_assert_ok(fm_blend_create(&blend, engine, &params, p.base, p.deltas, &err), err);
    cr_assert_eq(fm_blend_info_get(blend, &info), FM_OK);
    cr_assert_eq(info.path, FM_BLEND_OWN);
    if (!engine->caps.fp16)
        cr_assert_not(info.clblast_half);
    fm_blend_destroy(&blend);
    fm_engine_destroy(&engine);
    free_problem(&p);
}
