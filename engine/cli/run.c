/* SPDX-License-Identifier: MIT */
#include "run.h"
#include "precision.h"

#include "guard.h"
#include "interrupt.h"
#include "run_json.h"
#include "session.h"
#include "step.h"

#include "clock.h"
#include "error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static double since_start(void) {
    return fmi_clock_since_start();
}

/* In a batch a mesh may have been loaded before this run, for an earlier one or ahead of time. */
static void note_load(fmi_run *run, uint32_t i) {
    const fmi_input_facts *facts = &run->input[i];
    double begin = facts->begin > run->origin ? facts->begin : run->origin;
    if (facts->end > begin) {
        fmi_stages_span(&run->stages, FMI_STAGE_IMPORT, begin, facts->end);
        fmi_trace_add(run->trace, FMI_TRACK_LOAD_A + i, i == 0 ? run->names.a : run->names.b, begin,
                      facts->end);
    }
}

static void keep_facts(fmi_run *run) {
    for (uint32_t i = 0; i < 2; i++) {
        const fmi_side *side = run->side[i];
        const fmi_side *other = run->side[1 - i];
        fmi_input_facts *facts = &run->input[i];
        note_load(run, i);
        facts->uvs = side->blob->uv_count;
        if (side->texture.view.pixels == NULL)
            snprintf(facts->reason, sizeof facts->reason, "%s", side->reason);
        else if (other->texture.view.pixels == NULL)
            snprintf(facts->reason, sizeof facts->reason,
                     "the other side has no texture, so both are grey");
        else {
            facts->width = side->texture.view.width;
            facts->height = side->texture.view.height;
        }
    }
}

double fmi_run_build_seconds(const fmi_run *run) {
    fm_stats stats = {0};
    return fm_engine_stats(run->engine, &stats) == FM_OK ? stats.build_seconds : 0.0;
}

static void log_pair(fmi_run *run) {
    const fm_caps *caps = fm_engine_caps(run->engine);
    const fm_pair_info *info = &run->info;
    fmi_session_step(run, "device: %s, %s, driver %s", caps->name, caps->platform, caps->driver);
    fmi_session_step(run, "meshes read: A in %.3f s, B in %.3f s",
                     run->input[0].end - run->input[0].begin,
                     run->input[1].end - run->input[1].begin);
    fmi_session_step(run, "topology matches: %u positions, %u vertices, %u triangles",
                     info->positions, info->vertices, info->triangles);
    if (info->textured)
        fmi_session_step(run, "textures: %u x %u, %" PRIu64 " background texels filled",
                         info->texture_width, info->texture_height, info->filled_texels);
    else
        fmi_session_step(run, "no textures, shape only: %s",
                         run->input[0].reason[0] != '\0' ? run->input[0].reason
                                                         : run->input[1].reason);
}

static void drop_inputs(fmi_run *run) {
    if (run->own != NULL)
        fmi_loads_free(run->own);
    run->side[0] = run->side[1] = NULL;
}

fm_pair_params fmi_run_pair_params(const fmi_morph_options *options, const fmi_side *a,
                                   const fmi_side *b) {
    return (fm_pair_params){
        .struct_size = sizeof(fm_pair_params),
        .image_a = a->texture.view.pixels != NULL ? &a->texture.view : NULL,
        .image_b = b->texture.view.pixels != NULL ? &b->texture.view : NULL,
        .keep_background = options->keep_background,
        .align = options->align,
        .half = options->half,
    };
}

/* It may be on the device already. */
static fm_status take_staged(fmi_run *run, fm_error *err) {
    fm_stats before = {0};
    fm_stats after = {0};
    (void)fm_staged_info_get(run->staged, &run->sent);
    (void)fm_engine_stats(run->engine, &before);
    fm_status status = fm_pair_create_staged(&run->pair, &run->staged, err);
    (void)fm_engine_stats(run->engine, &after);
    if (after.to_device_count != before.to_device_count)
        run->sent = (fm_staged_info){0}; /* it went up now */
    double end = run->sent.arrived_s > 0.0 ? run->sent.arrived_s : since_start();
    if (run->sent.transfers > 0)
        fmi_trace_add(run->trace, FMI_TRACK_NEXT, "upload", run->sent.began_s, end);
    return status;
}

static fm_status make_pair(fmi_run *run, fm_error *err) {
    const fmi_side *a = run->side[0];
    const fmi_side *b = run->side[1];
    const fm_pair_params params = fmi_run_pair_params(run->options, a, b);
    double built = fmi_run_build_seconds(run);
    keep_facts(run);
    fmi_stages_enter(&run->stages, FMI_STAGE_UPLOAD, since_start());
    fm_status status = run->staged != NULL
                           ? take_staged(run, err)
                           : fmi_precision_pair(run, &a->mesh, &b->mesh, &params, err);
    /* The exports of a full run, and the reference, want meshes and textures again. */
    if (!run->options->full && !run->options->verify)
        drop_inputs(run);
    fmi_stages_leave(&run->stages, since_start());
    fmi_stages_move(&run->stages, FMI_STAGE_UPLOAD, FMI_STAGE_BUILD,
                    fmi_run_build_seconds(run) - built);
    if (status == FM_OK)
        status = fm_pair_info_get(run->pair, &run->info);
    if (status == FM_OK)
        log_pair(run);
    return status;
}

static void log_plan(fmi_run *run) {
    const fm_plan *plan = &run->plan;
    fmi_session_step(run,
                     "renderer: %s kernels, level %s, %u %s a launch (limit: %s), tiles of %u "
                     "pixels, %" PRIu64 " bytes on the device",
                     fm_specialisation_name(plan->specialisation),
                     fm_level_name(run->options->level), plan->batch,
                     plan->batch == 1 ? "frame" : "frames", fmi_run_limit(run), plan->tile,
                     plan->bytes_fixed + plan->batch * plan->bytes_per_frame);
}

static fm_status make_plan(fmi_run *run, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fmi_stages_enter(&run->stages, FMI_STAGE_UPLOAD, since_start());
    const fm_view *view = &options->view;
    fm_status status =
        run->shapes ? fm_shapes_render_plan(run->shapes, options->frames, view, &run->plan, err)
                    : fm_render_plan(run->pair, options->frames, view, &run->plan, err);
    fmi_stages_leave(&run->stages, since_start());
    uint32_t asked = options->view.batch < options->frames ? options->view.batch : options->frames;
    if (status == FM_OK && asked > run->plan.batch)
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "--batch: %u frames do not fit; %u %s rendered at once (limit: %s)",
                        options->view.batch, run->plan.batch, run->plan.batch == 1 ? "is" : "are",
                        fmi_run_limit(run));
    if (status == FM_OK)
        status = fmi_run_stats(run, err);
    if (status == FM_OK)
        log_plan(run);
    return status;
}

static fm_status render_frames(fmi_run *run, char **json, fm_error *err) {
    double built = fmi_run_build_seconds(run);
    fm_status status = fmi_run_frames(run, err);
    if (status != FM_OK)
        return status;
    fmi_stages_move(&run->stages, FMI_STAGE_RENDER, FMI_STAGE_BUILD,
                    fmi_run_build_seconds(run) - built - run->heatmap_build);
    run->plan = run->report.plan;
    status = fmi_run_stats(run, err);
    return status == FM_OK ? fmi_run_publish(run, json, err) : status;
}

static fm_status dry_run(fmi_run *run, char **json, fm_error *err) {
    return run->options->json ? fmi_run_json(run, since_start(), json, err)
                              : fmi_run_print_plan(run, err);
}

fm_status fmi_run_stats(fmi_run *run, fm_error *err) {
    fm_stats *stats = &run->stats;
    const fm_stats *before = &run->before;
    (void)err;
    fm_status status = fm_engine_stats(run->engine, stats);
    stats->to_device_count -= before->to_device_count;
    stats->to_device_bytes -= before->to_device_bytes;
    stats->ahead_to_device_count -= before->ahead_to_device_count;
    stats->ahead_to_device_bytes -= before->ahead_to_device_bytes;
    stats->from_device_count -= before->from_device_count;
    stats->from_device_bytes -= before->from_device_bytes;
    stats->loop_to_device_bytes -= before->loop_to_device_bytes;
    stats->launches -= before->launches;
    stats->builds -= before->builds;
    stats->cache_hits -= before->cache_hits;
    stats->list_regrows -= before->list_regrows;
    stats->recoveries -= before->recoveries;
    stats->fallbacks -= before->fallbacks;
    stats->clipped_pixels -= before->clipped_pixels;
    stats->rejected_triangles -= before->rejected_triangles;
    return status;
}

fm_status fmi_run_begin(fmi_run *run, const char *name, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fmi_names_make(&run->names, options->path_a, options->path_b);
    if (!options->raw) {
        if (strlen(options->output) > FMI_PATH_MOST)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "-o: the path is longer than %d bytes; choose a shorter one",
                            FMI_PATH_MOST);
        fmi_names_folder(&run->names, options->output, run->folder, sizeof run->folder);
        if (name != NULL)
            snprintf(run->folder, sizeof run->folder, "%s/%s", options->output, name);
    }
    fmi_session_begin(run);
    return fmi_guard_outputs(run, err);
}

fm_status fmi_run_make(fmi_run *run, char **json, fm_error *err) {
    *json = NULL;
    fm_status status = fmi_interrupt_check(err);
    if (status == FM_OK)
        status = run->make ? run->make(run, err) : make_pair(run, err);
    if (status == FM_OK)
        status = make_plan(run, err);
    if (status == FM_OK)
        status = run->options->dry_run ? dry_run(run, json, err) : render_frames(run, json, err);
    return status;
}

void fmi_run_end(fmi_run *run) {
    fmi_progress_end(&run->progress);
    fmi_steps_end(run);
    fmi_backdrop_close(&run->backdrop);
    fmi_verify_free(&run->verify);
    fm_heatmap_destroy(&run->heatmap);
    fm_pair_destroy(&run->pair);
    fm_staged_destroy(&run->staged);
    fm_shapes_destroy(&run->shapes);
    fmi_output_dir_abort(&run->dir);
    free(run->batches);
    memset(run, 0, sizeof *run);
}
