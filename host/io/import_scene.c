/* SPDX-License-Identifier: MIT */
/* Lays the blob out, then fills it: nothing grows, every part is written once. */
#include "import_scene.h"

#include "distinct.h"
#include "error.h"
#include "log.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One material that is used: a run of polygons. */
typedef struct run {
    size_t first, end; /* instances */
    uint32_t texture;  /* index into builder.textures, UINT32_MAX = none */
} run;

typedef struct builder {
    const struct aiScene *scene;
    const char *label;
    const fm_log *log;
    fm_error *err;
    fmi_instances instances;
    run *runs;
    fmi_texture_ref *textures; /* at most one a run, no two equal */
    uint32_t run_count, texture_count;
    bool uvs;
    fmi_blob *blob;
} builder;

/* ---- plan ---- */

static uint32_t add_texture(builder *b, const fmi_texture_ref *ref) {
    if (ref->path.length == 0)
        return UINT32_MAX;
    for (uint32_t i = 0; i < b->texture_count; i++)
        if (b->textures[i].embedded == ref->embedded &&
            strcmp(b->textures[i].path.data, ref->path.data) == 0)
            return i;
    b->textures[b->texture_count] = *ref;
    return b->texture_count++;
}

/* Instances are sorted by name, so equal names are neighbours. The first material of a name that
 * has a texture gives it. */
static fm_status plan_runs(builder *b) {
    const fmi_instances *list = &b->instances;
    size_t count = 1; /* the list is never empty */
    for (size_t i = 1; i < list->count; i++)
        count += strcmp(list->items[i].material, list->items[i - 1].material) != 0;
    b->runs = calloc(count, sizeof *b->runs);
    b->textures = calloc(count, sizeof *b->textures);
    if (b->runs == NULL || b->textures == NULL)
        return fmi_fail(b->err, FM_ERROR_HOST_MEMORY, "%s: no memory for %zu materials", b->label,
                        count);
    const struct aiMesh *seen = NULL;
    for (size_t i = 0; i < list->count; i++) {
        const fmi_instance *item = &list->items[i];
        bool new_run = i == 0 || strcmp(item->material, item[-1].material) != 0;
        if (new_run)
            b->runs[b->run_count++] = (run){i, i, UINT32_MAX};
        run *r = &b->runs[b->run_count - 1];
        r->end = i + 1;
        if (r->texture == UINT32_MAX &&
            (new_run || seen->mMaterialIndex != item->mesh->mMaterialIndex)) {
            fmi_texture_ref ref;
            fmi_texture_ref_find(&ref, b->scene, item->mesh->mMaterialIndex, b->label, b->log);
            r->texture = add_texture(b, &ref);
        }
        seen = item->mesh;
    }
    return FM_OK;
}

static void report(const builder *b) {
    const fmi_instances *list = &b->instances;
    if (list->skipped_count > 0)
        fmi_log(b->log, FM_LOG_WARNING, "%s: %" PRIu64 " points and lines left out", b->label,
                list->skipped_count);
    if (b->uvs && list->without_uvs > 0)
        fmi_log(b->log, FM_LOG_WARNING, "%s: %u of %zu parts have no UVs; they get (0, 0)",
                b->label, list->without_uvs, list->count);
}

static uint64_t aligned(uint64_t bytes) {
    return (bytes + 7) & ~UINT64_C(7);
}

/* Takes a part of the block; parts are 8-byte aligned. */
static uint64_t take(uint64_t *total, uint64_t bytes) {
    uint64_t at = *total;
    *total = aligned(at + bytes);
    return at;
}

static uint64_t string_bytes(const builder *b) {
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < b->run_count; i++)
        bytes += strlen(b->instances.items[b->runs[i].first].material) + 1;
    for (uint32_t i = 0; i < b->texture_count; i++)
        bytes += strlen(b->textures[i].path.data) + 1;
    return bytes;
}

static fm_status lay_out(builder *b) {
    uint64_t total = aligned(sizeof(fmi_blob));
    fmi_blob head = {.magic = FMI_BLOB_MAGIC,
                     .header_bytes = (uint32_t)total,
                     .corner_count = (uint32_t)b->instances.corner_count,
                     .polygon_count = (uint32_t)b->instances.polygon_count,
                     .run_count = b->run_count,
                     .texture_count = b->texture_count,
                     .strings_bytes = string_bytes(b)};
    head.positions_offset = take(&total, (uint64_t)head.corner_count * 3 * sizeof(float));
    if (b->uvs)
        head.uvs_offset = take(&total, (uint64_t)head.corner_count * 2 * sizeof(float));
    head.sizes_offset = take(&total, (uint64_t)head.polygon_count * sizeof(uint32_t));
    head.runs_offset = take(&total, (uint64_t)head.run_count * sizeof(fmi_blob_run));
    head.textures_offset = take(&total, (uint64_t)head.texture_count * sizeof(fmi_blob_texture));
    head.strings_offset = take(&total, head.strings_bytes);
    uint64_t data = total;
    for (uint32_t i = 0; i < b->texture_count; i++)
        if (b->textures[i].embedded != NULL)
            take(&total, b->textures[i].embedded->mWidth);
    head.total_bytes = total;
    b->blob = malloc(total);
    if (b->blob == NULL)
        return fmi_fail(b->err, FM_ERROR_HOST_MEMORY, "%s: no memory for %" PRIu64 " bytes",
                        b->label, total);
    /* Padding is hashed, too. */
    memset((unsigned char *)b->blob + head.sizes_offset, 0, data - head.sizes_offset);
    *b->blob = head;
    return FM_OK;
}

/* ---- fill ---- */

static void *part(const builder *b, uint64_t offset) {
    return (unsigned char *)b->blob + offset;
}

static void fill_strings_and_textures(builder *b) {
    fmi_blob_run *runs = part(b, b->blob->runs_offset);
    fmi_blob_texture *textures = part(b, b->blob->textures_offset);
    char *strings = part(b, b->blob->strings_offset);
    uint64_t at = 0, data = aligned(b->blob->strings_offset + b->blob->strings_bytes);
    for (uint32_t i = 0; i < b->run_count; i++) {
        const char *name = b->instances.items[b->runs[i].first].material;
        runs[i].name_offset = at;
        runs[i].texture = b->runs[i].texture;
        memcpy(strings + at, name, strlen(name) + 1);
        at += strlen(name) + 1;
    }
    for (uint32_t i = 0; i < b->texture_count; i++) {
        const char *path = b->textures[i].path.data;
        const struct aiTexture *embedded = b->textures[i].embedded;
        textures[i].path_offset = at;
        memcpy(strings + at, path, strlen(path) + 1);
        at += strlen(path) + 1;
        if (embedded == NULL)
            continue;
        textures[i].data_bytes = embedded->mWidth;
        textures[i].data_offset = take(&data, embedded->mWidth);
        memset(part(b, data - 8), 0, 8);
        memcpy(part(b, textures[i].data_offset), embedded->pcData, embedded->mWidth);
    }
}

/* Where the next polygon and corner go. */
typedef struct cursor {
    float *positions, *uvs; /* uvs NULL = none */
    uint32_t *sizes;
} cursor;

/* Adding zero makes -0 a 0, so that equal positions have equal bytes. */
static void put_corner(cursor *c, const fmi_instance *item, unsigned vertex) {
    const struct aiVector3D *v = &item->mesh->mVertices[vertex];
    const double *m = item->to_world.m;
    double x = (double)v->x, y = (double)v->y, z = (double)v->z;
    for (int row = 0; row < 3; row++, m += 4)
        *c->positions++ = (float)(m[0] * x + m[1] * y + m[2] * z + m[3]) + 0.0F;
    if (c->uvs == NULL)
        return;
    const struct aiVector3D *uv = item->mesh->mTextureCoords[0];
    *c->uvs++ = uv != NULL ? uv[vertex].x + 0.0F : 0.0F;
    *c->uvs++ = uv != NULL ? uv[vertex].y + 0.0F : 0.0F;
}

static void put_instance(cursor *c, const fmi_instance *item) {
    for (unsigned f = 0; f < item->mesh->mNumFaces; f++) {
        const struct aiFace *face = &item->mesh->mFaces[f];
        unsigned n = face->mNumIndices;
        if (n < 3)
            continue;
        *c->sizes++ = n;
        put_corner(c, item, face->mIndices[0]);
        for (unsigned k = 1; k < n; k++)
            put_corner(c, item, face->mIndices[item->mirrored ? n - k : k]);
    }
}

static void fill_geometry(builder *b) {
    fmi_blob *blob = b->blob;
    fmi_blob_run *runs = part(b, blob->runs_offset);
    cursor c = {part(b, blob->positions_offset), b->uvs ? part(b, blob->uvs_offset) : NULL,
                part(b, blob->sizes_offset)};
    uint32_t polygon = 0;
    for (uint32_t r = 0; r < b->run_count; r++) {
        runs[r].first_polygon = polygon;
        for (size_t i = b->runs[r].first; i < b->runs[r].end; i++) {
            put_instance(&c, &b->instances.items[i]);
            polygon += b->instances.items[i].polygon_count;
        }
        runs[r].polygon_count = polygon - runs[r].first_polygon;
    }
    if (blob->corner_count % 2 != 0) /* the padding behind an odd number of 12 bytes */
        memset(part(b, blob->positions_offset + (uint64_t)blob->corner_count * 12), 0, 4);
}

/* Number of the first value that is not finite; count when there is none. */
static size_t first_not_finite(const float *values, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (!isfinite(values[i]))
            return i;
    return count;
}

static fm_status check_finite(const builder *b) {
    const fmi_blob *blob = b->blob;
    size_t count = blob->corner_count;
    size_t bad = first_not_finite(part(b, blob->positions_offset), count * 3);
    if (bad < count * 3)
        return fmi_fail(b->err, FM_ERROR_BAD_INPUT,
                        "%s: corner %zu of %zu has a position that is not finite; export it again",
                        b->label, bad / 3, count);
    bad = b->uvs ? first_not_finite(part(b, blob->uvs_offset), count * 2) : count * 2;
    if (bad < count * 2)
        return fmi_fail(b->err, FM_ERROR_BAD_INPUT,
                        "%s: corner %zu of %zu has a UV that is not finite; export it again",
                        b->label, bad / 2, count);
    return FM_OK;
}

static fm_status count_records(builder *b) {
    fmi_blob *blob = b->blob;
    bool ok = fmi_distinct(&blob->record_count, part(b, blob->positions_offset), blob->corner_count,
                           3) == 0;
    if (ok && b->uvs)
        ok = fmi_distinct(&blob->uv_count, part(b, blob->uvs_offset), blob->corner_count, 2) == 0;
    return ok ? FM_OK
              : fmi_fail(b->err, FM_ERROR_HOST_MEMORY, "%s: no memory to count %u corners",
                         b->label, blob->corner_count);
}

static fm_status build(builder *b) {
    fm_status status = fmi_instances_collect(&b->instances, b->scene, b->label, b->log, b->err);
    if (status != FM_OK)
        return status;
    b->uvs = b->instances.without_uvs < b->instances.count;
    report(b);
    status = plan_runs(b);
    if (status == FM_OK)
        status = lay_out(b);
    if (status != FM_OK)
        return status;
    fill_strings_and_textures(b);
    fill_geometry(b);
    status = check_finite(b);
    if (status == FM_OK)
        status = count_records(b);
    if (status == FM_OK)
        b->blob->hash = fmi_blob_hash(b->blob);
    return status;
}

fm_status fmi_scene_to_blob(fmi_blob **blob, const struct aiScene *scene, const char *label,
                            const fm_log *log, fm_error *err) {
    builder b = {.scene = scene, .label = label, .log = log, .err = err};
    *blob = NULL;
    fm_status status = build(&b);
    if (status == FM_OK)
        *blob = b.blob;
    else
        free(b.blob);
    free(b.instances.items);
    free(b.runs);
    free(b.textures);
    return status;
}
