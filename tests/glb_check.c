/* SPDX-License-Identifier: MIT */
#include "glb_check.h"

#include <math.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORT = 5123, INT = 5125, FLOAT = 5126 };
enum { ARRAY = 34962, ELEMENTS = 34963 };

static char wrong[256];

static bool fail(const char *format, ...) __attribute__((format(printf, 1, 2)));
static bool fail(const char *format, ...) {
    va_list args;
    va_start(args, format);
    vsnprintf(wrong, sizeof wrong, format, args);
    va_end(args);
    return false;
}

static uint32_t word(const unsigned char *at) {
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* ---- walking ---- */

static const json_t *walk(const json_t *at, const char *path) {
    char part[64];
    while (at != NULL && path[0] != '\0') {
        size_t n = strcspn(path, ".");
        snprintf(part, sizeof part, "%.*s", (int)n, path);
        at = json_is_array(at) ? json_array_get(at, (size_t)atoi(part)) : json_object_get(at, part);
        path += n + (path[n] == '.');
    }
    return at;
}

const json_t *glb_at(const glb_file *file, const char *path) {
    return walk(file->json, path);
}

static int as_int(const json_t *value) {
    return json_is_integer(value) ? (int)json_integer_value(value) : -1;
}

int glb_index(const glb_file *file, const char *path) {
    return as_int(glb_at(file, path));
}

static const json_t *item(const glb_file *file, const char *list, int i) {
    return i < 0 ? NULL : json_array_get(json_object_get(file->json, list), (size_t)i);
}

static size_t component_bytes(int type) {
    return type == SHORT ? 2 : type == INT || type == FLOAT ? 4 : 0;
}

static size_t width_of(const json_t *accessor) {
    const char *type = json_string_value(json_object_get(accessor, "type"));
    if (type == NULL)
        return 0;
    return strcmp(type, "SCALAR") == 0 ? 1
           : strcmp(type, "VEC2") == 0 ? 2
           : strcmp(type, "VEC3") == 0 ? 3
                                       : 0;
}

static size_t as_size(const json_t *object, const char *key) {
    const json_t *value = json_object_get(object, key);
    return json_is_integer(value) && json_integer_value(value) > 0
               ? (size_t)json_integer_value(value)
               : 0;
}

size_t glb_count(const glb_file *file, int accessor) {
    return as_size(item(file, "accessors", accessor), "count");
}

double glb_value(const glb_file *file, int accessor, size_t i, size_t k) {
    const json_t *a = item(file, "accessors", accessor);
    const json_t *view = item(file, "bufferViews", as_int(json_object_get(a, "bufferView")));
    int type = as_int(json_object_get(a, "componentType"));
    size_t at = as_size(view, "byteOffset") + as_size(a, "byteOffset") +
                (i * width_of(a) + k) * component_bytes(type);
    const unsigned char *bytes = file->bin + at;
    if (type == SHORT)
        return bytes[0] | bytes[1] << 8;
    uint32_t bits = word(bytes);
    float x;
    memcpy(&x, &bits, sizeof x);
    return type == INT ? (double)bits : (double)x;
}

/* ---- the container ---- */

static bool check_chunks(const unsigned char *bytes, size_t count, glb_file *file) {
    json_error_t error;
    if (count < 20 || memcmp(bytes, "glTF", 4) != 0 || word(bytes + 4) != 2)
        return fail("no glTF 2 head");
    if (word(bytes + 8) != count || count % 4 != 0)
        return fail("length %u in the head, file of %zu", word(bytes + 8), count);
    size_t json = word(bytes + 12);
    if (json % 4 != 0 || json > count - 20 || memcmp(bytes + 16, "JSON", 4) != 0)
        return fail("JSON chunk of %zu", json);
    for (size_t i = json; i-- > 0 && bytes[20 + i] != '}';)
        if (bytes[20 + i] != ' ' && bytes[20 + i] != '\n')
            return fail("JSON chunk ends in byte %u", bytes[20 + i]);
    file->json = json_loadb((const char *)bytes + 20, json, JSON_REJECT_DUPLICATES, &error);
    if (file->json == NULL)
        return fail("JSON: %s", error.text);
    size_t bin = 20 + json;
    if (count < bin + 8 || memcmp(bytes + bin + 4, "BIN\0", 4) != 0)
        return fail("no BIN chunk");
    file->bin_bytes = word(bytes + bin);
    file->bin = bytes + bin + 8;
    if (file->bin_bytes != count - bin - 8)
        return fail("BIN chunk of %zu, %zu there", file->bin_bytes, count - bin - 8);
    return true;
}

static bool check_buffer(const glb_file *file) {
    const json_t *buffers = glb_at(file, "buffers");
    size_t bytes = as_size(glb_at(file, "buffers.0"), "byteLength");
    if (json_array_size(buffers) != 1 || glb_at(file, "buffers.0.uri") != NULL)
        return fail("%zu buffers, or one with a uri", json_array_size(buffers));
    if (bytes > file->bin_bytes || bytes + 3 < file->bin_bytes)
        return fail("buffer of %zu in a chunk of %zu", bytes, file->bin_bytes);
    for (size_t i = bytes; i < file->bin_bytes; i++)
        if (file->bin[i] != 0)
            return fail("padding byte %zu is %u", i, file->bin[i]);
    return true;
}

static bool check_views(const glb_file *file) {
    const json_t *views = glb_at(file, "bufferViews");
    size_t bytes = as_size(glb_at(file, "buffers.0"), "byteLength"), end = 0;
    for (size_t i = 0; i < json_array_size(views); i++) {
        const json_t *view = json_array_get(views, i);
        size_t offset = as_size(view, "byteOffset"), length = as_size(view, "byteLength");
        if (as_int(json_object_get(view, "buffer")) != 0 || length == 0)
            return fail("view %zu: no buffer or no bytes", i);
        if (offset % 4 != 0 || offset < end || offset > bytes || length > bytes - offset)
            return fail("view %zu: %zu bytes at %zu, one before ends at %zu", i, length, offset,
                        end);
        end = offset + length;
    }
    return true;
}

/* ---- accessors ---- */

static bool check_bounds(const glb_file *file, int id, const json_t *a, size_t width) {
    const json_t *min = json_object_get(a, "min"), *max = json_object_get(a, "max");
    if (min == NULL && max == NULL)
        return true;
    if (json_array_size(min) != width || json_array_size(max) != width)
        return fail("accessor %d: bounds of another width", id);
    for (size_t k = 0; k < width; k++) {
        double low = (double)INFINITY, high = -(double)INFINITY;
        for (size_t i = 0; i < glb_count(file, id); i++) {
            low = fmin(low, glb_value(file, id, i, k));
            high = fmax(high, glb_value(file, id, i, k));
        }
        if (json_number_value(json_array_get(min, k)) != low ||
            json_number_value(json_array_get(max, k)) != high)
            return fail("accessor %d: bounds of component %zu are not those of the data", id, k);
    }
    return true;
}

static bool check_accessor(const glb_file *file, int id) {
    const json_t *a = item(file, "accessors", id);
    int type = as_int(json_object_get(a, "componentType"));
    size_t width = width_of(a), each = component_bytes(type), count = glb_count(file, id);
    const json_t *view = item(file, "bufferViews", as_int(json_object_get(a, "bufferView")));
    if (width == 0 || each == 0 || count == 0 || view == NULL)
        return fail("accessor %d: type, count or view", id);
    if (json_object_get(view, "byteStride") != NULL)
        return fail("accessor %d: a stride", id);
    size_t offset = as_size(a, "byteOffset");
    if ((as_size(view, "byteOffset") + offset) % each != 0)
        return fail("accessor %d is not aligned", id);
    if (offset + count * width * each != as_size(view, "byteLength"))
        return fail("accessor %d: %zu elements do not fill the view", id, count);
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < width; k++)
            if (!isfinite(glb_value(file, id, i, k)))
                return fail("accessor %d: element %zu is not finite", id, i);
    return check_bounds(file, id, a, width);
}

static bool check_use(const glb_file *file, int id, const char *type, int component, int target,
                      bool bounded) {
    const json_t *a = item(file, "accessors", id);
    const json_t *view = item(file, "bufferViews", as_int(json_object_get(a, "bufferView")));
    const char *name = json_string_value(json_object_get(a, "type"));
    if (a == NULL || name == NULL || strcmp(name, type) != 0)
        return fail("accessor %d is no %s", id, type);
    if (component != 0 && as_int(json_object_get(a, "componentType")) != component)
        return fail("accessor %d: component type", id);
    if (as_int(json_object_get(view, "target")) != target)
        return fail("accessor %d: its view has no target %d", id, target);
    if (bounded && json_object_get(a, "min") == NULL)
        return fail("accessor %d needs bounds", id);
    return true;
}

/* ---- mesh and animation ---- */

/* Attributes of the primitive or of a target; all of vertices elements. */
static bool check_attributes(const glb_file *file, const json_t *attributes, size_t vertices,
                             bool unit) {
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)attributes, key, value) {
        int id = as_int(value);
        bool uv = strcmp(key, "TEXCOORD_0") == 0, position = strcmp(key, "POSITION") == 0;
        if (!uv && !position && strcmp(key, "NORMAL") != 0)
            return fail("attribute %s", key);
        if (!check_use(file, id, uv ? "VEC2" : "VEC3", FLOAT, ARRAY, position))
            return false;
        if (glb_count(file, id) != vertices)
            return fail("%s has %zu of %zu vertices", key, glb_count(file, id), vertices);
        for (size_t i = 0; unit && strcmp(key, "NORMAL") == 0 && i < vertices; i++) {
            double x = glb_value(file, id, i, 0), y = glb_value(file, id, i, 1),
                   z = glb_value(file, id, i, 2);
            if (fabs(x * x + y * y + z * z - 1.0) > 1e-5)
                return fail("normal %zu is not of unit length", i);
        }
    }
    return true;
}

static bool check_indices(const glb_file *file, size_t vertices) {
    int id = glb_index(file, "meshes.0.primitives.0.indices");
    int type = as_int(json_object_get(item(file, "accessors", id), "componentType"));
    if (!check_use(file, id, "SCALAR", 0, ELEMENTS, false))
        return false;
    if ((type != SHORT && type != INT) || glb_count(file, id) % 3 != 0)
        return fail("%zu indices of type %d", glb_count(file, id), type);
    for (size_t i = 0; i < glb_count(file, id); i++) {
        double value = glb_value(file, id, i, 0);
        if (value >= (double)vertices || (type == SHORT && value >= 65535.0))
            return fail("index %zu is %g of %zu", i, value, vertices);
    }
    return true;
}

static bool check_mesh(const glb_file *file) {
    const json_t *primitive = glb_at(file, "meshes.0.primitives.0");
    const json_t *attributes = walk(primitive, "attributes");
    const json_t *targets = walk(primitive, "targets");
    int positions = as_int(walk(attributes, "POSITION"));
    size_t vertices = glb_count(file, positions);
    if (positions < 0 || walk(primitive, "mode") != NULL)
        return fail("no positions, or not triangles");
    if (item(file, "materials", as_int(walk(primitive, "material"))) == NULL)
        return fail("no material");
    if (!check_attributes(file, attributes, vertices, true) || !check_indices(file, vertices))
        return false;
    for (size_t i = 0; i < json_array_size(targets); i++)
        if (!check_attributes(file, json_array_get(targets, i), vertices, false))
            return false;
    if (json_array_size(glb_at(file, "meshes.0.weights")) != json_array_size(targets))
        return fail("weights and targets");
    return true;
}

static bool check_animation(const glb_file *file) {
    if (glb_at(file, "animations") == NULL)
        return true;
    size_t targets = json_array_size(glb_at(file, "meshes.0.primitives.0.targets"));
    const json_t *path = glb_at(file, "animations.0.channels.0.target.path");
    int node = glb_index(file, "animations.0.channels.0.target.node");
    int input = glb_index(file, "animations.0.samplers.0.input");
    int output = glb_index(file, "animations.0.samplers.0.output");
    if (!json_is_string(path) || strcmp(json_string_value(path), "weights") != 0 ||
        item(file, "nodes", node) == NULL ||
        json_object_get(item(file, "nodes", node), "mesh") == NULL)
        return fail("the animation moves no weights of a node");
    if (glb_index(file, "animations.0.channels.0.sampler") != 0)
        return fail("the channel has no sampler");
    if (!check_use(file, input, "SCALAR", FLOAT, -1, true) ||
        !check_use(file, output, "SCALAR", FLOAT, -1, false))
        return false;
    if (targets == 0 || glb_count(file, output) != glb_count(file, input) * targets)
        return fail("%zu weights for %zu keys", glb_count(file, output), glb_count(file, input));
    for (size_t i = 0; i < glb_count(file, input); i++) {
        double before = i > 0 ? glb_value(file, input, i - 1, 0) : -1e-30;
        if (!(glb_value(file, input, i, 0) > before))
            return fail("key %zu does not rise", i);
    }
    return true;
}

static bool check_pictures(const glb_file *file) {
    static const unsigned char png[8] = {0x89, 'P', 'N', 'G', 13, 10, 26, 10};
    const json_t *images = glb_at(file, "images"), *textures = glb_at(file, "textures");
    for (size_t i = 0; i < json_array_size(images); i++) {
        const json_t *image = json_array_get(images, i);
        int id = as_int(json_object_get(image, "bufferView"));
        const json_t *view = item(file, "bufferViews", id);
        const char *type = json_string_value(json_object_get(image, "mimeType"));
        if (json_object_get(image, "uri") != NULL ? id >= 0 : view == NULL)
            return fail("image %zu has no place, or two", i);
        if (view != NULL &&
            (type == NULL || strcmp(type, "image/png") != 0 ||
             json_object_get(view, "target") != NULL || as_size(view, "byteLength") < 60 ||
             memcmp(file->bin + as_size(view, "byteOffset"), png, 8) != 0))
            return fail("image %zu is no PNG", i);
    }
    for (size_t i = 0; i < json_array_size(textures); i++)
        if (item(file, "images", as_int(walk(json_array_get(textures, i), "source"))) == NULL ||
            item(file, "samplers", as_int(walk(json_array_get(textures, i), "sampler"))) == NULL)
            return fail("texture %zu has no image or sampler", i);
    const json_t *used = glb_at(file, "materials.0.pbrMetallicRoughness.baseColorTexture.index");
    if (used != NULL && item(file, "textures", as_int(used)) == NULL)
        return fail("the material's texture is missing");
    return true;
}

static bool check_scene(const glb_file *file) {
    const json_t *version = glb_at(file, "asset.version");
    if (!json_is_string(version) || strcmp(json_string_value(version), "2.0") != 0)
        return fail("asset.version");
    if (glb_index(file, "scene") != 0 || glb_index(file, "scenes.0.nodes.0") != 0 ||
        glb_index(file, "nodes.0.mesh") != 0 || json_array_size(glb_at(file, "meshes")) != 1)
        return fail("scene, node and mesh do not hang together");
    return true;
}

const char *glb_check(const void *bytes, size_t count, glb_file *out) {
    glb_file own = {0}, *file = out != NULL ? out : &own;
    *file = (glb_file){0};
    bool good = check_chunks(bytes, count, file) && check_buffer(file) && check_views(file);
    size_t accessors = good ? json_array_size(glb_at(file, "accessors")) : 0;
    for (size_t i = 0; good && i < accessors; i++)
        good = check_accessor(file, (int)i);
    good = good && check_scene(file) && check_mesh(file) && check_animation(file) &&
           check_pictures(file);
    if (!good || out == NULL)
        glb_free(file);
    return good ? NULL : wrong;
}

void glb_free(glb_file *file) {
    json_decref(file->json);
    *file = (glb_file){0};
}
