/* SPDX-License-Identifier: MIT */
/* The llvmpipe peer: Mesa's software rasteriser in one process a core, each rendering every n-th
 * frame on one thread of its own: faster than one process with n threads. */
#include "peers/llvmpipe_scene.h"

#include "child.h"
#include "error.h"
#include "frames.h"
#include "io/cores.h"
#include "peer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define START_S 60.0  /* Mesa compiles its shaders */
#define ANSWER_S 60.0 /* of a launch */
#define FAR_OVER_NEAR 1000.0
#define PSNR_AT_LEAST 30.0 /* edges move by one pixel between the two, faces do not */
#define COVERED_WITHIN 0.01

typedef struct state {
    const fmi_case_params *params;
    fmi_llvmpipe_scene *scene;
    int descriptor;
    size_t bytes;
    fmi_child child[FMI_LLVMPIPE_PROCESSES];
    uint32_t processes;
    double covered_fraction;
} state;

/* Eight for every process: after that each frame costs what the one before it did. */
static uint32_t some(const fmi_case_params *params) {
    const uint32_t most = 8 * fmi_usable_cores();
    return params->batch < most ? params->batch : most;
}

static fm_status program_path(char path[1024]) {
    const char *named = getenv("FM_LLVMPIPE");
    if (named) {
        (void)snprintf(path, 1024, "%s", named);
        return FM_OK;
    }
    fm_status status = fmi_child_path(path, 1024, FMI_LLVMPIPE_PROGRAM, NULL);
    if (status == FM_OK && access(path, X_OK) != 0) /* installed */
        status = fmi_child_path(path, 1024, "../libexec/facemorph/" FMI_LLVMPIPE_PROGRAM, NULL);
    return status;
}

static const char *unavailable(const fmi_case_params *params) {
    (void)params;
    char path[1024];
    if (program_path(path) != FM_OK || access(path, X_OK) != 0)
        return "built without OSMesa (libosmesa6-dev)";
    return NULL;
}

/* --- the scene ------------------------------------------------------------------------------ */

static uint64_t take(uint64_t *total, uint64_t bytes) {
    const uint64_t at = *total;
    *total += (bytes + 63) / 64 * 64;
    return at;
}

static void lay_out(fmi_llvmpipe_scene *s, const fmi_case_params *params, uint64_t *total) {
    const fmi_joined *joined = &params->input->joined;
    const fm_image *image = params->input->image;
    const bool textured = !params->untextured && image[0].pixels && joined->uvs;
    const uint64_t points = sizeof(float) * 3 * (uint64_t)joined->vertex_count;
    *s = (fmi_llvmpipe_scene){.magic = FMI_LLVMPIPE_MAGIC,
                              .vertices = joined->vertex_count,
                              .triangles = joined->triangle_count,
                              .texture_width = textured ? image[0].width : 0,
                              .texture_height = textured ? image[0].height : 0,
                              .width = params->width,
                              .height = params->height,
                              .samples = params->samples ? params->samples : 1,
                              .trilinear = params->filter == FMI_FILTER_TRILINEAR};
    const uint64_t texels = (uint64_t)s->texture_width * s->texture_height * 3;
    *total = sizeof *s;
    *total = (*total + 63) / 64 * 64;
    s->a = take(total, points);
    s->b = take(total, points);
    s->q0 = take(total, points);
    s->q1 = take(total, points);
    s->q2 = take(total, points);
    s->uvs = take(total, points);
    s->indices = take(total, sizeof(uint32_t) * 3 * (uint64_t)s->triangles);
    s->texture_a = take(total, texels);
    s->texture_b = take(total, texels);
    s->frame_bytes = (4 * (uint64_t)s->width * s->height + 63) / 64 * 64;
    s->frame = take(total, s->frame_bytes * FMI_LLVMPIPE_PROCESSES);
}

static float *floats(const fmi_llvmpipe_scene *s, uint64_t offset) {
    return (float *)(void *)((char *)(uintptr_t)s + offset);
}

/* From one per position to one per vertex. */
static void expand(const fmi_llvmpipe_scene *s, uint64_t offset, const fmi_joined *joined,
                   const float *from) {
    float *to = floats(s, offset);
    for (size_t v = 0; v < joined->vertex_count; ++v)
        memcpy(to + 3 * v, from + 3 * (size_t)joined->vertex_position[v], 3 * sizeof *to);
}

/* Our texel 0 lies at u = 0, OpenGL's at half a texel. */
static void put_uvs(const fmi_llvmpipe_scene *s, const fmi_joined *joined) {
    float *to = floats(s, s->uvs);
    for (size_t v = 0; v < joined->vertex_count; ++v) {
        const float x = fminf(fmaxf(joined->uvs[2 * v], 0.0F), 1.0F);
        const float y = 1.0F - fminf(fmaxf(joined->uvs[2 * v + 1], 0.0F), 1.0F);
        const float width = (float)s->texture_width;
        const float height = (float)s->texture_height;
        to[2 * v] = (x * (width - 1.0F) + 0.5F) / width;
        to[2 * v + 1] = (y * (height - 1.0F) + 0.5F) / height;
    }
}

static void put_camera(fmi_llvmpipe_scene *s, const fmi_ref_camera *camera) {
    const double near_w = camera->near_w;
    const double far_w = near_w * FAR_OVER_NEAR;
    s->projection[0] = (float)(camera->focal_px / camera->half_width);
    s->projection[5] = (float)(camera->focal_px / camera->half_height);
    s->projection[10] = (float)(-(far_w + near_w) / (far_w - near_w));
    s->projection[11] = -1.0F;
    s->projection[14] = (float)(-2.0 * far_w * near_w / (far_w - near_w));
    s->to_camera[15] = 1.0F;
    for (size_t row = 0; row < 3; ++row) {
        const double *m = camera->to_camera + 4 * row;
        const double length = sqrt(m[0] * m[0] + m[1] * m[1] + m[2] * m[2]);
        for (size_t column = 0; column < 4; ++column)
            s->to_camera[4 * column + row] = (float)m[column];
        for (size_t column = 0; column < 3; ++column)
            s->rotation[3 * column + row] = (float)(m[column] / length);
    }
}

static fm_status put_mesh(fmi_llvmpipe_scene *s, const fmi_joined *joined, fm_error *err) {
    const size_t values = 3 * (size_t)joined->position_count;
    float *q = malloc(3 * values * sizeof *q);
    fm_status status =
        q ? fmi_joined_normals(joined, q, q + values, q + 2 * values, err)
          : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the normals of the llvmpipe peer");
    if (status == FM_OK) {
        expand(s, s->a, joined, joined->positions_a);
        expand(s, s->b, joined, joined->positions_b);
        expand(s, s->q0, joined, q);
        expand(s, s->q1, joined, q + values);
        expand(s, s->q2, joined, q + 2 * values);
        memcpy((char *)s + s->indices, joined->triangles,
               sizeof(uint32_t) * 3 * (size_t)joined->triangle_count);
    }
    free(q);
    return status;
}

static fm_status put_textures(fmi_llvmpipe_scene *s, fmi_input *input, fm_error *err) {
    const fmi_ref_texture *filled = NULL;
    const fm_status status = fmi_input_textures(input, &filled, err);
    if (status != FM_OK)
        return status;
    const size_t bytes = (size_t)s->texture_width * s->texture_height * 3;
    memcpy((char *)s + s->texture_a, filled[0].level[0], bytes);
    memcpy((char *)s + s->texture_b, filled[1].level[0], bytes);
    put_uvs(s, &input->joined);
    return FM_OK;
}

static fm_status make_scene(state *p, fm_error *err) {
    fmi_llvmpipe_scene head;
    uint64_t total = 0;
    void *mapping = NULL;
    lay_out(&head, p->params, &total);
    fm_status status = fmi_shared_create(&mapping, &p->descriptor, total, err);
    if (status != FM_OK)
        return status;
    p->scene = mapping;
    p->bytes = total;
    *p->scene = head;
    fmi_ref_camera camera;
    const fmi_picture_kind kind = fmi_frames_kind(p->params);
    status = fmi_input_camera(p->params->input, &kind, &camera, err);
    if (status != FM_OK)
        return status;
    put_camera(p->scene, &camera);
    status = put_mesh(p->scene, &p->params->input->joined, err);
    if (status == FM_OK && head.texture_width)
        status = put_textures(p->scene, p->params->input, err);
    return status;
}

/* --- the processes -------------------------------------------------------------------------- */

static fm_status read_answer(state *p, uint32_t i, double timeout_s, fm_error *err) {
    fmi_llvmpipe_answer answer;
    const fm_status status =
        fmi_child_read(&p->child[i], &answer, sizeof answer, timeout_s, p->params->cancel, err);
    if (status != FM_OK)
        return fmi_while(err, status, "while llvmpipe process %u was to answer", i);
    if (answer.ok)
        return FM_OK;
    answer.reason[sizeof answer.reason - 1] = '\0';
    return fmi_fail(err, FM_ERROR_UNSUPPORTED, "llvmpipe process %u: %s", i,
                    answer.reason[0] ? answer.reason : "OpenGL reported an error");
}

static fm_status start_processes(state *p, fm_error *err) {
    static const char *const settings[] = {"LP_NUM_THREADS=0", "GALLIUM_DRIVER=llvmpipe",
                                           "OCL_ICD_VENDORS=/nonexistent", NULL};
    char path[1024];
    const uint32_t cores = fmi_usable_cores();
    fm_status status = program_path(path);
    p->processes = cores < FMI_LLVMPIPE_PROCESSES ? cores : FMI_LLVMPIPE_PROCESSES;
    for (uint32_t i = 0; status == FM_OK && i < p->processes; ++i) {
        char number[16];
        const char *const arguments[] = {number, NULL};
        (void)snprintf(number, sizeof number, "%u", i);
        const fmi_child_params params = {.program = path,
                                         .arguments = arguments,
                                         .settings = settings,
                                         .shared = p->descriptor,
                                         .silent = true};
        status = fmi_child_start(&p->child[i], &params, err);
    }
    for (uint32_t i = 0; status == FM_OK && i < p->processes; ++i)
        status = read_answer(p, i, START_S, err);
    return status;
}

/* Frames of the launch: whoever is free takes the next one. */
static fm_status render(state *p, bool count, fm_error *err) {
    const uint32_t total = p->params->batch;
    const uint32_t busy = total < p->processes ? total : p->processes;
    const fmi_llvmpipe_command command = {.total = total, .last = total, .count = count};
    fm_status status = FM_OK;
    atomic_store(&p->scene->next, 0);
    for (uint32_t i = 0; status == FM_OK && i < busy; ++i) {
        status = fmi_child_write(&p->child[i], &command, sizeof command, err);
    }
    for (uint32_t i = 0; status == FM_OK && i < busy; ++i)
        status = read_answer(p, i, ANSWER_S, err);
    return status;
}

static void destroy(void **handle) {
    state *p = *handle;
    if (!p)
        return;
    for (uint32_t i = 0; i < FMI_LLVMPIPE_PROCESSES; ++i)
        fmi_child_end(&p->child[i], 1.0);
    fmi_shared_destroy(p->scene, p->descriptor, p->bytes);
    free(p);
    *handle = NULL;
}

static fm_status create(void **handle, const fmi_case_params *params, fm_error *err) {
    *handle = NULL;
    state *p = calloc(1, sizeof *p);
    if (!p)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the llvmpipe peer");
    p->params = params;
    fm_status status = make_scene(p, err);
    if (status == FM_OK)
        status = start_processes(p, err);
    if (status != FM_OK) {
        void *half = p;
        destroy(&half);
        return status;
    }
    *handle = p;
    return FM_OK;
}

static fm_status run(void *handle, fm_error *err) {
    return render(handle, false, err);
}

/* --- the same picture? ---------------------------------------------------------------------- */

/* Makes frame i alone, in the first process. */
static fm_status render_one(state *p, uint32_t i, fm_error *err) {
    const uint32_t total = p->params->batch;
    const fmi_llvmpipe_command command = {.total = total, .last = i + 1, .count = 1};
    atomic_store(&p->scene->next, i);
    const fm_status status = fmi_child_write(&p->child[0], &command, sizeof command, err);
    return status == FM_OK ? read_answer(p, 0, ANSWER_S, err) : status;
}

static void compare(const state *p, const fmi_reference *want, uint32_t frame, fmi_check *check) {
    const size_t pixels = (size_t)want->kind.width * want->kind.height;
    const uint8_t *got = (const uint8_t *)p->scene + p->scene->frame;
    double squares = 0.0;
    uint64_t covered = 0;
    for (size_t i = 0; i < pixels; ++i) {
        covered += want->owner[i] != UINT32_MAX;
        for (size_t c = 0; c < 3; ++c) {
            const double d = (double)got[4 * i + c] - (double)want->pixels[3 * i + c];
            squares += d * d;
        }
    }
    const double psnr = 10.0 * log10(255.0 * 255.0 * 3.0 * (double)pixels / fmax(squares, 1e-9));
    const double own = (double)p->scene->process[0].covered;
    check->psnr = fmin(check->psnr, psnr);
    check->max = fmax(check->max, fabs(own - (double)covered) / (double)pixels);
    check->compared++;
    if (psnr < PSNR_AT_LEAST)
        fmi_check_failed(check, "frame %u has a PSNR of %.1f dB against the reference", frame,
                         psnr);
    if (fabs(own - (double)covered) > COVERED_WITHIN * (double)covered + 4.0)
        fmi_check_failed(check, "frame %u covers %.0f pixels, the reference %llu", frame, own,
                         (unsigned long long)covered);
}

static fm_status check_frame(state *p, uint32_t i, fmi_check *check, fm_error *err) {
    fmi_reference want;
    const fmi_picture_kind kind = fmi_frames_kind(p->params);
    const float t = fmi_case_weight(i, p->params->batch);
    fm_status status = render_one(p, i, err);
    if (status == FM_OK)
        status = fmi_input_reference(p->params->input, &kind, t, &want, err);
    if (status != FM_OK)
        return status;
    compare(p, &want, i, check);
    fmi_input_release(p->params->input, &want);
    return FM_OK;
}

static fm_status check_peer(void *handle, fmi_check *check, fm_error *err) {
    state *p = handle;
    const uint32_t total = p->params->batch;
    *check = (fmi_check){.passed = true, .unit = "of the pixels", .psnr = (double)INFINITY};
    fm_status status = check_frame(p, 0, check, err);
    if (status == FM_OK && total > 1)
        status = check_frame(p, total - 1, check, err);
    if (status == FM_OK)
        status = render(p, true, err);
    uint64_t covered = 0;
    for (uint32_t i = 0; i < p->processes && i < total; ++i)
        covered += p->scene->process[i].covered;
    p->covered_fraction =
        (double)covered / ((double)p->scene->width * p->scene->height * (double)total);
    return status;
}

static void facts(const void *handle, fmi_case_facts *out) {
    const state *p = handle;
    *out = (fmi_case_facts){.frames = p->params->batch,
                            .bytes =
                                4 * (uint64_t)p->scene->width * p->scene->height * p->params->batch,
                            .covered_fraction = p->covered_fraction};
}

const fmi_peer fmi_peer_llvmpipe = {
    .name = "llvmpipe",
    .op = "raster",
    .description = "Mesa's software rasteriser through OSMesa, one process a core, both shapes and "
                   "both textures blended in the shaders, frames read back",
    .frames = some,
    .unavailable = unavailable,
    .create = create,
    .run = run,
    .check = check_peer,
    .facts = facts,
    .destroy = destroy};
