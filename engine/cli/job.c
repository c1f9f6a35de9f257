/* SPDX-License-Identifier: MIT */
#include "job.h"

#include "io/hash.h"

#include <fm_revision.h>

#include <inttypes.h>
#include <stdio.h>

#define TEXT_BYTES 2048

uint64_t fmi_side_hash(const fmi_side *side) {
    const fm_image *image = &side->texture.view;
    uint64_t facts[4] = {side->blob->hash, image->width, image->height, image->channels};
    uint64_t seed = fmi_hash64(facts, sizeof facts, 0);
    if (image->pixels == NULL)
        return seed;
    return fmi_hash64(image->pixels, (size_t)image->height * image->row_bytes, seed);
}

/* One line of text that holds every option with an effect; a new option belongs here. */
static int write_picture(char *text, size_t bytes, const fmi_run *run) {
    const fmi_morph_options *o = run->options;
    const fm_view *v = &o->view;
    return snprintf(
        text, bytes,
        "fmorph %s %s;%s;%s;%016" PRIx64 ";%016" PRIx64 ";frames %u;%ux%u;camera %a %a %a %a;"
        "fit %d;cull %d;clear %d;back %d %u %u %u;samples %u;trilinear %d;align %d;fill %d;"
        "extreme %d;half %d;",
        fm_version(), FM_REVISION, run->names.a, run->names.b, run->input[0].hash,
        run->input[1].hash, o->frames, v->width, v->height, (double)v->yaw_degrees,
        (double)v->pitch_degrees, (double)v->distance, (double)v->fov_degrees, !v->no_fit,
        !v->no_cull, v->transparent, v->background_set, v->background[0], v->background[1],
        v->background[2], v->samples, v->trilinear, (int)o->align, !o->keep_background,
        o->level == FM_LEVEL_EXTREME, o->half);
}

static int write_video(char *text, size_t bytes, const fmi_morph_options *o) {
    return snprintf(text, bytes, "video %u %d %s %u;", o->fps, (int)o->crf,
                    o->codec != NULL ? o->codec : "", o->threads);
}

static int write_meshes(char *text, size_t bytes, const fmi_morph_options *o) {
    return snprintf(text, bytes, "meshes %d %d %u;", (int)o->mesh_format, (int)o->mesh_textures,
                    o->fps);
}

fm_status fmi_job_hash(const fmi_run *run, char out[FMI_JOB_HEX], fm_error *err) {
    const fmi_morph_options *o = run->options;
    char text[TEXT_BYTES];
    int n = write_picture(text, sizeof text, run);
    n += snprintf(text + n, sizeof text - (size_t)n, "full %d;heatmaps %d;sheet %d;", o->full,
                  o->heatmaps, o->contact_sheet);
    n += write_video(text + n, sizeof text - (size_t)n, o);
    (void)write_meshes(text + n, sizeof text - (size_t)n, o);
    return fmi_hash_text(out, text, run->options->background_file, err);
}

fm_status fmi_step_hash(const fmi_run *run, const char *step, fmi_stage stage,
                        char out[FMI_JOB_HEX], fm_error *err) {
    const fm_caps *caps = fm_engine_caps(run->engine);
    char text[TEXT_BYTES];
    int n = write_picture(text, sizeof text, run);
    n += snprintf(text + n, sizeof text - (size_t)n, "step %.40s;%.200s;%.200s;%s;", step, caps->id,
                  caps->driver, fm_specialisation_name(run->plan.specialisation));
    if (stage == FMI_STAGE_VIDEO)
        n += write_video(text + n, sizeof text - (size_t)n, run->options);
    if (stage == FMI_STAGE_MESHES)
        (void)write_meshes(text + n, sizeof text - (size_t)n, run->options);
    return fmi_hash_text(out, text, run->options->background_file, err);
}
