/* SPDX-License-Identifier: MIT */
/* Which kernels a problem needs: everything that the loops are unrolled for is a build option. */
#include "solve_impl.h"

#include "error.h"
#include "fm_shared.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Right-hand sides that are solved together: all of a few, else 16, whole rows of which the
 * kernels can read. */
static uint32_t chunk_of(uint32_t m) {
    if (m <= 16 || (m <= 32 && m % 16 != 0))
        return m;
    return 16;
}

/* FMK_A, FMK_B, FMK_X: see cl/solve_types.cl. */
static int form_of(const fmi_steps *s, uint32_t n, uint32_t m, uint32_t chunk) {
    if (n * m == 1) /* both layouts are the same but for the room behind */
        return 0;
    if (s->lane == 1 && s->block == (uint64_t)16 * n * m)
        return 1;
    if (m % chunk != 0)
        return 0;
    if (n == m && n <= 3 && s->lane == n * n && s->row * s->column == n)
        return s->column == 1 ? 4 : 5;
    if (s->column == 1 && (chunk % 16 == 0 || (chunk == m && s->row == m)))
        return 2;
    if (s->row == 1 && (n % 16 == 0 || s->column == n))
        return 3;
    return 0;
}

static bool works_in_double(const fm_engine *engine, const fmi_solve_problem *p) {
    return p->is_double || (p->pinv && engine->caps.fp64);
}

static void make_options(const fm_engine *engine, const fmi_solve_problem *p,
                         char options[FMI_SOLVE_OPTIONS_BYTES]) {
    const bool gpu = engine->specialisation == FM_SPECIALISATION_GPU;
    const uint32_t chunk = chunk_of(p->m);
    snprintf(options, FMI_SOLVE_OPTIONS_BYTES,
             "-DFMK_N=%u -DFMK_C=%u -DFMK_LANES=%d -DFMK_PINV=%d -DFMK_A=%d -DFMK_B=%d "
             "-DFMK_X=%d%s%s%s%s",
             p->n, chunk, gpu ? 1 : 16, p->pinv, gpu ? 0 : form_of(&p->a, p->n, p->n, p->n),
             gpu || p->pinv ? 0 : form_of(&p->b, p->n, p->m, chunk),
             gpu ? 0 : form_of(&p->x, p->n, p->m, chunk), engine->caps.fp64 ? " -DFMK_FP64" : "",
             p->is_double ? " -DFMK_STORE_DOUBLE" : "",
             works_in_double(engine, p) ? " -DFMK_WORK_DOUBLE" : "",
             engine->caps.no_hints ? " -DFMK_NO_HINTS" : "");
}

static void free_program(fmi_solve_program *p) {
    if (p->direct)
        clReleaseKernel(p->direct);
    if (p->review)
        clReleaseKernel(p->review);
    if (p->svd)
        clReleaseKernel(p->svd);
    if (p->program)
        clReleaseProgram(p->program);
    *p = (fmi_solve_program){0};
}

void fmi_solve_free(fmi_solve **solve) {
    if (!*solve)
        return;
    for (int i = 0; i < FMI_SOLVE_PROGRAMS; i++)
        free_program(&(*solve)->programs[i]);
    fmi_buffer_destroy(&(*solve)->a);
    fmi_buffer_destroy(&(*solve)->b);
    fmi_buffer_destroy(&(*solve)->x);
    fmi_buffer_destroy(&(*solve)->status);
    fmi_buffer_destroy(&(*solve)->list);
    fmi_buffer_destroy(&(*solve)->counts[0]);
    fmi_buffer_destroy(&(*solve)->counts[1]);
    free(*solve);
    *solve = NULL;
}

static fm_status build(fm_engine *engine, fmi_solve_program *p, uint32_t n, const char *options,
                       fm_error *err) {
    fm_status status = fmi_engine_large_program(engine, "solve.cl", options, &p->program, err);
    if (status == FM_OK)
        status = fmi_kernel_create(&p->direct, p->program, "fm_solve_direct", err);
    if (status == FM_OK && n >= FM_SOLVE_REVIEW_N)
        status = fmi_kernel_create(&p->review, p->program, "fm_solve_review", err);
    if (status == FM_OK && n != 2)
        status = fmi_kernel_create(&p->svd, p->program, "fm_solve_svd", err);
    if (status != FM_OK) {
        free_program(p);
        return status;
    }
    strcpy(p->options, options);
    return FM_OK;
}

fm_status fmi_solve_program_get(fm_engine *engine, const fmi_solve_problem *problem,
                                fmi_solve_program **program, fm_error *err) {
    char options[FMI_SOLVE_OPTIONS_BYTES];
    make_options(engine, problem, options);
    if (!engine->solve) {
        engine->solve = calloc(1, sizeof *engine->solve);
        if (!engine->solve)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the programs of solves");
    }
    fmi_solve *solve = engine->solve;
    fmi_solve_program *place = &solve->programs[0];
    for (int i = 0; i < FMI_SOLVE_PROGRAMS; i++) {
        fmi_solve_program *p = &solve->programs[i];
        if (strcmp(p->options, options) == 0) {
            p->used = ++solve->calls;
            *program = p;
            return FM_OK;
        }
        if (p->used < place->used)
            place = p;
    }
    free_program(place);
    fm_status status = build(engine, place, problem->n, options, err);
    if (status != FM_OK)
        return status;
    place->used = ++solve->calls;
    place->work_double = works_in_double(engine, problem);
    *program = place;
    return FM_OK;
}
