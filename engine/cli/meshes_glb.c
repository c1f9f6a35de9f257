/* SPDX-License-Identifier: MIT */
/* The whole morph as one file: A, a target that is B, and the weight of every frame over time. */
#include "meshes.h"

#include "error.h"

#include <stdlib.h>

/* Time and weight of every frame. */
static void fill_keys(const fmi_meshes *m, float *times, float *weights) {
    const fmi_morph_options *options = m->run->options;
    for (uint32_t i = 0; i < options->frames; i++) {
        times[i] = (float)((double)i / options->fps);
        weights[i] = fmi_frame_weight(i, options->frames);
    }
}

static fm_status encode_morph(fmi_meshes *m, float *keys, fmi_mesh_desk *target, fm_error *err) {
    char textures[2][FMI_NAME_FRAME], name[2 * FMI_NAME_STEM + 8];
    fmi_mesh_note notes[FMI_MESH_NOTES];
    fmi_mesh_desk *own = &m->desks[0];
    uint32_t frames = m->run->options->frames;
    fmi_mesh_out base = fmi_meshes_topology(m);
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
    base.note_count = fmi_meshes_notes(m, 0.0F, textures, notes) - 1; /* t is animated */
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

fm_status fmi_meshes_write_morph(fmi_meshes *m, fm_error *err) {
    char path[FMI_RUN_FILE];
    size_t bytes = (size_t)m->topology.positions * 3 * sizeof(float);
    fmi_mesh_desk target = {.positions = malloc(bytes), .normals = malloc(bytes)};
    float *keys = malloc(2 * (size_t)m->run->options->frames * sizeof *keys);
    fm_status status = FM_OK;
    if (target.positions == NULL || target.normals == NULL || keys == NULL)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %s", FMI_MORPH_FILE);
    if (status == FM_OK)
        status = encode_morph(m, keys, &target, err);
    fmi_run_path(m->run, FMI_MORPH_FILE, path);
    if (status == FM_OK)
        status = fmi_output_write_part(path, m->desks[0].scratch.body.data,
                                       m->desks[0].scratch.body.size, err);
    free(target.positions);
    free(target.normals);
    free(keys);
    return status;
}
