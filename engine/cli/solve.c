/* SPDX-License-Identifier: MIT */
/* fmorph solve: a file of matrices and a file of right-hand sides in, a file of solutions out. */
#include "solve_run.h"

#include "again.h"
#include "commands.h"
#include "guard.h"
#include "interrupt.h"
#include "runtime.h"
#include "values.h"

#include "error.h"
#include "io/output.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
    "usage: fmorph solve A.npy B.npy -o X.npy [options]\n"
    "\n"
    "Solves many small systems: A is (N,n,n) with n from 1 to 32, B is (N,n,m), for --side right\n"
    "(N,m,n); both float32 or both float64. A singular matrix gets its pseudo-inverse, one that\n"
    "is not finite gets NaN; the others are not touched by that.\n"
    "\n"
    "  -o, --output X.npy    where to; the shape of B, the type of A\n"
    "      --side S          left: A X = B (default); right: X A = B\n"
    "      --rcond R         singular values up to R times the largest count as zero, above 0 to "
    "1\n"
    "                        (default n times 2^-23, for float64 2^-52)\n"
    "      --status S.npy    a byte a matrix: 0 regular, 1 pseudo-inverse, 2 not finite\n"
    "      --device SEL      index, id, part of a name, cpu, gpu, auto (default), ref\n"
    "      --level L         low, medium (default), high, extreme: all solve alike\n"
    "      --json            one object on stdout\n" FMI_HELP_COMMON;

enum {
    ROW_OUTPUT = FMI_ARG_COMMON,
    ROW_SIDE,
    ROW_RCOND,
    ROW_STATUS,
    ROW_DEVICE,
    ROW_LEVEL,
    ROW_JSON
};
static const fmi_option table[] = {
    {"output", 'o', FMI_OPTION_VALUE}, {"side", 0, FMI_OPTION_VALUE},
    {"rcond", 0, FMI_OPTION_VALUE},    {"status", 0, FMI_OPTION_VALUE},
    {"device", 0, FMI_OPTION_VALUE},   {"level", 0, FMI_OPTION_VALUE},
    {"json", 0, FMI_OPTION_FLAG}};

static fm_status read_choice(const fmi_args *args, size_t row, const char *const *words,
                             size_t count, size_t *index, fm_error *err) {
    char label[48];
    if (!args->value[row])
        return FM_OK;
    return fmi_value_choice(fmi_args_label(args, row, label), args->value[row], words, count, index,
                            err);
}

static fm_status read_rcond(const fmi_args *args, double *rcond, fm_error *err) {
    char label[48];
    const char *text = args->value[ROW_RCOND];
    if (!text)
        return FM_OK;
    if (!fmi_value_decimal(text, strlen(text), rcond) || !(*rcond > 0) || *rcond > 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: '%.60s' is not a number above 0 and at most 1; give one, for example "
                        "1e-6",
                        fmi_args_label(args, ROW_RCOND, label), text);
    return FM_OK;
}

static fm_status read_options(const fmi_args *args, fmi_solve_run *run, fm_error *err) {
    static const char *const sides[] = {"left", "right"};
    static const char *const levels[] = {"medium", "low", "high", "extreme"}; /* as fm_level */
    size_t side = 0, level = 0;
    *run = (fmi_solve_run){.output = args->value[ROW_OUTPUT],
                           .status_path = args->value[ROW_STATUS],
                           .device = args->value[ROW_DEVICE],
                           .json = args->value[ROW_JSON] != NULL,
                           .started = fmi_clock_ns()};
    if (args->operands != 2)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "solve: needs two files, A.npy and B.npy, but %zu were given",
                        args->operands);
    run->path[0] = args->operand[0];
    run->path[1] = args->operand[1];
    if (!run->output || run->output[0] == '\0')
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "solve: needs -o X.npy, a file for the solutions; give one");
    fm_status status = read_choice(args, ROW_SIDE, sides, 2, &side, err);
    if (status == FM_OK)
        status = read_choice(args, ROW_LEVEL, levels, 4, &level, err);
    if (status == FM_OK)
        status = read_rcond(args, &run->rcond, err);
    run->side = (fm_side)side;
    run->level = (fm_level)level;
    const char *const outputs[] = {run->output, run->status_path};
    return status == FM_OK ? fmi_guard_files(run->path, 2, outputs, 2, err) : status;
}

/* --- the files ----------------------------------------------------------------------------- */

static fm_status check_a(const fmi_solve_run *run, fm_error *err) {
    const fmi_npy_shape *a = &run->in[0].shape;
    char text[128];
    if (a->dims != 3 || a->size[1] != a->size[2] || a->count == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: shape %s; square matrices are (N, n, n), with N and n at least 1",
                        run->path[0], fmi_npy_shape_text(a, text));
    if (a->size[1] > FM_SOLVE_MAX_N)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: matrices of %" PRIu64 " rows; at most %d are possible", run->path[0],
                        a->size[1], FM_SOLVE_MAX_N);
    return FM_OK;
}

static fm_status check_b(const fmi_solve_run *run, fm_error *err) {
    const fmi_npy_shape *a = &run->in[0].shape, *b = &run->in[1].shape;
    const uint32_t n_at = run->side == FM_SIDE_LEFT ? 1 : 2;
    char text[128], want[128];
    if (b->kind != a->kind)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: holds %s and %s holds %s; convert one with astype", run->path[1],
                        fmi_npy_kind_name(b->kind), run->path[0], fmi_npy_kind_name(a->kind));
    if (b->dims != 3 || b->size[0] != a->size[0] || b->size[n_at] != a->size[1] || b->count == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: shape %s; beside A of shape %s it must be %s with m at least 1",
                        run->path[1], fmi_npy_shape_text(b, text), fmi_npy_shape_text(a, want),
                        run->side == FM_SIDE_LEFT ? "(N, n, m)" : "(N, m, n)");
    if (b->size[3 - n_at] > FM_SOLVE_MAX_M)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: %" PRIu64 " right-hand sides a matrix; at most %d are possible",
                        run->path[1], b->size[3 - n_at], FM_SOLVE_MAX_M);
    return FM_OK;
}

static fm_status load(fmi_solve_run *run, fm_error *err) {
    fm_status status = fmi_npy_read(&run->in[0], run->path[0], err);
    if (status == FM_OK)
        status = check_a(run, err);
    if (status == FM_OK)
        status = fmi_npy_read(&run->in[1], run->path[1], err);
    return status == FM_OK ? check_b(run, err) : status;
}

static fm_status save(const fmi_solve_run *run, fm_error *err) {
    const fmi_npy_shape statuses = {.kind = FMI_NPY_U1,
                                    .dims = 1,
                                    .size = {run->in[0].shape.size[0]},
                                    .count = run->in[0].shape.size[0]};
    fm_status status = FM_OK;
    if (run->status_path)
        status = fmi_npy_write(run->status_path, &statuses, run->status, err);
    if (status != FM_OK)
        return status;
    status = fmi_npy_write(run->output, &run->in[1].shape, run->in[1].values, err);
    if (status != FM_OK && run->status_path)
        unlink(run->status_path); /* the two belong together */
    return status;
}

/* --- the work ------------------------------------------------------------------------------ */

/* In place: the solutions take the right-hand sides' room. */
static fm_status compute(fmi_solve_run *run, fm_engine *engine, fm_error *err) {
    const fmi_npy_shape *a = &run->in[0].shape, *b = &run->in[1].shape;
    const fm_solve_params params = {.struct_size = sizeof params,
                                    .n = (uint32_t)a->size[1],
                                    .m = (uint32_t)b->size[run->side == FM_SIDE_LEFT ? 2 : 1],
                                    .count = a->size[0],
                                    .number =
                                        a->kind == FMI_NPY_F8 ? FM_NUMBER_DOUBLE : FM_NUMBER_FLOAT,
                                    .side = run->side,
                                    .rcond = run->rcond};
    run->status = malloc(a->size[0]);
    if (!run->status)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %" PRIu64 " statuses",
                        a->size[0]);
    const uint64_t started = fmi_clock_ns();
    const fm_status status = fm_solve_batched(engine, &params, run->in[0].values, run->in[1].values,
                                              run->in[1].values, run->status, &run->stats, err);
    run->solve_ns = fmi_clock_ns() - started;
    return status;
}

static fm_status solve(fmi_command *command, const fmi_runtime *runtime, fmi_solve_run *run) {
    fm_engine *engine = NULL;
    fm_error *err = &command->err;
    fm_engine_params params = fmi_runtime_engine_params(runtime, &command->console);
    params.device = run->device;
    params.level = run->level;
    fm_status status = load(run, err);
    if (status == FM_OK)
        status = fm_engine_create(&engine, &params, err);
    if (status == FM_OK)
        status = compute(run, engine, err);
    if (status == FM_OK)
        status = save(run, err);
    if (status == FM_OK)
        status = fmi_solve_report(run, engine, &command->console, err);
    fm_engine_destroy(&engine);
    return status;
}

int fmi_cmd_solve(int argc, char **argv) {
    fmi_command command;
    fmi_runtime runtime;
    fmi_solve_run run;
    fmi_again again;
    int code = 0;
    if (!fmi_command_begin(&command, table, sizeof table / sizeof table[0], help, argc, argv,
                           &code))
        return code;
    fmi_interrupt_install();
    fmi_runtime_prepare(&runtime, 0);
    fmi_again_read(&again);
    fm_status status = read_options(&command.args, &run, &command.err);
    run.again = &again;
    if (status == FM_OK)
        status = solve(&command, &runtime, &run);
    if (status == FM_ERROR_DEVICE_LOST) /* nothing is written yet */
        fmi_again_start(&again, &command.console, argv, 0, command.err.cl_code);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fmi_npy_free(&run.in[0]);
    fmi_npy_free(&run.in[1]);
    free(run.status);
    return fmi_command_end_device(&command, code);
}
