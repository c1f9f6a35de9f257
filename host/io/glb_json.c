/* SPDX-License-Identifier: MIT */
#include "glb.h"

#include <stdio.h>

#define CLAMP_TO_EDGE 33071

static void json_id(fmi_json *j, const char *key, int id) {
    if (id != FMI_GLB_NONE)
        fmi_json_int(j, key, id);
}

static void json_views(fmi_json *j, const fmi_glb *w) {
    fmi_json_begin(j, "bufferViews", '[');
    for (int i = 0; i < w->view_count; i++) {
        fmi_json_begin(j, NULL, '{');
        fmi_json_int(j, "buffer", 0);
        fmi_json_uint(j, "byteOffset", w->views[i].offset);
        fmi_json_uint(j, "byteLength", w->views[i].bytes);
        if (w->views[i].target != 0)
            fmi_json_int(j, "target", w->views[i].target);
        fmi_json_end(j);
    }
    fmi_json_end(j);
    fmi_json_begin(j, "buffers", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_uint(j, "byteLength", w->out->size);
    fmi_json_end(j);
    fmi_json_end(j);
}

static void json_bound(fmi_json *j, const char *key, const float *values, uint32_t width) {
    fmi_json_begin(j, key, '[');
    for (uint32_t k = 0; k < width; k++)
        fmi_json_double(j, NULL, (double)values[k]);
    fmi_json_end(j);
}

static void json_accessors(fmi_json *j, const fmi_glb *w) {
    static const char *const type[] = {"", "SCALAR", "VEC2", "VEC3"};
    fmi_json_begin(j, "accessors", '[');
    for (int i = 0; i < w->accessor_count; i++) {
        const fmi_glb_accessor *a = &w->accessors[i];
        fmi_json_begin(j, NULL, '{');
        fmi_json_int(j, "bufferView", i);
        fmi_json_int(j, "componentType", a->component);
        fmi_json_uint(j, "count", a->count);
        fmi_json_string(j, "type", type[a->width]);
        if (a->bounded) {
            json_bound(j, "min", a->min, a->width);
            json_bound(j, "max", a->max, a->width);
        }
        fmi_json_end(j);
    }
    fmi_json_end(j);
}

/* Everything but letters, digits and -._~/ as %XX. */
static void json_uri(fmi_json *j, const char *path) {
    char uri[3 * FMI_MESH_NAME_BYTES];
    size_t n = 0;
    for (; *path != '\0' && n + 4 < sizeof uri; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                     strchr("-._~/", c) != NULL;
        if (plain)
            uri[n++] = (char)c;
        else
            n += (size_t)snprintf(uri + n, 4, "%%%02X", c);
    }
    uri[n] = '\0';
    fmi_json_string(j, "uri", uri);
}

/* Number of pictures: one by name, or up to two embedded. */
static int picture_count(const fmi_glb *w) {
    if (w->morph == NULL)
        return w->mesh->texture != NULL;
    return (w->pictures[0] != FMI_GLB_NONE) + (w->pictures[1] != FMI_GLB_NONE);
}

static void json_pictures(fmi_json *j, const fmi_glb *w) {
    char name[FMI_MESH_NAME_BYTES];
    fmi_json_begin(j, "samplers", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_int(j, "wrapS", CLAMP_TO_EDGE);
    fmi_json_int(j, "wrapT", CLAMP_TO_EDGE);
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_begin(j, "textures", '[');
    for (int i = 0; i < picture_count(w); i++) {
        fmi_json_begin(j, NULL, '{');
        fmi_json_int(j, "sampler", 0);
        fmi_json_int(j, "source", i);
        fmi_json_end(j);
    }
    fmi_json_end(j);
    fmi_json_begin(j, "images", '[');
    for (int i = 0; i < picture_count(w); i++) {
        fmi_json_begin(j, NULL, '{');
        if (w->morph == NULL) {
            json_uri(j, w->mesh->texture);
        } else {
            const char *text = i == 0 ? w->morph->texture_name : w->morph->target_texture_name;
            if (text != NULL)
                fmi_json_string(j, "name", fmi_mesh_name(name, sizeof name, text, ""));
            fmi_json_int(j, "bufferView", w->pictures[i]);
            fmi_json_string(j, "mimeType", "image/png");
        }
        fmi_json_end(j);
    }
    fmi_json_end(j);
}

static void json_material(fmi_json *j, const fmi_glb *w) {
    char name[FMI_MESH_NAME_BYTES];
    fmi_json_begin(j, "materials", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_string(j, "name", fmi_mesh_name(name, sizeof name, w->mesh->material, "skin"));
    fmi_json_begin(j, "pbrMetallicRoughness", '{');
    if (picture_count(w) > 0) {
        fmi_json_begin(j, "baseColorTexture", '{');
        fmi_json_int(j, "index", 0);
        fmi_json_end(j);
    }
    fmi_json_int(j, "metallicFactor", 0);
    fmi_json_end(j);
    if (picture_count(w) > 1) {
        fmi_json_begin(j, "extras", '{');
        fmi_json_int(j, "texture_b", 1);
        fmi_json_end(j);
    }
    fmi_json_end(j);
    fmi_json_end(j);
}

static void json_primitive(fmi_json *j, const fmi_glb *w) {
    fmi_json_begin(j, "primitives", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_begin(j, "attributes", '{');
    json_id(j, "POSITION", w->positions);
    json_id(j, "NORMAL", w->normals);
    json_id(j, "TEXCOORD_0", w->uvs);
    fmi_json_end(j);
    fmi_json_int(j, "indices", w->indices);
    fmi_json_int(j, "material", 0);
    if (w->target_positions != FMI_GLB_NONE) {
        fmi_json_begin(j, "targets", '[');
        fmi_json_begin(j, NULL, '{');
        json_id(j, "POSITION", w->target_positions);
        json_id(j, "NORMAL", w->target_normals);
        fmi_json_end(j);
        fmi_json_end(j);
    }
    fmi_json_end(j);
    fmi_json_end(j);
}

static void json_mesh(fmi_json *j, const fmi_glb *w, const char *name) {
    char target[FMI_MESH_NAME_BYTES];
    fmi_json_begin(j, "meshes", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_string(j, "name", name);
    json_primitive(j, w);
    if (w->morph != NULL) {
        fmi_json_begin(j, "weights", '[');
        fmi_json_double(j, NULL, (double)w->morph->weights[0]);
        fmi_json_end(j);
        fmi_json_begin(j, "extras", '{');
        fmi_json_begin(j, "targetNames", '[');
        fmi_json_string(j, NULL,
                        fmi_mesh_name(target, sizeof target, w->morph->target_name, "target"));
        fmi_json_end(j);
        fmi_json_end(j);
    }
    fmi_json_end(j);
    fmi_json_end(j);
}

static void json_node(fmi_json *j, const fmi_glb *w, const char *name) {
    const fmi_mesh_out *mesh = w->mesh;
    char key[FMI_MESH_NAME_BYTES], value[FMI_MESH_NAME_BYTES];
    fmi_json_begin(j, "nodes", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_string(j, "name", name);
    fmi_json_int(j, "mesh", 0);
    if (mesh->note_count > 0)
        fmi_json_begin(j, "extras", '{');
    for (uint32_t i = 0; i < mesh->note_count; i++) {
        fmi_mesh_name(key, sizeof key, mesh->notes[i].name, "note");
        if (mesh->notes[i].value == NULL)
            fmi_json_double(j, key, (double)mesh->notes[i].number);
        else
            fmi_json_string(j, key, fmi_mesh_note_text(value, &mesh->notes[i]));
    }
    if (mesh->note_count > 0)
        fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_end(j);
}

static void json_animation(fmi_json *j, const fmi_glb *w) {
    fmi_json_begin(j, "animations", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_string(j, "name", "morph");
    fmi_json_begin(j, "channels", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_int(j, "sampler", 0);
    fmi_json_begin(j, "target", '{');
    fmi_json_int(j, "node", 0);
    fmi_json_string(j, "path", "weights");
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_begin(j, "samplers", '[');
    fmi_json_begin(j, NULL, '{');
    json_id(j, "input", w->times);
    json_id(j, "output", w->weights);
    fmi_json_string(j, "interpolation", "LINEAR");
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_end(j);
}

void fmi_glb_json(fmi_json *j, const fmi_glb *w) {
    char name[FMI_MESH_NAME_BYTES];
    fmi_mesh_name(name, sizeof name, w->mesh->name, "mesh");
    fmi_json_begin(j, NULL, '{');
    fmi_json_begin(j, "asset", '{');
    fmi_json_string(j, "version", "2.0");
    fmi_json_string(j, "generator", "facemorph");
    fmi_json_end(j);
    fmi_json_int(j, "scene", 0);
    fmi_json_begin(j, "scenes", '[');
    fmi_json_begin(j, NULL, '{');
    fmi_json_begin(j, "nodes", '[');
    fmi_json_int(j, NULL, 0);
    fmi_json_end(j);
    fmi_json_end(j);
    fmi_json_end(j);
    json_node(j, w, name);
    json_mesh(j, w, name);
    json_material(j, w);
    if (picture_count(w) > 0)
        json_pictures(j, w);
    if (w->morph != NULL)
        json_animation(j, w);
    json_accessors(j, w);
    json_views(j, w);
    fmi_json_end(j);
}
