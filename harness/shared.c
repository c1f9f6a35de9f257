/* SPDX-License-Identifier: MIT */
#include "shared.h"

#include "child.h"
#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x464D494EU
#define ALIGNMENT 64U

/* In front of the inputs. */
typedef struct head {
    uint32_t magic, count;
    uint64_t bytes;
} head;

/* What is done with the array behind a pointer: `field` is the address of the pointer. */
typedef void (*field_fn)(void *user, void *field, size_t bytes);

/* Every array of an input, in a fixed order. Material runs go by their counts alone: matched once,
 * the meshes match again under any names. */
static void visit(fmi_input *in, field_fn f, void *user) {
    const fmi_joined *j = &in->joined;
    f(user, &in->joined.positions_a, sizeof(float) * 3 * j->position_count);
    f(user, &in->joined.positions_b, sizeof(float) * 3 * j->position_count);
    f(user, &in->joined.vertex_position, sizeof(uint32_t) * j->vertex_count);
    f(user, &in->joined.uvs, sizeof(float) * 2 * j->vertex_count);
    f(user, &in->joined.triangles, sizeof(uint32_t) * 3 * j->triangle_count);
    for (int i = 0; i < 2; ++i) {
        fm_mesh *mesh = &in->mesh[i];
        f(user, &mesh->positions, sizeof(float) * 3 * mesh->corner_count);
        f(user, &mesh->uvs, sizeof(float) * 2 * mesh->corner_count);
        f(user, &mesh->polygon_sizes, sizeof(uint32_t) * mesh->polygon_count);
        f(user, &mesh->runs, sizeof(fm_material_run) * mesh->run_count);
        f(user, &in->image[i].pixels, (size_t)in->image[i].row_bytes * in->image[i].height);
        for (uint32_t k = 0; in->textures_made && k < in->texture[i].mips; ++k)
            f(user, &in->texture[i].level[k],
              (size_t)in->texture[i].width[k] * in->texture[i].height[k] * 3);
    }
    for (uint32_t k = 0; k < in->kept_count; ++k) {
        const size_t pixels = (size_t)in->kept[k].kind.width * in->kept[k].kind.height;
        f(user, &in->kept[k].pixels, 3 * pixels);
        f(user, &in->kept[k].owner, sizeof(uint32_t) * pixels);
    }
}

/* The field may be any pointer to objects: copied as bytes. */
static void *get(const void *field) {
    void *pointer = NULL;
    memcpy(&pointer, field, sizeof pointer);
    return pointer;
}

static void set(void *field, const void *pointer) {
    memcpy(field, &pointer, sizeof pointer);
}

static size_t padded(size_t bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

/* --- making ---------------------------------------------------------------------------------- */

static void add_size(void *user, void *field, size_t bytes) {
    *(size_t *)user += get(field) ? padded(bytes) : 0;
}

typedef struct writer {
    char *base;
    size_t used;
} writer;

static void write_array(void *user, void *field, size_t bytes) {
    writer *w = user;
    const void *from = get(field);
    if (!from)
        return;
    memcpy(w->base + w->used, from, bytes);
    set(field, (const void *)(uintptr_t)w->used);
    w->used += padded(bytes);
}

/* The struct goes last, when its pointers have become offsets. */
static void write_input(writer *w, const fmi_input *input, size_t place) {
    fmi_input copy = *input;
    visit(&copy, write_array, w);
    memset(copy.head, 0, sizeof copy.head);
    memset(copy.corner_positions, 0, sizeof copy.corner_positions);
    memset(copy.corner_uvs, 0, sizeof copy.corner_uvs);
    copy.sides = NULL;
    memcpy(w->base + place, &copy, sizeof copy);
}

uint32_t fmi_shared_references(fmi_input *const *inputs, uint32_t count) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < count; ++i)
        sum += inputs[i]->kept_count;
    return sum;
}

fm_status fmi_shared_inputs_make(fmi_shared_inputs *shared, fmi_input *const *inputs,
                                 uint32_t count, fm_error *err) {
    if (shared->mapping && shared->references == fmi_shared_references(inputs, count))
        return FM_OK;
    fmi_shared_inputs_free(shared);
    const size_t first = padded(sizeof(head));
    size_t bytes = first + count * padded(sizeof(fmi_input));
    for (uint32_t i = 0; i < count; ++i)
        visit(inputs[i], add_size, &bytes);
    const fm_status status = fmi_shared_create(&shared->mapping, &shared->descriptor, bytes, err);
    if (status != FM_OK)
        return status;
    shared->bytes = bytes;
    shared->references = fmi_shared_references(inputs, count);
    writer w = {.base = shared->mapping, .used = first + count * padded(sizeof(fmi_input))};
    for (uint32_t i = 0; i < count; ++i)
        write_input(&w, inputs[i], first + i * padded(sizeof(fmi_input)));
    const head h = {.magic = MAGIC, .count = count, .bytes = bytes};
    memcpy(shared->mapping, &h, sizeof h);
    return FM_OK;
}

void fmi_shared_inputs_free(fmi_shared_inputs *shared) {
    fmi_shared_destroy(shared->mapping, shared->descriptor, shared->bytes);
    *shared = (fmi_shared_inputs){0};
}

/* --- opening --------------------------------------------------------------------------------- */

static void read_array(void *user, void *field, size_t bytes) {
    (void)bytes;
    const uintptr_t offset = (uintptr_t)get(field);
    set(field, offset ? (char *)user + offset : NULL);
}

/* Names that sort as the runs lie, the same for both meshes. */
static fm_status name_runs(fm_mesh *mesh, char (**names)[12], fm_error *err) {
    if (mesh->run_count == 0)
        return FM_OK;
    fm_material_run *runs = malloc(mesh->run_count * sizeof *runs);
    *names = malloc(mesh->run_count * sizeof **names);
    if (!runs || !*names) {
        free(runs);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u material runs",
                        mesh->run_count);
    }
    memcpy(runs, mesh->runs, mesh->run_count * sizeof *runs);
    for (uint32_t i = 0; i < mesh->run_count; ++i) {
        (void)snprintf((*names)[i], sizeof(*names)[i], "%06u", i % 1000000);
        runs[i].name = (*names)[i];
    }
    mesh->runs = runs;
    return FM_OK;
}

static fm_status open_input(char *base, size_t place, fmi_input **input, fm_error *err) {
    *input = calloc(1, sizeof **input);
    if (!*input)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for a shared input");
    memcpy(*input, base + place, sizeof **input);
    visit(*input, read_array, base);
    (*input)->borrowed = true;
    (*input)->borrowed_textures = (*input)->textures_made;
    (*input)->borrowed_kept = (*input)->kept_count;
    fm_status status = FM_OK;
    for (int i = 0; status == FM_OK && i < 2; ++i) {
        (*input)->mesh[i].label = i ? "mesh B" : "mesh A";
        status = name_runs(&(*input)->mesh[i], &(*input)->run_names[i], err);
    }
    return status;
}

fm_status fmi_shared_inputs_open(int descriptor, fmi_input **inputs, uint32_t capacity,
                                 uint32_t *count, fm_error *err) {
    struct stat st;
    head h = {0};
    *count = 0;
    if (fstat(descriptor, &st) != 0 || (size_t)st.st_size < sizeof h)
        return fmi_fail(err, FM_ERROR_INTERNAL, "the shared inputs are not there");
    /* Private: what a worker breaks stays its own. */
    char *base = mmap(NULL, (size_t)st.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE, descriptor, 0);
    if (base == MAP_FAILED)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "the shared inputs cannot be mapped");
    memcpy(&h, base, sizeof h);
    if (h.magic != MAGIC || h.count > capacity || h.bytes != (uint64_t)st.st_size)
        return fmi_fail(err, FM_ERROR_INTERNAL, "the shared inputs are of another program");
    fm_status status = FM_OK;
    for (uint32_t i = 0; status == FM_OK && i < h.count; ++i) {
        status =
            open_input(base, padded(sizeof h) + i * padded(sizeof(fmi_input)), &inputs[i], err);
        *count = i + 1;
    }
    return status;
}
