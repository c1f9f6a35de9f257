/* SPDX-License-Identifier: MIT */
#include "solve_impl.h"

#include "error.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

static fm_status check_numbers(const fm_solve_params *p, bool pinv, fm_error *err) {
    if (p->n < 1 || p->n > FM_SOLVE_MAX_N)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "matrices of %u rows; batched solves take 1 to %d", p->n, FM_SOLVE_MAX_N);
    if (!pinv && p->m > FM_SOLVE_MAX_M)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%u right-hand sides; at most %d are possible in one call", p->m,
                        FM_SOLVE_MAX_M);
    if (!(p->rcond >= 0) || p->rcond > 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "rcond %g; give 0 (default) to 1",
                        p->rcond);
    if (p->count > UINT32_MAX - 64)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%" PRIu64 " matrices; give at most %u in one call, in several calls",
                        p->count, UINT32_MAX - 64);
    return FM_OK;
}

/* From the caller's words to steps; right division is the transposed problem. */
static fm_status make_steps(const fm_matrices *m, uint32_t rows, uint32_t columns, bool transposed,
                            const char *name, fmi_steps *steps, fm_error *err) {
    const uint32_t inner = m->layout == FM_LAYOUT_COLUMNS ? rows : columns;
    const uint32_t outer = m->layout == FM_LAYOUT_COLUMNS ? columns : rows;
    const uint32_t lead = m->lead > 0 ? m->lead : inner;
    const uint64_t stride = m->stride > 0 ? m->stride : (uint64_t)lead * outer;
    if ((uint32_t)m->layout > FM_LAYOUT_INTERLEAVED)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: layout %d is none of fm_layout", name,
                        (int)m->layout);
    if (m->layout == FM_LAYOUT_INTERLEAVED && (m->lead || m->stride || m->offset))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: an interleaved array has no lead, stride or offset; give 0", name);
    if (lead < inner)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: lead %u for %u elements; give more",
                        name, lead, inner);
    if (stride > UINT64_MAX >> 34 || m->offset > UINT64_MAX >> 4)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: stride %" PRIu64 " or offset %" PRIu64 " is beyond any memory", name,
                        stride, m->offset);
    *steps = (fmi_steps){.offset = m->offset, .block = 16 * stride, .lane = stride};
    if (m->layout == FM_LAYOUT_INTERLEAVED)
        *steps = (fmi_steps){.block = (uint64_t)16 * rows * columns, .lane = 1};
    const uint32_t unit = m->layout == FM_LAYOUT_INTERLEAVED ? FM_SOLVE_LANES : 1;
    const bool by_rows = (m->layout != FM_LAYOUT_COLUMNS) != transposed;
    steps->row = by_rows ? lead * unit : unit;
    steps->column = by_rows ? unit : lead * unit;
    return FM_OK;
}

uint64_t fmi_solve_extent(const fmi_steps *steps, uint32_t rows, uint32_t columns, uint64_t count) {
    const uint64_t one =
        (uint64_t)(rows - 1) * steps->row + (uint64_t)(columns - 1) * steps->column;
    if (count == 0)
        return 0;
    if (steps->lane == 1 && steps->block > 16) /* interleaved: whole blocks */
        return (count + 15) / 16 * steps->block;
    return (count - 1) / 16 * steps->block + (count - 1) % 16 * steps->lane + one + 1;
}

bool fmi_solve_dense(const fmi_steps *steps, uint32_t rows, uint32_t columns) {
    const uint64_t elements = (uint64_t)rows * columns;
    return (steps->lane == elements &&
            steps->row * steps->column <= (rows > columns ? rows : columns)) ||
           (steps->lane == 1 && steps->block == 16 * elements);
}

/* Written elements must not meet: rows of a matrix do not by lead, matrices by stride. */
static fm_status check_output(const fmi_solve_problem *p, fm_error *err) {
    const fmi_steps *x = &p->x;
    const uint64_t one = (uint64_t)(p->n - 1) * x->row + (uint64_t)(p->m - 1) * x->column + 1;
    if (x->lane >= one || (x->lane == 1 && x->block == (uint64_t)16 * p->n * p->m))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "x: stride %" PRIu64 " for matrices of %" PRIu64
                    " elements; they would overlap: give more",
                    x->lane, one);
}

static fm_status make_problem(fmi_solve_problem *problem, fm_engine *engine,
                              const fm_solve_params *p, bool pinv, fm_error *err) {
    const bool right = !pinv && p->side == FM_SIDE_RIGHT;
    const uint32_t m = pinv ? p->n : p->m > 0 ? p->m : 1;
    fm_status status = check_numbers(p, pinv, err);
    if (status != FM_OK)
        return status;
    *problem = (fmi_solve_problem){.n = p->n,
                                   .m = m,
                                   .count = p->count,
                                   .pinv = pinv,
                                   .is_double = p->number == FM_NUMBER_DOUBLE,
                                   .rcond = p->rcond};
    if (problem->is_double && !engine->caps.fp64)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "%s has no double precision; give float or another --device",
                        engine->caps.name);
    if (problem->rcond <= 0)
        problem->rcond = p->n * (problem->is_double ? 0x1p-52 : 0x1p-23);
    status = make_steps(&p->a, p->n, p->n, right, "a", &problem->a, err);
    if (status == FM_OK && !pinv)
        status =
            make_steps(&p->b, right ? m : p->n, right ? p->n : m, right, "b", &problem->b, err);
    if (status == FM_OK)
        status =
            make_steps(&p->x, right ? m : p->n, right ? p->n : m, right, "x", &problem->x, err);
    return status == FM_OK ? check_output(problem, err) : status;
}

static fm_status solve(fm_engine *engine, const fm_solve_params *params, bool pinv, const void *a,
                       const void *b, void *x, uint8_t *status, fm_solve_stats *stats,
                       fm_error *err) {
    const char *name = pinv ? "fm_pinv_batched" : "fm_solve_batched";
    fmi_solve_problem problem;
    if (stats)
        *stats = (fm_solve_stats){0};
    if (!engine || !params || params->struct_size != sizeof(fm_solve_params))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: %s", name,
                        engine && params ? "struct_size is wrong; built against another version?"
                                         : "engine or params is NULL");
    fm_status result = make_problem(&problem, engine, params, pinv, err);
    if (result != FM_OK || params->count == 0)
        return result;
    if (!a || !x || (!b && !pinv))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: an array is NULL", name);
    if (engine->reference && params->buffers)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "%s: the reference device has no buffers; give host arrays", name);
    if (engine->reference)
        fmi_solve_reference(&problem, a, b, x, status, stats);
    else if (params->buffers)
        result =
            fmi_solve_device(engine, &problem, (cl_mem)a, (cl_mem)b, x, (cl_mem)status, stats, err);
    else
        result = fmi_solve_host(engine, &problem, a, b, x, status, stats, err);
    if (stats) {
        stats->regular = params->count - stats->pinv - stats->not_finite;
        fmi_engine_counters(engine)->fallbacks += stats->pinv;
    }
    return result;
}

fm_status fm_solve_batched(fm_engine *engine, const fm_solve_params *params, const void *a,
                           const void *b, void *x, uint8_t *status, fm_solve_stats *stats,
                           fm_error *err) {
    return solve(engine, params, false, a, b, x, status, stats, err);
}

fm_status fm_pinv_batched(fm_engine *engine, const fm_solve_params *params, const void *a, void *x,
                          uint8_t *status, fm_solve_stats *stats, fm_error *err) {
    return solve(engine, params, true, a, NULL, x, status, stats, err);
}
