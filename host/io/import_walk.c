/* SPDX-License-Identifier: MIT */
/* The walk over the nodes: which mesh is used where, under which transform. */
#include "error.h"
#include "import_scene.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define CORNERS_MAX (UINT64_C(1) << 28)

static fmi_affine multiply(const fmi_affine *a, const fmi_affine *b) {
    fmi_affine r;
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 4; j++) {
            double sum = j == 3 ? a->m[i * 4 + 3] : 0.0;
            for (int k = 0; k < 3; k++)
                sum += a->m[i * 4 + k] * b->m[k * 4 + j];
            r.m[i * 4 + j] = sum;
        }
    return r;
}

static fmi_affine node_affine(const struct aiNode *node) {
    const struct aiMatrix4x4 *t = &node->mTransformation;
    return (fmi_affine){{(double)t->a1, (double)t->a2, (double)t->a3, (double)t->a4, (double)t->b1,
                         (double)t->b2, (double)t->b3, (double)t->b4, (double)t->c1, (double)t->c2,
                         (double)t->c3, (double)t->c4}};
}

static const char *material_name(const struct aiScene *scene, uint32_t index) {
    const struct aiMaterial *material =
        index < scene->mNumMaterials ? scene->mMaterials[index] : NULL;
    for (unsigned i = 0; material != NULL && i < material->mNumProperties; i++) {
        const struct aiMaterialProperty *p = material->mProperties[i];
        /* A string property is its length in 4 bytes, then the text with its zero. */
        if (strcmp(p->mKey.data, "?mat.name") == 0 && p->mType == aiPTI_String &&
            p->mDataLength >= 5 && p->mData[p->mDataLength - 1] == '\0')
            return p->mData + 4;
    }
    return "";
}

/* Counts polygons and corners, and makes sure that every corner names a vertex. */
static fm_status measure(fmi_instances *list, fmi_instance *instance, const char *label,
                         fm_error *err) {
    const struct aiMesh *mesh = instance->mesh;
    for (unsigned f = 0; f < mesh->mNumFaces; f++) {
        const struct aiFace *face = &mesh->mFaces[f];
        if (face->mNumIndices < 3) {
            list->skipped_count++;
            continue;
        }
        for (unsigned k = 0; k < face->mNumIndices; k++)
            if (face->mIndices[k] >= mesh->mNumVertices)
                return fmi_fail(err, FM_ERROR_BAD_INPUT,
                                "%s: polygon %u names vertex %u of %u; export it again", label, f,
                                face->mIndices[k], mesh->mNumVertices);
        instance->polygon_count++;
        instance->corner_count += face->mNumIndices;
    }
    list->polygon_count += instance->polygon_count;
    list->corner_count += instance->corner_count;
    if (list->corner_count > CORNERS_MAX)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: more than %" PRIu64 " polygon corners; reduce the mesh", label,
                        CORNERS_MAX);
    return FM_OK;
}

static fm_status add_instance(fmi_instances *list, const fmi_instance *instance, const char *label,
                              fm_error *err) {
    if (list->count == list->capacity) {
        size_t capacity = list->capacity * 2 + 8;
        fmi_instance *items = realloc(list->items, capacity * sizeof *items);
        if (items == NULL)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %zu meshes", label,
                            capacity);
        list->items = items;
        list->capacity = capacity;
    }
    list->items[list->count++] = *instance;
    return FM_OK;
}

static fm_status add_node(fmi_instances *list, const struct aiScene *scene,
                          const struct aiNode *node, const fmi_affine *world, const char *label,
                          fm_error *err) {
    for (unsigned i = 0; i < node->mNumMeshes; i++) {
        if (node->mMeshes[i] >= scene->mNumMeshes)
            continue;
        fmi_instance instance = {.mesh = scene->mMeshes[node->mMeshes[i]],
                                 .order = (uint32_t)list->count,
                                 .to_world = *world,
                                 .mirrored = fmi_affine_determinant(world) < 0.0};
        instance.material = material_name(scene, instance.mesh->mMaterialIndex);
        fm_status status = measure(list, &instance, label, err);
        if (status == FM_OK && instance.polygon_count > 0)
            status = add_instance(list, &instance, label, err);
        if (status != FM_OK)
            return status;
        if (instance.polygon_count > 0 && instance.mesh->mTextureCoords[0] == NULL)
            list->without_uvs++;
    }
    return FM_OK;
}

/* ---- the walk ---- */

/* One level of the walk: a node, how many of its children were seen, and its transform. */
typedef struct level {
    const struct aiNode *node;
    unsigned seen;
    fmi_affine world;
} level;

typedef struct stack {
    level *items;
    size_t count, capacity;
} stack;

static fm_status push(stack *s, const struct aiNode *node, const fmi_affine *above,
                      const char *label, fm_error *err) {
    if (s->count == s->capacity) {
        size_t capacity = s->capacity * 2 + 16;
        level *items = realloc(s->items, capacity * sizeof *items);
        if (items == NULL)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %zu node levels", label,
                            capacity);
        s->items = items;
        s->capacity = capacity;
    }
    fmi_affine local = node_affine(node), world = multiply(above, &local);
    s->items[s->count++] = (level){node, 0, world};
    return FM_OK;
}

/* Depth first, on a stack of our own: a file may nest nodes deeper than a thread's stack. */
static fm_status walk(fmi_instances *list, stack *s, const struct aiScene *scene, const char *label,
                      fm_error *err) {
    fm_status status = FM_OK;
    while (status == FM_OK && s->count > 0) {
        level *top = &s->items[s->count - 1];
        if (top->seen == 0)
            status = add_node(list, scene, top->node, &top->world, label, err);
        if (status != FM_OK || top->seen == top->node->mNumChildren) {
            s->count--;
            continue;
        }
        const struct aiNode *child = top->node->mChildren[top->seen++];
        fmi_affine above = top->world; /* push may move the stack */
        status = push(s, child, &above, label, err);
    }
    return status;
}

static int by_material(const void *a, const void *b) {
    const fmi_instance *x = a, *y = b;
    int names = strcmp(x->material, y->material);
    return names != 0 ? names : (x->order > y->order) - (x->order < y->order);
}

fm_status fmi_instances_collect(fmi_instances *instances, const struct aiScene *scene,
                                const char *label, const fm_log *log, fm_error *err) {
    stack s = {0};
    *instances = (fmi_instances){0};
    const fmi_affine base = fmi_file_to_world(scene, label, log);
    fm_status status = FM_OK;
    if (scene->mRootNode != NULL)
        status = push(&s, scene->mRootNode, &base, label, err);
    if (status == FM_OK && s.count > 0 && fmi_scene_states_axes(scene))
        s.items[0].world = base;
    if (status == FM_OK)
        status = walk(instances, &s, scene, label, err);
    free(s.items);
    if (status == FM_OK && instances->polygon_count == 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT,
                          "%s: has no polygons (%" PRIu64 " points or lines); export the mesh "
                          "with faces",
                          label, instances->skipped_count);
    if (status != FM_OK) {
        free(instances->items);
        *instances = (fmi_instances){0};
        return status;
    }
    qsort(instances->items, instances->count, sizeof *instances->items, by_material);
    return FM_OK;
}
