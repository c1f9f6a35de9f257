/* SPDX-License-Identifier: MIT */
/* One mesh file a frame, the textures of both ends, and the whole morph as one GLB. The blended
 * textures of --mesh-textures all are a step of their own, morph_textures.c. The files are
 * made on spare cores while rendering goes on; each needs the memory of one shape while it is
 * made. Shapes come from the host: a shape costs less than asking the device for it, and the files
 * are the same for every device. */
#include "interrupt.h"
#include "step.h"

#include "error.h"
#include "io/mesh_write.h"
#include "io/tasks.h"

#include <fm/geometry.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define NOTES 5
#define TEXTURE_TASKS 2 /* before the frames: the longest tasks first */
#define MORPH_FILE "morph.glb"

/* Memory of one thread. */
typedef struct bench {
    float *positions, *normals;
    fmi_mesh_scratch scratch;
} bench;

typedef struct meshes {
    fmi_run *run;
    fm_geometry *geometry;
    fm_geometry_topology topology;
    uint32_t *corner_vertex, *corner_position;
    uint32_t workers;
    bench *benches; /* workers + 1 */
    bool textured;
    pthread_mutex_t mutex; /* of what follows */
    bool is_shared;
    fmi_mesh_shared shared;
    fmi_bytes texture[2]; /* PNG of A and B */
    fmi_tasks *tasks;     /* NULL = not begun */
} meshes;

static bool wanted(const fmi_morph_options *options) {
    return options->full;
}

static bool is_textured(const fmi_run *run) {
    return run->info.textured && run->options->mesh_textures != FMI_TEXTURES_NONE;
}

static bool writes_ends(const fmi_run *run) {
    return is_textured(run) && run->options->mesh_textures == FMI_TEXTURES_ENDS;
}

/* ---- names ---- */

/* "mesh/A-PPPP_B-PPPP.fbx" */
static void name_mesh(const fmi_run *run, uint32_t i, const char *extension,
                      char name[FMI_NAME_FRAME + 16]) {
    memcpy(name, "mesh/", 6);
    fmi_names_frame(&run->names, i, run->options->frames, name + 5, FMI_NAME_FRAME);
    memcpy(strrchr(name, '.') + 1, extension, strlen(extension) + 1);
}

/* "A.png", as the meshes beside it name it. */
static void name_texture(const fmi_run *run, int side, char name[FMI_NAME_FRAME]) {
    snprintf(name, FMI_NAME_FRAME, "%s.png", side == 0 ? run->names.a : run->names.b);
}

static fm_status list(fmi_run *run, fm_error *err) {
    const char *extension = fmi_mesh_extension(run->options->mesh_format);
    char name[FMI_NAME_FRAME + 16], texture[FMI_NAME_FRAME];
    fm_status status = FM_OK;
    for (uint32_t i = 0; i < run->options->frames && status == FM_OK; i++) {
        name_mesh(run, i, extension, name);
        status = fmi_run_output(run, name, err);
        if (status != FM_OK || !is_textured(run) || run->options->mesh_format != FMI_MESH_OBJ)
            continue;
        name_mesh(run, i, "mtl", name);
        status = fmi_run_output(run, name, err);
    }
    for (int side = 0; side < 2 && writes_ends(run) && status == FM_OK; side++) {
        name_texture(run, side, texture);
        snprintf(name, sizeof name, "mesh/%s", texture);
        status = fmi_run_output(run, name, err);
    }
    return status == FM_OK ? fmi_run_output(run, MORPH_FILE, err) : status;
}

/* ---- what all frames share ---- */

/* Corner k of polygon p is corner k of a fan from its corner 0. */
static void unfold_corners(meshes *m, const fm_mesh *a) {
    const uint32_t *triangle = m->topology.triangles_of;
    uint32_t *corner = m->corner_vertex;
    for (uint32_t p = 0; p < a->polygon_count; p++) {
        *corner++ = triangle[0];
        *corner++ = triangle[1];
        for (uint32_t k = 2; k < a->polygon_sizes[p]; k++, triangle += 3)
            *corner++ = triangle[2];
    }
    for (size_t i = 0; i < a->corner_count; i++)
        m->corner_position[i] = m->topology.vertex_position[m->corner_vertex[i]];
}

static bool make_benches(meshes *m) {
    size_t bytes = (size_t)m->topology.positions * 3 * sizeof(float);
    m->benches = calloc((size_t)m->workers + 1, sizeof *m->benches);
    for (uint32_t i = 0; m->benches != NULL && i <= m->workers; i++) {
        m->benches[i].positions = malloc(bytes);
        m->benches[i].normals = malloc(bytes);
        if (m->benches[i].positions == NULL || m->benches[i].normals == NULL)
            return false;
    }
    return m->benches != NULL;
}

static fm_status prepare(meshes *m, fm_error *err) {
    const fm_mesh *a = &m->run->side[0]->mesh;
    fm_status status = fm_geometry_create(&m->geometry, m->run->pair, err);
    if (status == FM_OK)
        status = fm_geometry_topology_get(m->geometry, &m->topology);
    if (status != FM_OK)
        return status;
    m->workers = fmi_tasks_spare(m->run->options->threads);
    m->textured = is_textured(m->run);
    m->corner_vertex = malloc(a->corner_count * sizeof *m->corner_vertex);
    m->corner_position = malloc(a->corner_count * sizeof *m->corner_position);
    if (m->corner_vertex == NULL || m->corner_position == NULL || !make_benches(m))
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for mesh files of %u positions on %u threads; use fewer threads",
                        m->topology.positions, m->workers + 1);
    unfold_corners(m, a);
    return FM_OK;
}

/* The mesh without positions, normals, names and notes. */
static fmi_mesh_out topology_of(const meshes *m) {
    const fm_mesh *a = &m->run->side[0]->mesh;
    bool uvs = m->topology.uvs != NULL;
    return (fmi_mesh_out){.uvs = m->topology.uvs,
                          .polygon_sizes = a->polygon_sizes,
                          .position_index = m->corner_position,
                          .uv_index = uvs ? m->corner_vertex : NULL,
                          .position_count = m->topology.positions,
                          .uv_count = uvs ? m->topology.vertices : 0,
                          .polygon_count = a->polygon_count,
                          .corner_count = a->corner_count};
}

/* Both names, both textures (where the files exist) and t. Returns how many notes. */
static uint32_t make_notes(const meshes *m, float t, char textures[2][FMI_NAME_FRAME],
                           fmi_mesh_note notes[NOTES]) {
    uint32_t n = 0;
    notes[n++] = (fmi_mesh_note){.name = "a", .value = m->run->names.a};
    notes[n++] = (fmi_mesh_note){.name = "b", .value = m->run->names.b};
    for (int side = 0; side < 2 && writes_ends(m->run); side++) {
        name_texture(m->run, side, textures[side]);
        notes[n++] =
            (fmi_mesh_note){.name = side == 0 ? "texture_a" : "texture_b", .value = textures[side]};
    }
    notes[n++] = (fmi_mesh_note){.name = "t", .number = t};
    return n;
}

/* ---- tasks ---- */

/* Encodes what all files share, once; the first threads that need it wait for it. */
static fm_status share(meshes *m, fm_error *err) {
    fmi_mesh_out mesh = topology_of(m);
    fm_status status = FM_OK;
    pthread_mutex_lock(&m->mutex);
    if (!m->is_shared)
        status = fmi_mesh_shared_make(&m->shared, m->run->options->mesh_format, &mesh, true, err);
    m->is_shared = status == FM_OK;
    pthread_mutex_unlock(&m->mutex);
    return status;
}

static fm_status write_frame(meshes *m, uint32_t i, bench *own, fm_error *err) {
    const fmi_morph_options *options = m->run->options;
    char name[FMI_NAME_FRAME + 16], stem[FMI_NAME_FRAME], path[FMI_RUN_FILE];
    char textures[2][FMI_NAME_FRAME], blend[FMI_NAME_FRAME];
    fmi_mesh_note notes[NOTES];
    float t = fmi_frame_weight(i, options->frames);
    fm_status status = fm_geometry_at(m->geometry, t, own->positions, own->normals);
    if (status != FM_OK)
        return fmi_fail(err, status, "frame %u has no shape", i);
    status = share(m, err);
    if (status != FM_OK)
        return status;
    name_mesh(m->run, i, fmi_mesh_extension(options->mesh_format), name);
    fmi_run_path(m->run, name, path);
    fmi_names_frame(&m->run->names, i, options->frames, blend, sizeof blend);
    snprintf(stem, sizeof stem, "%.*s", (int)(strrchr(blend, '.') - blend), blend);
    fmi_mesh_out mesh = topology_of(m);
    mesh.name = stem;
    mesh.positions = own->positions;
    mesh.normals = own->normals;
    mesh.note_count = make_notes(m, t, textures, notes);
    mesh.notes = notes;
    if (m->textured)
        mesh.texture = writes_ends(m->run) ? textures[t > 0.5F] : blend;
    mesh.shared = &m->shared;
    return fmi_mesh_write(options->mesh_format, &mesh, path, true, &own->scratch, err);
}

static fm_status write_texture(meshes *m, int side, fm_error *err) {
    char name[FMI_NAME_FRAME + 8] = "mesh/", path[FMI_RUN_FILE];
    const fm_image *image = &m->run->side[side]->texture.view;
    fm_status status = fmi_png_encode(&m->texture[side], image, err);
    name_texture(m->run, side, name + 5);
    fmi_run_path(m->run, name, path);
    if (status == FM_OK && writes_ends(m->run))
        status = fmi_output_write_part(path, m->texture[side].data, m->texture[side].size, err);
    return status;
}

static fm_status run_task(void *user, uint32_t index, uint32_t worker, fm_error *err) {
    meshes *m = user;
    uint32_t textures = m->textured ? TEXTURE_TASKS : 0;
    fm_status status = fmi_interrupt_check(err);
    if (status != FM_OK)
        return status;
    if (index < textures)
        return write_texture(m, (int)index, err);
    return write_frame(m, index - textures, &m->benches[worker], err);
}

static fm_status start(meshes *m, fm_error *err) {
    const fmi_tasks_params params = {
        .run = run_task,
        .user = m,
        .count = m->run->options->frames + (m->textured ? TEXTURE_TASKS : 0),
        .workers = m->workers,
    };
    return fmi_tasks_start(&m->tasks, &params, err);
}

/* ---- the morph as one file ---- */

/* Time and weight of every frame. */
static void fill_keys(const meshes *m, float *times, float *weights) {
    const fmi_morph_options *options = m->run->options;
    for (uint32_t i = 0; i < options->frames; i++) {
        times[i] = (float)((double)i / options->fps);
        weights[i] = fmi_frame_weight(i, options->frames);
    }
}

static fm_status encode_morph(meshes *m, float *keys, bench *target, fm_error *err) {
    char textures[2][FMI_NAME_FRAME], name[2 * FMI_NAME_STEM + 8];
    fmi_mesh_note notes[NOTES];
    bench *own = &m->benches[0];
    uint32_t frames = m->run->options->frames;
    fmi_mesh_out base = topology_of(m);
    fill_keys(m, keys, keys + frames);
    fm_status status = fm_geometry_at(m->geometry, 0.0F, own->positions, own->normals);
    if (status == FM_OK)
        status = fm_geometry_at(m->geometry, 1.0F, target->positions, target->normals);
    if (status != FM_OK)
        return fmi_fail(err, status, "the morph has no shapes");
    snprintf(name, sizeof name, "%s_%s", m->run->names.a, m->run->names.b);
    base.name = name;
    base.positions = own->positions;
    base.normals = own->normals;
    base.note_count = make_notes(m, 0.0F, textures, notes) - 1; /* t is animated */
    base.notes = notes;
    const fmi_glb_morph morph = {.base = &base,
                                 .target = target->positions,
                                 .target_normals = target->normals,
                                 .target_name = m->run->names.b,
                                 .times = keys,
                                 .weights = keys + frames,
                                 .key_count = frames,
                                 .texture = &m->texture[0],
                                 .target_texture = &m->texture[1],
                                 .texture_name = m->run->names.a,
                                 .target_texture_name = m->run->names.b};
    return fmi_glb_morph_encode(&own->scratch.body, &morph, err);
}

static fm_status write_morph(meshes *m, fm_error *err) {
    char path[FMI_RUN_FILE];
    size_t bytes = (size_t)m->topology.positions * 3 * sizeof(float);
    bench target = {.positions = malloc(bytes), .normals = malloc(bytes)};
    float *keys = malloc(2 * (size_t)m->run->options->frames * sizeof *keys);
    fm_status status = FM_OK;
    if (target.positions == NULL || target.normals == NULL || keys == NULL)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %s", MORPH_FILE);
    if (status == FM_OK)
        status = encode_morph(m, keys, &target, err);
    fmi_run_path(m->run, MORPH_FILE, path);
    if (status == FM_OK)
        status = fmi_output_write_part(path, m->benches[0].scratch.body.data,
                                       m->benches[0].scratch.body.size, err);
    free(target.positions);
    free(target.normals);
    free(keys);
    return status;
}

/* ---- the step ---- */

static fm_status begin(fmi_run *run, void **state, fm_error *err) {
    meshes *m = calloc(1, sizeof *m);
    *state = m;
    if (m == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for mesh files");
    m->run = run;
    pthread_mutex_init(&m->mutex, NULL);
    fm_status status = fmi_output_dir_sub(&run->dir, "mesh", err);
    if (status == FM_OK)
        status = prepare(m, err);
    if (status == FM_OK && run->options->level != FM_LEVEL_LOW) /* low overlaps nothing */
        status = start(m, err);
    return status;
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    meshes *m = state;
    fmi_tasks_report report;
    fm_status status = m->tasks == NULL ? start(m, err) : FM_OK;
    if (status == FM_OK)
        status = fmi_tasks_finish(m->tasks, &report, err);
    if (status != FM_OK)
        return status;
    fmi_stages_span(&run->stages, FMI_STAGE_MESHES, report.begin, report.end);
    fmi_console_log(run->console, FM_LOG_DEBUG, "%u meshes: %.3f s of thread time",
                    run->options->frames, report.busy_seconds);
    return write_morph(m, err);
}

static void end(void **state) {
    meshes *m = *state;
    fmi_tasks_destroy(&m->tasks);
    for (uint32_t i = 0; m->benches != NULL && i <= m->workers; i++) {
        free(m->benches[i].positions);
        free(m->benches[i].normals);
        fmi_mesh_scratch_free(&m->benches[i].scratch);
    }
    free(m->benches);
    fmi_mesh_shared_free(&m->shared);
    pthread_mutex_destroy(&m->mutex);
    free(m->corner_vertex);
    free(m->corner_position);
    fmi_bytes_free(&m->texture[0]);
    fmi_bytes_free(&m->texture[1]);
    fm_geometry_destroy(&m->geometry);
    free(m);
    *state = NULL;
}

const fmi_step fmi_step_meshes = {
    .name = "meshes",
    .stage = FMI_STAGE_MESHES,
    .wanted = wanted,
    .list = list,
    .begin = begin,
    .finish = finish,
    .end = end,
};
