/* SPDX-License-Identifier: MIT */
/* fmorph keypoints: a driving clip's motion carried over to a source, from files to a file. */
#include "again.h"
#include "commands.h"
#include "interrupt.h"
#include "keypoint_job.h"
#include "keypoint_options.h"
#include "runtime.h"

#include "clock.h"
#include "error.h"
#include "io/output.h"
#include "io/text.h"

#include <stdlib.h>
#include <string.h>

static fm_status read_files(fmi_kp_job *job, fmi_console *console, fm_error *err) {
    const fmi_kp_options *o = job->options;
    fm_status status = fmi_kp_file_read(&job->source, o->source, o->how.model, err);
    if (status == FM_OK)
        status = fmi_kp_file_read(&job->driving, o->driving, o->how.model, err);
    if (status == FM_OK && o->initial)
        status = fmi_kp_file_read(&job->initial, o->initial, o->how.model, err);
    const fmi_kp_file *single[] = {&job->source, &job->initial};
    for (int i = 0; i < 2 && status == FM_OK; i++)
        if (single[i]->frames > 1)
            fmi_console_log(console, FM_LOG_WARNING, "%s: %u frames; frame 0 is used",
                            single[i]->path, single[i]->frames);
    return status;
}

static fm_status check_match(const fmi_kp_file *a, const fmi_kp_file *b, fm_error *err) {
    if (b->path == NULL)
        return FM_OK;
    if (a->points != b->points)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: %u keypoints a frame, but %s has %u; give files of one detector",
                        b->path, b->points, a->path, a->points);
    if ((a->motion != NULL) != (b->motion != NULL))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s holds motions, %s does not",
                        a->motion ? a->path : b->path, a->motion ? b->path : a->path);
    return FM_OK;
}

/* What the switches need of the files. */
static fm_status check_files(const fmi_kp_job *job, fm_error *err) {
    const fm_keypoints_params *how = &job->options->how;
    const fmi_kp_file *files[] = {&job->source, &job->driving, &job->initial};
    const bool live = how->model == FM_KEYPOINTS_LIVEPORTRAIT;
    fm_status status = check_match(&job->source, &job->driving, err);
    if (status == FM_OK)
        status = check_match(&job->source, &job->initial, err);
    for (int i = 0; i < 3 && status == FM_OK; i++)
        if (how->model == FM_KEYPOINTS_FOMM && !how->no_relative_movement &&
            !how->no_relative_jacobian && files[i]->path && !files[i]->jacobian)
            status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                              "%s: no Jacobians; use --relative-jacobian off", files[i]->path);
    if (status != FM_OK || job->source.canonical)
        return status;
    if (job->source.motion && !live)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: no array 'canonical' (1, K, 3), which motions need", job->source.path);
    if (live && (how->expression_friendly || how->multiplier != 1.0F))
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: no canonical points (columns c0_x to c20_z, or an array 'canonical'), "
                        "which --expression-friendly and --multiplier need",
                        job->source.path);
    if (live && fmi_kp_options_npy(job->options))
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: no canonical points, so there are no values for an NPY file; write "
                        "CSV or NPZ",
                        job->source.path);
    return FM_OK;
}

/* Arrays from the file's first frame on. */
static fm_keypoints_set set_of(const fmi_kp_file *file) {
    return (fm_keypoints_set){.value = file->value,
                              .jacobian = file->jacobian,
                              .motion = file->motion,
                              .canonical = file->canonical};
}

/* Results over the inputs; only values made of motions have room of their own. */
static fm_status make_room(fmi_kp_job *job, fm_error *err) {
    const fmi_kp_file *d = &job->driving;
    const size_t points = (size_t)d->frames * d->points;
    const bool live = job->options->how.model == FM_KEYPOINTS_LIVEPORTRAIT;
    job->out = (fm_keypoints_out){.value = d->value,
                                  .jacobian = d->jacobian,
                                  .motion = live ? d->motion : NULL,
                                  .status = malloc(points)};
    if (d->motion && job->source.canonical)
        job->out.value = job->value = malloc(points * 3 * sizeof(float));
    job->times.per_frame = malloc(d->frames * sizeof(double));
    job->times.frames = malloc(d->frames * sizeof(uint32_t));
    if (!job->out.status || !job->times.per_frame || !job->times.frames ||
        (d->motion && job->source.canonical && !job->value))
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the results of %u frames",
                        d->frames);
    return FM_OK;
}

/* Frames from first on of every array. */
static void advance(const fmi_kp_job *job, size_t first, fm_keypoints_set *in,
                    fm_keypoints_out *out) {
    const fm_keypoints_model model = job->options->how.model;
    const size_t k = job->driving.points, d = model == FM_KEYPOINTS_FOMM ? 2 : 3;
    const size_t motion = fmi_kp_motion_floats(model, job->driving.points);
    const fmi_kp_file *from = &job->driving;
    const fm_keypoints_out *to = &job->out;
    *in = (fm_keypoints_set){.value = from->value ? from->value + first * k * d : NULL,
                             .jacobian = from->jacobian ? from->jacobian + first * k * 4 : NULL,
                             .motion = from->motion ? from->motion + first * motion : NULL};
    *out = (fm_keypoints_out){.value = to->value ? to->value + first * k * d : NULL,
                              .jacobian = to->jacobian ? to->jacobian + first * k * 4 : NULL,
                              .motion = to->motion ? to->motion + first * motion : NULL,
                              .status = to->status + first * k};
}

static fm_status push_all(fmi_kp_job *job, fm_error *err) {
    const uint32_t frames = job->driving.frames;
    const uint32_t batch = job->options->batch ? job->options->batch : frames;
    for (uint32_t first = 0; first < frames;) {
        const uint32_t n = frames - first < batch ? frames - first : batch;
        fm_keypoints_set in;
        fm_keypoints_out out;
        advance(job, first, &in, &out);
        fm_status status = fmi_interrupt_check(err);
        const uint64_t start = fmi_clock_ns();
        if (status == FM_OK)
            status = fm_keypoints_push(job->keypoints, &in, &out, n, err);
        if (status != FM_OK)
            return status;
        const double seconds = 1e-9 * (double)(fmi_clock_ns() - start);
        job->times.per_frame[job->times.count] = seconds / n;
        job->times.frames[job->times.count++] = n;
        job->seconds += seconds;
        first += n;
    }
    return FM_OK;
}

static fm_status compute(fmi_kp_job *job, fm_error *err) {
    fm_keypoints_params how = job->options->how;
    how.points = job->driving.points;
    const fm_keypoints_set source = set_of(&job->source);
    const fm_keypoints_set first = set_of(job->initial.path ? &job->initial : &job->driving);
    fm_status status = make_room(job, err);
    if (status == FM_OK)
        status = fm_keypoints_create(&job->keypoints, job->engine, &how, &source, &first, err);
    if (status == FM_OK)
        status = push_all(job, err);
    if (status == FM_OK)
        status = fm_keypoints_clip_facts(job->keypoints, 0, &job->clip, err);
    if (status != FM_OK)
        return status;
    fmi_kp_times_sum(&job->times);
    (void)fm_keypoints_get_stats(job->keypoints, &job->stats);
    (void)fm_engine_stats(job->engine, &job->engine_stats);
    return FM_OK;
}

/* Result and report, both or none: the report waits for its name until the result has one. */
static fm_status write_files(const fmi_kp_job *job, const char *text, fm_error *err) {
    const fmi_kp_options *options = job->options;
    fmi_output_file report = {0};
    fm_status status = FM_OK;
    if (options->report)
        status = fmi_output_file_begin(&report, options->report, text, strlen(text), err);
    if (status == FM_OK)
        status =
            fmi_kp_file_write(options->output, options->how.model, &job->driving, &job->out, err);
    if (status == FM_OK && options->report)
        status = fmi_output_file_commit(&report, err);
    fmi_output_file_abort(&report);
    return status;
}

/* The result is written when nothing but writing can fail any more. */
static fm_status give_out(const fmi_kp_job *job, fmi_console *console, fm_error *err) {
    fmi_json json = {0};
    fmi_kp_report_log(job, console);
    fmi_kp_report_json(job, &json);
    const char *text = fmi_json_text(&json);
    fm_status status = text ? write_files(job, text, err)
                            : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the report");
    if (status == FM_OK && job->options->json)
        status = fmi_text_print(text, err);
    fmi_json_free(&json);
    return status;
}

/* A lost device may still write to the arrays; the process ends without them. */
static void free_job(fmi_kp_job *job, bool lost) {
    fm_keypoints_destroy(&job->keypoints);
    fm_engine_destroy(&job->engine);
    if (lost)
        return;
    fmi_kp_file_free(&job->source);
    fmi_kp_file_free(&job->driving);
    fmi_kp_file_free(&job->initial);
    free(job->out.status);
    free(job->value);
    free(job->times.per_frame);
    free(job->times.frames);
}

static fm_status run(fmi_command *command, const fmi_runtime *runtime,
                     const fmi_kp_options *options, const fmi_again *again) {
    fmi_kp_job job = {.options = options, .again = again};
    fm_error *err = &command->err;
    fm_engine_params params = fmi_runtime_engine_params(runtime, &command->console);
    params.device = options->device;
    params.level = options->level;
    params.profile = false;
    fm_status status = read_files(&job, &command->console, err);
    if (status == FM_OK)
        status = check_files(&job, err);
    if (status == FM_OK)
        status = fm_engine_create(&job.engine, &params, err);
    if (status == FM_OK)
        status = compute(&job, err);
    if (status == FM_OK)
        status = give_out(&job, &command->console, err);
    free_job(&job, status == FM_ERROR_DEVICE_LOST);
    return status;
}

int fmi_cmd_keypoints(int argc, char **argv) {
    fmi_command command;
    fmi_runtime runtime;
    fmi_kp_options options;
    fmi_again again;
    int code = 0;
    if (!fmi_command_begin(&command, fmi_kp_table, fmi_kp_table_count, fmi_kp_help, argc, argv,
                           &code))
        return code;
    fm_status status = fmi_kp_options_read(&options, &command.args, &command.err);
    fmi_interrupt_install();
    fmi_runtime_prepare(&runtime, 0);
    fmi_again_read(&again);
    if (status == FM_OK)
        status = run(&command, &runtime, &options, &again);
    if (status == FM_ERROR_DEVICE_LOST) /* nothing is written yet */
        fmi_again_start(&again, &command.console, argv, 0, command.err.cl_code);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    return fmi_command_end_device(&command, code);
}
