/* SPDX-License-Identifier: MIT */
/* One mesh file a frame, the textures of both ends, the whole morph as one GLB. The blended
 * textures of --mesh-textures all are a step of their own, morph_textures.c. The files are
 * made on spare cores while rendering goes on; each needs the memory of one shape while it is
 * made. Shapes come from the host: a shape costs less than asking the device for it, and the files
 * are the same for every device. */
#include "interrupt.h"
#include "meshes.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

#define TEXTURE_TASKS 2 /* before the frames: the longest tasks first */

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
    return status == FM_OK ? fmi_run_output(run, FMI_MORPH_FILE, err) : status;
}

/* ---- what all frames share ---- */

/* Corner k of polygon p is corner k of a fan from its corner 0. */
static void unfold_corners(fmi_meshes *m, const fm_mesh *a) {
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

static bool make_desks(fmi_meshes *m) {
    size_t bytes = (size_t)m->topology.positions * 3 * sizeof(float);
    m->desks = calloc((size_t)m->workers + 1, sizeof *m->desks);
    for (uint32_t i = 0; m->desks != NULL && i <= m->workers; i++) {
        m->desks[i].positions = malloc(bytes);
        m->desks[i].normals = malloc(bytes);
        if (m->desks[i].positions == NULL || m->desks[i].normals == NULL)
            return false;
    }
    return m->desks != NULL;
}

static fm_status prepare(fmi_meshes *m, fm_error *err) {
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
    if (m->corner_vertex == NULL || m->corner_position == NULL || !make_desks(m))
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for mesh files of %u positions on %u threads; use fewer threads",
                        m->topology.positions, m->workers + 1);
    unfold_corners(m, a);
    return FM_OK;
}

fmi_mesh_out fmi_meshes_topology(const fmi_meshes *m) {
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

uint32_t fmi_meshes_notes(const fmi_meshes *m, float t, char textures[2][FMI_NAME_FRAME],
                          fmi_mesh_note notes[FMI_MESH_NOTES]) {
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
static fm_status share(fmi_meshes *m, fm_error *err) {
    fmi_mesh_out mesh = fmi_meshes_topology(m);
    fm_status status = FM_OK;
    pthread_mutex_lock(&m->mutex);
    if (!m->is_shared)
        status = fmi_mesh_shared_make(&m->shared, m->run->options->mesh_format, &mesh, true, err);
    m->is_shared = status == FM_OK;
    pthread_mutex_unlock(&m->mutex);
    return status;
}

static fm_status write_frame(fmi_meshes *m, uint32_t i, fmi_mesh_desk *own, fm_error *err) {
    const fmi_morph_options *options = m->run->options;
    char name[FMI_NAME_FRAME + 16], stem[FMI_NAME_FRAME], path[FMI_RUN_FILE];
    char textures[2][FMI_NAME_FRAME], blend[FMI_NAME_FRAME];
    fmi_mesh_note notes[FMI_MESH_NOTES];
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
    fmi_mesh_out mesh = fmi_meshes_topology(m);
    mesh.name = stem;
    mesh.positions = own->positions;
    mesh.normals = own->normals;
    mesh.note_count = fmi_meshes_notes(m, t, textures, notes);
    mesh.notes = notes;
    if (m->textured)
        mesh.texture = writes_ends(m->run) ? textures[t > 0.5F] : blend;
    mesh.shared = &m->shared;
    return fmi_mesh_write(options->mesh_format, &mesh, path, true, &own->scratch, err);
}

static fm_status write_texture(fmi_meshes *m, int side, fm_error *err) {
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
    fmi_meshes *m = user;
    uint32_t textures = m->textured ? TEXTURE_TASKS : 0;
    fm_status status = fmi_interrupt_check(err);
    if (status != FM_OK)
        return status;
    if (index < textures)
        return write_texture(m, (int)index, err);
    return write_frame(m, index - textures, &m->desks[worker], err);
}

static fm_status start(fmi_meshes *m, fm_error *err) {
    const fmi_tasks_params params = {
        .run = run_task,
        .user = m,
        .count = m->run->options->frames + (m->textured ? TEXTURE_TASKS : 0),
        .workers = m->workers,
    };
    return fmi_tasks_start(&m->tasks, &params, err);
}

/* ---- the step ---- */

static fm_status begin(fmi_run *run, void **state, fm_error *err) {
    fmi_meshes *m = calloc(1, sizeof *m);
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
    fmi_meshes *m = state;
    fmi_tasks_report report;
    fm_status status = m->tasks == NULL ? start(m, err) : FM_OK;
    if (status == FM_OK)
        status = fmi_tasks_finish(m->tasks, &report, err);
    if (status != FM_OK)
        return status;
    fmi_stages_span(&run->stages, FMI_STAGE_MESHES, report.begin, report.end);
    fmi_console_log(run->console, FM_LOG_DEBUG, "%u meshes: %.3f s of thread time",
                    run->options->frames, report.busy_seconds);
    return fmi_meshes_write_morph(m, err);
}

static void end(void **state) {
    fmi_meshes *m = *state;
    fmi_tasks_destroy(&m->tasks);
    for (uint32_t i = 0; m->desks != NULL && i <= m->workers; i++) {
        free(m->desks[i].positions);
        free(m->desks[i].normals);
        fmi_mesh_scratch_free(&m->desks[i].scratch);
    }
    free(m->desks);
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
