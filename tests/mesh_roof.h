/* SPDX-License-Identifier: MIT */
/** @file mesh_roof.h A small mesh for the writers' tests. */
#ifndef MESH_ROOF_H
#define MESH_ROOF_H

#include "fm_test.h"

#include <io/mesh_bytes.h>
#include <io/mesh_write.h>

/* A roof: two quads that share an edge and a triangle, with a UV seam along the ridge. */
static const float POSITIONS[] = {-0.1F, 0,       0.1F,  0.1F, 0,       0.1F,
                                  -0.1F, 0.0625F, 0,     0.1F, 0.0625F, 1.0F / 3.0F,
                                  -0.1F, 0,       -0.1F, 0.1F, 0,       -0.1F};
static const float NORMALS[] = {0, 0.6F, 0.8F, 0, 0.6F, 0.8F,  0, 1,    0,
                                0, 1,    0,    0, 0.6F, -0.8F, 0, 0.6F, -0.8F};
static const float UVS[] = {0,     0, 0.5F, 0, 0,     0.5F, 0.5F, 0.5F,
                            0.51F, 0, 1,    0, 0.51F, 0.5F, 1,    0.5F};
static const uint32_t SIZES[] = {4, 4, 3};
static const uint32_t POSITION_INDEX[] = {0, 1, 3, 2, 2, 3, 5, 4, 0, 2, 4};
static const uint32_t UV_INDEX[] = {0, 1, 3, 2, 6, 7, 5, 4, 0, 2, 4};
static const fmi_mesh_note NOTES[] = {{.name = "texture_a", .value = "a.png"},
                                      {.name = "t", .value = "0.25"}};

static inline fmi_mesh_out roof(void) {
    return (fmi_mesh_out){.name = "roof",
                          .positions = POSITIONS,
                          .normals = NORMALS,
                          .uvs = UVS,
                          .polygon_sizes = SIZES,
                          .position_index = POSITION_INDEX,
                          .uv_index = UV_INDEX,
                          .position_count = 6,
                          .uv_count = 8,
                          .polygon_count = 3,
                          .corner_count = 11,
                          .material = "slate",
                          .texture = "roof map.png",
                          .notes = NOTES,
                          .note_count = 2};
}

/** The bytes of a file with a zero behind them; free with free(). */
static inline void *slurp(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s was not written", path);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    char *bytes = calloc(1, *size + 1);
    cr_assert_eq(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

/** Path of file in the empty folder of a test. */
static inline void path_in(char path[FM_TEST_PATH], const char *test, const char *file) {
    char dir[FM_TEST_PATH - 64];
    char whole[FM_TEST_PATH];
    fm_test_dir(whole, test);
    snprintf(dir, sizeof dir, "%.900s", whole);
    snprintf(path, FM_TEST_PATH, "%s/%s", dir, file);
}

#endif
