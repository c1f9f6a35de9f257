/* SPDX-License-Identifier: MIT */
/* --mesh-textures all: each frame's blend of both textures, made on the device, as the PNG that the
 * frame's mesh names. */
#include "step.h"

#include "error.h"
#include "io/cores.h"

#include <fm/textures.h>

#include <stdlib.h>
#include <string.h>

#define RING_BYTES (UINT64_C(64) << 20) /* of waiting textures */

static bool wanted(const fmi_morph_options *options) {
    return options->full && options->mesh_textures == FMI_TEXTURES_ALL;
}

static void name_blend(const fmi_run *run, uint32_t i, char name[FMI_NAME_FRAME + 8]) {
    memcpy(name, "mesh/", 6);
    fmi_names_frame(&run->names, i, run->options->frames, name + 5, FMI_NAME_FRAME);
}

static fm_status list(fmi_run *run, fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < run->options->frames && run->info.textured && status == FM_OK; i++) {
        char name[FMI_NAME_FRAME + 8];
        name_blend(run, i, name);
        status = fmi_run_output(run, name, err);
    }
    return status;
}

static fm_status begin(fmi_run *run, void **state, fm_error *err) {
    uint64_t bytes = (uint64_t)run->info.texture_width * run->info.texture_height * 3;
    uint32_t workers = run->options->threads > 0 ? run->options->threads : fmi_usable_cores();
    uint64_t slots = 2 * (uint64_t)workers + 2;
    fmi_encoder *encoder = NULL;
    if (!run->info.textured) /* the meshes have said so */
        return FM_OK;
    if (run->options->device != NULL && strcmp(run->options->device, "ref") == 0)
        return fmi_fail(err, FM_ERROR_UNSUPPORTED,
                        "--mesh-textures all: the reference device blends no textures; use ends, "
                        "none, or another --device");
    if (slots * bytes > RING_BYTES)
        slots = RING_BYTES / bytes > 2 ? RING_BYTES / bytes : 2;
    const fmi_encoder_params params = {.workers = workers > 1 ? workers - 1 : 1,
                                       .slots = (uint32_t)slots};
    fm_status status = fmi_encoder_create(&encoder, &params, err);
    *state = encoder;
    return status;
}

/* Where a texture goes. */
typedef struct target {
    fmi_run *run;
    fmi_encoder *encoder;
} target;

static fm_status take_texture(void *user, const fm_texture *texture, fm_error *err) {
    const target *to = user;
    char name[FMI_NAME_FRAME + 8], path[FMI_RUN_FILE];
    const fm_image image = {.pixels = texture->values,
                            .width = texture->width,
                            .height = texture->height,
                            .channels = 3,
                            .row_bytes = texture->width * 3};
    name_blend(to->run, texture->index, name);
    fmi_run_path(to->run, name, path);
    return fmi_encoder_push(to->encoder, &image, path, err);
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    const fm_textures_params params = {.struct_size = sizeof params, .format = FM_TEXTURE_BYTE};
    uint32_t n = run->options->frames;
    target to = {.run = run, .encoder = state};
    if (state == NULL)
        return FM_OK;
    float *t = malloc(n * sizeof *t);
    if (t == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    for (uint32_t i = 0; i < n; i++)
        t[i] = fmi_frame_weight(i, n);
    fm_status status = fm_morph_textures(run->pair, t, n, &params, take_texture, &to, NULL, err);
    free(t);
    return status == FM_OK ? fmi_encoder_finish(to.encoder, NULL, err) : status;
}

static void end(void **state) {
    fmi_encoder *encoder = *state;
    fmi_encoder_destroy(&encoder);
    *state = NULL;
}

const fmi_step fmi_step_textures = {
    .name = "textures",
    .stage = FMI_STAGE_TEXTURES,
    .wanted = wanted,
    .list = list,
    .begin = begin,
    .finish = finish,
    .end = end,
};
