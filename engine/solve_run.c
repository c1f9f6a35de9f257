/* SPDX-License-Identifier: MIT */
/* Launches, and host arrays in pieces. */
#include "solve_impl.h"

#include "error.h"
#include "fm_shared.h"
#include "recovered.h"

#include <string.h>

/* A pivot at most this times max |A| is a cautious sign: pivots may exceed sigma_min / n by far. Of
 * matrices with sigma_min / sigma_max = 4 rcond 99.9 % have one below 1000 n rcond (measured for
 * n = 4 ... 32), and so have 0.2 % (n = 4) to 6 % (n = 32) of random ones. The kernel looks closer
 * at these: 1 / |inverse of the last four steps' matrix| lies below 16 n rcond max |A| for 99.9 %
 * of the former and below 24 for all but one in 10,000, so with a bound of 1024 / 48 the SVD
 * decides about all but contrived ones, alike on every device. A pivot below 32 n rcond decides
 * alone: the zero may lie before the end. Of random matrices 0.01 to 0.5 % are left. From n = 9 on
 * it also looks at the size of one solution, for A^-1 may grow without a small pivot. */
static double gate_of(const fmi_solve_problem *p) {
    const double eps = p->n * (p->is_double ? 0x1p-52 : 0x1p-23);
    return 1024.0 * p->n * (p->rcond > eps ? p->rcond : eps);
}

fm_status fmi_solve_room(fm_engine *engine, fmi_buffer *buffer, uint64_t bytes, const char *what,
                         fm_error *err) {
    if (buffer->mem && buffer->bytes >= bytes)
        return FM_OK;
    fmi_buffer_destroy(buffer);
    return fmi_buffer_create(buffer, engine->queue, CL_MEM_READ_WRITE, bytes, what, err);
}

/* fmk_steps. */
static void pack_steps(const fmi_steps *s, cl_ulong out[4]) {
    out[0] = s->offset;
    out[1] = s->block;
    out[2] = s->lane;
    out[3] = s->row | (cl_ulong)s->column << 32;
}

/* A number argument in the kernel's type. */
typedef struct number_arg {
    double d;
    float f;
} number_arg;

static fmi_arg number(number_arg *place, double value, bool is_double) {
    place->d = value;
    place->f = (float)value;
    return is_double ? FMI_ARG(place->d) : FMI_ARG(place->f);
}

/* What was measured for this form of the kernels; 0 = nothing. */
static uint32_t tuned_group(const fm_engine *engine) {
    const fm_tuning *t = &engine->caps.tuned;
    return t->specialisation == engine->specialisation ? t->solve_group : 0;
}

static size_t cpu_items(const fm_engine *engine, uint64_t blocks) {
    /* Enough shares for the driver to deal evenly, few enough that their start costs nothing. */
    const uint32_t tuned = tuned_group(engine);
    const uint64_t most = (uint64_t)engine->caps.compute_units * (tuned ? tuned : 32);
    return (size_t)(blocks < most ? blocks : most);
}

static fmi_launch direct_launch(const fm_engine *engine, const fmi_solve_problem *p) {
    fmi_launch launch = {.name = "fm_solve_direct", .dims = 1, .local = {1, 0, 0}};
    if (engine->specialisation == FM_SPECIALISATION_CPU) {
        launch.global[0] = cpu_items(engine, (p->count + 15) / 16);
        return launch;
    }
    const uint32_t tuned = tuned_group(engine);
    launch.local[0] = tuned && tuned <= engine->caps.max_group_size ? tuned
                      : engine->caps.max_group_size < 64            ? 32
                                                                    : 64;
    launch.global[0] =
        (size_t)((p->count + launch.local[0] - 1) / launch.local[0]) * launch.local[0];
    return launch;
}

/* Of the kernels that work on a list: its length is known on the device only. */
static fmi_launch list_launch(const fm_engine *engine, const fmi_solve_problem *p, const char *name,
                              uint64_t at_once) {
    const bool gpu = engine->specialisation == FM_SPECIALISATION_GPU;
    const uint64_t most = gpu ? 1024 : engine->caps.compute_units * UINT64_C(32);
    const uint64_t wanted = gpu ? p->count : (p->count + at_once - 1) / at_once;
    const size_t local = gpu ? 16 : 1;
    return (fmi_launch){.name = name,
                        .dims = 1,
                        .local = {local, 0, 0},
                        .global = {(size_t)(wanted < most ? wanted : most) * local, 0, 0}};
}

static fm_status launch_all(fm_engine *engine, fmi_solve_program *program,
                            const fmi_solve_problem *p, cl_mem a, cl_mem b, cl_mem x, cl_mem status,
                            fm_error *err) {
    fmi_solve *s = engine->solve;
    cl_ulong steps[3][4], count = p->count;
    cl_uint m = p->m;
    number_arg rcond, gate, wide_rcond;
    pack_steps(&p->a, steps[0]);
    pack_steps(p->pinv ? &p->a : &p->b, steps[1]);
    pack_steps(&p->x, steps[2]);
    if (p->pinv)
        b = a;
    fmi_arg args[] = {FMI_ARG(a),
                      FMI_ARG(b),
                      FMI_ARG(x),
                      FMI_ARG(status),
                      FMI_ARG(s->list.mem),
                      FMI_ARG(s->counts[0].mem),
                      FMI_ARG(count),
                      FMI_ARG(m),
                      FMI_ARG(steps[0]),
                      FMI_ARG(steps[1]),
                      FMI_ARG(steps[2]),
                      number(&rcond, p->rcond, program->work_double),
                      number(&gate, gate_of(p), program->work_double),
                      FMI_ARG(s->counts[1].mem)};
    fmi_launch launch = direct_launch(engine, p);
    launch.kernel = program->direct;
    launch.args = args;
    launch.arg_count = 14;
    fm_status result = fmi_queue_launch(engine->queue, &launch, err);
    if (result != FM_OK || !program->svd)
        return result;
    if (program->review) {
        launch = list_launch(engine, p, "fm_solve_review", 16);
        launch.kernel = program->review;
        launch.args = args;
        launch.arg_count = 12;
        result = fmi_queue_launch(engine->queue, &launch, err);
    }
    args[11] = number(&wide_rcond, p->rcond, engine->caps.fp64);
    launch = list_launch(engine, p, "fm_solve_svd", 8);
    launch.kernel = program->svd;
    launch.args = args;
    launch.arg_count = 12;
    return result == FM_OK ? fmi_queue_launch(engine->queue, &launch, err) : result;
}

static fm_status read_stats(fm_engine *engine, bool reviewed, fm_solve_stats *stats,
                            fm_error *err) {
    cl_uint counts[FM_SOLVE_COUNTS];
    fm_status status = fmi_buffer_read(&engine->solve->counts[0], 0, sizeof counts, counts, err);
    if (status != FM_OK)
        return status;
    stats->examined += counts[reviewed ? FMI_SOLVE_LEFT : FMI_SOLVE_LISTED];
    stats->pinv += counts[FMI_SOLVE_PINV];
    stats->not_finite += counts[FMI_SOLVE_NOT_FINITE];
    stats->borderline += counts[FMI_SOLVE_BORDERLINE];
    return FM_OK;
}

/* llvmpipe ends a work-item after max_loop iterations without a word. */
static fm_status check_loops(const fm_engine *engine, const fmi_solve_problem *p, fm_error *err) {
    const uint64_t n = p->n;
    const uint64_t loops = n * n * n + 2 * n * n * p->m;
    if (engine->caps.max_loop == 0 || loops <= engine->caps.max_loop)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_LIMIT,
                    "%u right-hand sides with n = %u need more than the %u loop iterations that %s "
                    "allows; give fewer in one call",
                    p->m, p->n, engine->caps.max_loop, engine->caps.name);
}

/* Zero for the first solve and after a failure; later each solve leaves the next one's zero. */
static fm_status prepare_counts(fm_engine *engine, fm_error *err) {
    static const cl_uint zeros[FM_SOLVE_COUNTS];
    fmi_solve *s = engine->solve;
    fm_status status = FM_OK;
    if (s->counts_ready)
        return FM_OK;
    for (int i = 0; i < 2 && status == FM_OK; i++)
        status = fmi_solve_room(engine, &s->counts[i], sizeof zeros, "counts of solves", err);
    if (status != FM_OK)
        return status;
    return fmi_buffer_write(&s->counts[0], 0, sizeof zeros, zeros, err);
}

fm_status fmi_solve_device(fm_engine *engine, const fmi_solve_problem *problem, cl_mem a, cl_mem b,
                           cl_mem x, cl_mem status, fm_solve_stats *stats, fm_error *err) {
    fmi_solve_program *program = NULL;
    fm_status result = check_loops(engine, problem, err);
    if (result == FM_OK)
        result = fmi_solve_program_get(engine, problem, &program, err);
    if (result != FM_OK)
        return result;
    fmi_solve *s = engine->solve;
    result = fmi_solve_room(engine, &s->list, problem->count * (program->review ? 8 : 4),
                            "lists of hard matrices", err);
    if (result == FM_OK && !status)
        result = fmi_solve_room(engine, &s->status, problem->count, "statuses", err);
    if (result == FM_OK)
        result = prepare_counts(engine, err);
    if (result != FM_OK)
        return result;
    s->counts_ready = false;
    result = launch_all(engine, program, problem, a, b, x, status ? status : s->status.mem, err);
    if (result == FM_OK && stats)
        result = read_stats(engine, program->review != NULL, stats, err);
    else if (result == FM_OK)
        result = fmi_queue_finish(engine->queue, err);
    if (result == FM_OK) {
        const fmi_buffer used = s->counts[0];
        s->counts[0] = s->counts[1];
        s->counts[1] = used;
        s->counts_ready = true;
    }
    return result;
}

/* --- host arrays --------------------------------------------------------------------------- */

/* Blocks of 16 matrices in a piece: interleaved ones stay whole. */
static uint32_t blocks_of_piece(const fm_engine *engine, const fmi_solve_problem *p) {
    const uint64_t element = p->is_double ? 8 : 4;
    const uint64_t each = element * (p->a.block + (p->pinv ? 0 : p->b.block) + p->x.block) / 16 + 9;
    uint64_t most = FMI_SOLVE_PIECE_BYTES;
    if (engine->mem_limit_bytes > 0 && engine->mem_limit_bytes < most)
        most = engine->mem_limit_bytes;
    const uint64_t blocks = most / each / 16, all = (p->count + 15) / 16;
    return (uint32_t)(blocks < 1 ? 1 : blocks < all ? blocks : all);
}

/* The part of one array that a piece touches. */
typedef struct span {
    uint64_t first, bytes; /* bytes */
} span;

static span span_of(const fmi_steps *steps, uint32_t n, uint32_t m, uint64_t first, uint64_t count,
                    uint64_t element) {
    return (span){.first = (steps->offset + first / 16 * steps->block) * element,
                  .bytes = fmi_solve_extent(steps, n, m, count) * element};
}

static fm_status upload(fm_engine *engine, fmi_buffer *buffer, const void *from, span s,
                        const char *what, fm_error *err) {
    fm_status status = fmi_solve_room(engine, buffer, s.bytes, what, err);
    if (status != FM_OK)
        return status;
    return fmi_buffer_write(buffer, 0, s.bytes, (const unsigned char *)from + s.first, err);
}

/* What lies between the written elements must come back as it was. */
static fm_status prepare_output(fm_engine *engine, const fmi_solve_problem *p, const void *x,
                                span s, fm_error *err) {
    if (!fmi_solve_dense(&p->x, p->n, p->m))
        return upload(engine, &engine->solve->x, x, s, "solutions", err);
    return fmi_solve_room(engine, &engine->solve->x, s.bytes, "solutions", err);
}

static fm_status run_piece(fm_engine *engine, const fmi_solve_problem *all, uint64_t first,
                           uint64_t count, const void *a, const void *b, void *x, uint8_t *status,
                           fm_solve_stats *stats, fm_error *err) {
    fmi_solve *s = engine->solve;
    fmi_solve_problem p = *all;
    const uint64_t element = p.is_double ? 8 : 4;
    p.count = count;
    const span sa = span_of(&p.a, p.n, p.n, first, count, element);
    const span sx = span_of(&p.x, p.n, p.m, first, count, element);
    fm_status result = upload(engine, &s->a, a, sa, "matrices", err);
    if (result == FM_OK && !p.pinv)
        result = upload(engine, &s->b, b, span_of(&p.b, p.n, p.m, first, count, element),
                        "right-hand sides", err);
    if (result == FM_OK)
        result = prepare_output(engine, &p, x, sx, err);
    if (result == FM_OK)
        result = fmi_solve_room(engine, &s->status, count, "statuses", err);
    p.a.offset = p.b.offset = p.x.offset = 0;
    if (result == FM_OK)
        result =
            fmi_solve_device(engine, &p, s->a.mem, s->b.mem, s->x.mem, s->status.mem, stats, err);
    if (result == FM_OK && status)
        result = fmi_buffer_read(&s->status, 0, count, status + first, err);
    if (result == FM_OK)
        result = fmi_buffer_read(&s->x, 0, sx.bytes, (unsigned char *)x + sx.first, err);
    return result;
}

/* Half a piece after memory ran out, without the buffers of the whole one. False: no smaller one is
 * left, or the failure was another. */
static bool take_smaller(fm_engine *engine, fmi_recovery *recovery, fm_status status,
                         const fm_error *err) {
    static const fmi_piecework work = {.stage = "solve", .unit = "matrices", .each = 16};
    fmi_solve *s = engine->solve;
    fmi_buffer *const of_piece[] = {&s->a, &s->b, &s->x, &s->status, &s->list};
    if (!fmi_recovered(engine, recovery, &work, status, err))
        return false;
    for (size_t i = 0; i < sizeof of_piece / sizeof of_piece[0]; i++)
        fmi_buffer_destroy(of_piece[i]);
    return true;
}

static void add_stats(fm_solve_stats *sum, const fm_solve_stats *piece) {
    if (!sum)
        return;
    sum->pinv += piece->pinv;
    sum->not_finite += piece->not_finite;
    sum->examined += piece->examined;
    sum->borderline += piece->borderline;
}

/* X comes back last, so a piece can be solved again even where X is B. */
fm_status fmi_solve_host(fm_engine *engine, const fmi_solve_problem *problem, const void *a,
                         const void *b, void *x, uint8_t *status, fm_solve_stats *stats,
                         fm_error *err) {
    fmi_solve_program *program = NULL;
    fmi_recovery recovery;
    fm_error own = {0};
    err = err ? err : &own; /* recovery looks at the code */
    fm_status result = fmi_solve_program_get(engine, problem, &program, err);
    fmi_recovery_begin(&recovery, blocks_of_piece(engine, problem));
    for (uint64_t first = 0; first < problem->count && result == FM_OK;) {
        const uint64_t left = problem->count - first, piece = (uint64_t)16 * recovery.batch;
        const uint64_t count = left < piece ? left : piece;
        fm_solve_stats met = {0};
        result =
            run_piece(engine, problem, first, count, a, b, x, status, stats ? &met : NULL, err);
        if (result != FM_OK) {
            if (take_smaller(engine, &recovery, result, err))
                result = FM_OK;
            continue;
        }
        add_stats(stats, &met);
        first += count;
        (void)fmi_recovery_worked(&recovery, (uint32_t)((count + 15) / 16));
    }
    return result;
}
