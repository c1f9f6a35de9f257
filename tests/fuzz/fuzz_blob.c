/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "io/blob.h"

#include <stdlib.h>
#include <string.h>

static volatile float sink;

static void touch(const fm_mesh *mesh) {
    float sum = 0;
    for (uint32_t i = 0; i < mesh->corner_count; i++)
        sum += mesh->positions[3 * (size_t)i + 2] + (mesh->uvs ? mesh->uvs[2 * (size_t)i + 1] : 0);
    size_t names = 0;
    for (uint32_t i = 0; i < mesh->run_count; i++)
        names += strlen(mesh->runs[i].name);
    sink = sum + (float)names;
}

/* What a captured importer could hand over: the hash is made to fit, so that the rest is met. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fmi_blob *blob = malloc(size + 8);
    fm_mesh mesh;
    fm_material_run *runs = NULL;
    memcpy(blob, data, size);
    if (size >= sizeof *blob) {
        blob->magic = FMI_BLOB_MAGIC;
        blob->header_bytes = sizeof *blob;
        blob->total_bytes = size;
        blob->hash = fmi_blob_hash(blob);
    }
    if (fmi_blob_validate(blob, size, "fuzz", NULL) == FM_OK &&
        fmi_blob_view(blob, "fuzz", &mesh, &runs, NULL) == FM_OK)
        touch(&mesh);
    free(runs);
    free(blob);
    return 0;
}

void fuzz_seeds(void) {
    struct {
        fmi_blob head;
        float positions[9];
        uint32_t gap, sizes[2];
        fmi_blob_run run;
        char strings[8];
    } b = {.head = {.magic = FMI_BLOB_MAGIC,
                    .header_bytes = sizeof(fmi_blob),
                    .corner_count = 3,
                    .polygon_count = 1,
                    .record_count = 3,
                    .run_count = 1,
                    .strings_bytes = 8},
           .sizes = {3},
           .run = {.texture = UINT32_MAX, .polygon_count = 1}};
    const char *base = (const char *)&b;
    b.head.total_bytes = sizeof b;
    b.head.positions_offset = (uint64_t)((const char *)b.positions - base);
    b.head.sizes_offset = (uint64_t)((const char *)b.sizes - base);
    b.head.runs_offset = (uint64_t)((const char *)&b.run - base);
    b.head.textures_offset = b.head.strings_offset = (uint64_t)(b.strings - base);
    b.head.hash = fmi_blob_hash(&b.head);
    fuzz_expect(fmi_blob_validate(&b, sizeof b, "seed", NULL) == FM_OK, "the seed is a mesh");
    fuzz_seed(&b, sizeof b);
}
