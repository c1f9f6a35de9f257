/* SPDX-License-Identifier: MIT */
#include "input.h"

#include "error.h"
#include "io/confined.h"
#include "io/load.h"
#include "pcg.h"
#include "raster_ref.h"
#include "view.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fm_status make_input(fmi_input **input, fm_error *err) {
    *input = calloc(1, sizeof **input);
    if (!*input)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the input of the cases");
    return FM_OK;
}

static fm_status join(fmi_input *input, const fm_log *log, fm_error *err) {
    const fm_status status =
        fmi_pair_join(&input->joined, &input->mesh[0], &input->mesh[1], FM_ALIGN_NONE, log, err);
    input->vertices = input->joined.position_count;
    return status;
}

static fm_status make_black(fmi_sample_head *head, uint32_t edge, fm_error *err) {
    head->texture = calloc((size_t)edge * edge, 3);
    head->texture_edge = edge;
    return head->texture ? FM_OK
                         : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a texture of %u x %u",
                                    edge, edge);
}

/* One made-up head as mesh and image of a side. */
static fm_status make_side(fmi_input *input, int side, const fmi_sample_params *params, bool blank,
                           fm_error *err) {
    fmi_sample_head *head = &input->head[side];
    fm_status status = fmi_sample_shape(head, params, (uint32_t)side, err);
    if (status == FM_OK)
        status = blank ? make_black(head, params->texture, err)
                       : fmi_sample_texture(head, params, (uint32_t)side, err);
    if (status == FM_OK)
        status =
            fmi_sample_corners(head, &input->corner_positions[side], &input->corner_uvs[side], err);
    input->mesh[side] = (fm_mesh){.positions = input->corner_positions[side],
                                  .uvs = input->corner_uvs[side],
                                  .polygon_sizes = head->polygon_sizes,
                                  .corner_count = head->corner_count,
                                  .polygon_count = head->polygon_count,
                                  .label = side ? "head_b" : "head_a"};
    input->image[side] = (fm_image){.pixels = head->texture,
                                    .width = head->texture_edge,
                                    .height = head->texture_edge,
                                    .channels = 3,
                                    .row_bytes = head->texture_edge * 3};
    return status;
}

static fm_status make_heads(fmi_input **input, const fmi_sample_params *params, bool blank,
                            fm_error *err) {
    fm_status status = make_input(input, err);
    if (status == FM_OK)
        status = make_side(*input, 0, params, blank, err);
    if (status == FM_OK)
        status = make_side(*input, 1, params, blank, err);
    if (status == FM_OK)
        status = join(*input, NULL, err);
    if (status != FM_OK) {
        fmi_input_destroy(input);
        return fmi_while(err, status, "while making the sample heads");
    }
    (void)snprintf((*input)->label, sizeof(*input)->label,
                   "sample heads, %u vertices, %u x %u textures, seed %u", (*input)->vertices,
                   (*input)->head[0].texture_edge, (*input)->head[0].texture_edge,
                   params && params->seed ? params->seed : 1U);
    return FM_OK;
}

fm_status fmi_input_sample(fmi_input **input, const fmi_sample_params *params, fm_error *err) {
    return make_heads(input, params, false, err);
}

fm_status fmi_input_sample_blank(fmi_input **input, const fmi_sample_params *params,
                                 fm_error *err) {
    return make_heads(input, params, true, err);
}

fm_status fmi_input_files(fmi_input **input, const char *path_a, const char *path_b,
                          const fm_log *log, const volatile sig_atomic_t *cancel, fm_error *err) {
    fm_status status = make_input(input, err);
    if (status != FM_OK)
        return status;
    (*input)->sides = calloc(2, sizeof *(*input)->sides);
    if (!(*input)->sides) {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the two sides of a pair");
        goto fail;
    }
    const char *const paths[2] = {path_a, path_b};
    for (int i = 0; i < 2; ++i) {
        status = fmi_side_load_confined(&(*input)->sides[i], paths[i], NULL, log, cancel, err);
        if (status != FM_OK)
            goto fail;
        (*input)->mesh[i] = (*input)->sides[i].mesh;
    }
    /* One texture alone is not used: both sides are grey then, as in fmorph. */
    if ((*input)->sides[0].texture.view.pixels && (*input)->sides[1].texture.view.pixels)
        for (int i = 0; i < 2; ++i)
            (*input)->image[i] = (*input)->sides[i].texture.view;
    status = join(*input, log, err);
    if (status != FM_OK)
        goto fail;
    const char *a = strrchr(path_a, '/');
    const char *b = strrchr(path_b, '/');
    (void)snprintf((*input)->label, sizeof(*input)->label, "%.90s, %.90s", a ? a + 1 : path_a,
                   b ? b + 1 : path_b);
    return FM_OK;
fail:
    fmi_input_destroy(input);
    return status;
}

/* Mostly values of a head in metres; sometimes zero, equal in both shapes, or huge. */
static void random_point(fmi_pcg *pcg, float *a, float *b) {
    const uint32_t kind = fmi_pcg_below(pcg, 16);
    const double scale = kind == 0 ? 1e30 : kind == 1 ? 0.0 : 1.0;
    *a = (float)(scale * (2.0 * fmi_pcg_unit(pcg) - 1.0));
    *b = kind == 2 ? *a : (float)(scale * (2.0 * fmi_pcg_unit(pcg) - 1.0));
}

fm_status fmi_input_points(fmi_input **input, uint32_t vertices, uint64_t seed, fm_error *err) {
    const fm_status status = make_input(input, err);
    if (status != FM_OK)
        return status;
    fmi_joined *joined = &(*input)->joined;
    joined->positions_a = malloc(sizeof(float) * 3 * vertices);
    joined->positions_b = malloc(sizeof(float) * 3 * vertices);
    if (!joined->positions_a || !joined->positions_b) {
        fmi_input_destroy(input);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u random points", vertices);
    }
    fmi_pcg pcg = fmi_pcg_seed(seed);
    for (size_t i = 0; i < (size_t)vertices * 3; ++i)
        random_point(&pcg, &joined->positions_a[i], &joined->positions_b[i]);
    joined->position_count = vertices;
    (*input)->vertices = vertices;
    (*input)->points_only = true;
    (void)snprintf((*input)->label, sizeof(*input)->label, "%u random points, seed %llu", vertices,
                   (unsigned long long)seed);
    return FM_OK;
}

static void free_owned(fmi_input *input) {
    for (int i = 0; i < 2; ++i) {
        fmi_ref_texture_free(&input->texture[i]);
        fmi_sample_free(&input->head[i]);
        free(input->corner_positions[i]);
        free(input->corner_uvs[i]);
        if (input->sides)
            fmi_side_free(&input->sides[i]);
    }
    fmi_joined_free(&input->joined);
    free(input->sides);
}

/* What a user of a shared mapping added to it. */
static void free_added(fmi_input *input) {
    for (int i = 0; i < 2; ++i) {
        if (input->run_names[i])
            free((void *)(uintptr_t)input->mesh[i].runs);
        free(input->run_names[i]);
    }
    if (input->textures_made && !input->borrowed_textures)
        for (int i = 0; i < 2; ++i)
            fmi_ref_texture_free(&input->texture[i]);
}

void fmi_input_destroy(fmi_input **input) {
    if (!*input)
        return;
    for (uint32_t i = (*input)->borrowed_kept; i < (*input)->kept_count; ++i) {
        free((*input)->kept[i].pixels);
        free((*input)->kept[i].owner);
    }
    if ((*input)->borrowed)
        free_added(*input);
    else
        free_owned(*input);
    free(*input);
    *input = NULL;
}

fm_status fmi_input_pair(const fmi_input *input, fm_engine *engine, bool untextured, bool half,
                         fm_pair **pair, fm_error *err) {
    *pair = NULL;
    if (input->points_only)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s have no triangles to render; pass meshes", input->label);
    const bool textured = !untextured && input->image[0].pixels && input->image[1].pixels;
    const fm_pair_params params = {.struct_size = sizeof params,
                                   .half = half,
                                   .image_a = textured ? &input->image[0] : NULL,
                                   .image_b = textured ? &input->image[1] : NULL};
    return fm_pair_create(pair, engine, &input->mesh[0], &input->mesh[1], &params, err);
}

static fm_status make_textures(fmi_input *input, fm_error *err) {
    if (input->textures_made || !input->image[0].pixels || !input->joined.uvs)
        return FM_OK;
    const fmi_ref_mesh mesh = fmi_raster_ref_mesh(&input->joined);
    for (int i = 0; i < 2; ++i) {
        uint64_t filled = 0;
        const fm_status status =
            fmi_ref_texture_make(&input->texture[i], &mesh, &input->image[i], false,
                                 input->image[0].width, input->image[0].height, &filled, err);
        if (status != FM_OK)
            return status;
    }
    input->textures_made = true;
    return FM_OK;
}

fm_status fmi_input_textures(fmi_input *input, const fmi_ref_texture **textures, fm_error *err) {
    const fm_status status = make_textures(input, err);
    *textures = status == FM_OK && input->textures_made ? input->texture : NULL;
    return status;
}

fm_status fmi_input_camera(const fmi_input *input, const fmi_picture_kind *kind,
                           fmi_ref_camera *camera, fm_error *err) {
    const fm_view asked = {
        .struct_size = sizeof asked, .width = kind->width, .height = kind->height};
    fm_view view;
    fmi_camera made;
    fm_status status = fmi_view_resolve(&asked, &view, err);
    if (status == FM_OK)
        status = fmi_camera_make(&made, &input->joined, &view, err);
    if (status != FM_OK)
        return status;
    *camera = (fmi_ref_camera){.focal_px = made.focal_px,
                               .half_width = made.half_width,
                               .half_height = made.half_height,
                               .near_w = made.near_w,
                               .width = kind->width,
                               .height = kind->height,
                               .trilinear = kind->trilinear,
                               .samples = kind->samples,
                               .cull = !view.no_cull,
                               .transparent = view.transparent};
    memcpy(camera->to_camera, made.to_camera, sizeof camera->to_camera);
    memcpy(camera->background, view.background, sizeof camera->background);
    return FM_OK;
}

static bool same_kind(const fmi_picture_kind *a, const fmi_picture_kind *b) {
    return a->width == b->width && a->height == b->height && a->samples == b->samples &&
           a->trilinear == b->trilinear && a->untextured == b->untextured;
}

static bool find_kept(const fmi_input *input, fmi_reference *frame) {
    for (uint32_t i = 0; i < input->kept_count; ++i) {
        const fmi_reference *kept = &input->kept[i];
        if (same_kind(&kept->kind, &frame->kind) && !(kept->t < frame->t) &&
            !(kept->t > frame->t)) {
            *frame = *kept;
            return true;
        }
    }
    return false;
}

static void keep_common(fmi_input *input, const fmi_reference *frame) {
    const float doubled = 2.0F * frame->t;
    const bool common = (float)(int)doubled >= doubled; /* 0, 0.5 or 1 */
    uint64_t bytes = 0;
    for (uint32_t i = 0; i <= input->kept_count; ++i) {
        const fmi_picture_kind *kind = i < input->kept_count ? &input->kept[i].kind : &frame->kind;
        bytes += (uint64_t)kind->width * kind->height * 7;
    }
    if (common && input->kept_count < FMI_INPUT_KEPT && bytes <= FMI_INPUT_KEPT_BYTES)
        input->kept[input->kept_count++] = *frame;
}

fm_status fmi_input_reference(fmi_input *input, const fmi_picture_kind *kind, float t,
                              fmi_reference *frame, fm_error *err) {
    const uint32_t width = kind->width;
    const uint32_t height = kind->height;
    *frame = (fmi_reference){.t = t, .kind = *kind};
    if (find_kept(input, frame))
        return FM_OK;
    fmi_ref_camera camera;
    fm_status status = fmi_input_camera(input, kind, &camera, err);
    if (status == FM_OK && !kind->untextured)
        status = make_textures(input, err);
    if (status != FM_OK)
        return status;
    frame->pixels = malloc((size_t)width * height * 3);
    frame->owner = malloc((size_t)width * height * sizeof *frame->owner);
    if (frame->pixels && frame->owner) {
        const fmi_ref_mesh mesh = fmi_raster_ref_mesh(&input->joined);
        const fmi_ref_texture *textures =
            input->textures_made && !kind->untextured ? input->texture : NULL;
        status = fmi_ref_render(&mesh, textures, textures ? textures + 1 : NULL, &camera, t,
                                frame->pixels, NULL, frame->owner, err);
    } else {
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a %u x %u reference frame",
                          width, height);
    }
    if (status != FM_OK) {
        free(frame->pixels);
        free(frame->owner);
        *frame = (fmi_reference){0};
        return status;
    }
    keep_common(input, frame);
    return FM_OK;
}

void fmi_input_release(const fmi_input *input, fmi_reference *frame) {
    for (uint32_t i = 0; i < input->kept_count; ++i)
        if (input->kept[i].pixels == frame->pixels)
            frame->pixels = NULL;
    if (frame->pixels) {
        free(frame->pixels);
        free(frame->owner);
    }
    *frame = (fmi_reference){0};
}
