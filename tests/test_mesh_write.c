/* SPDX-License-Identifier: MIT */
/* Meshes written by us and read back by Assimp. */
#include "fm_test.h"

#include <assimp/cimport.h>
#include <assimp/material.h>
#include <assimp/metadata.h>
#include <assimp/scene.h>
#include <io/mesh_bytes.h>
#include <io/mesh_write.h>
#include <locale.h>
#include <unistd.h>

TestSuite(mesh_write, .timeout = 60);

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

static fmi_mesh_out roof(void) {
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

static void *slurp(const char *path, size_t *size) {
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

static const struct aiNode *mesh_node(const struct aiNode *node) {
    if (node->mNumMeshes)
        return node;
    for (unsigned i = 0; i < node->mNumChildren; i++) {
        const struct aiNode *found = mesh_node(node->mChildren[i]);
        if (found)
            return found;
    }
    return NULL;
}

/** Corners of the imported mesh, polygon by polygon, against the arrays that were written. */
static void assert_same_corners(const struct aiMesh *got, const fmi_mesh_out *want) {
    cr_assert_eq(got->mNumFaces, want->polygon_count);
    size_t corner = 0;
    for (unsigned f = 0; f < got->mNumFaces; f++) {
        cr_assert_eq(got->mFaces[f].mNumIndices, want->polygon_sizes[f]);
        for (unsigned k = 0; k < got->mFaces[f].mNumIndices; k++, corner++) {
            unsigned v = got->mFaces[f].mIndices[k];
            const float *p = &want->positions[3 * want->position_index[corner]];
            const float *n = &want->normals[3 * want->position_index[corner]];
            const float *uv = &want->uvs[2 * want->uv_index[corner]];
            const struct aiVector3D *gp = &got->mVertices[v], *gn = &got->mNormals[v],
                                    *gt = &got->mTextureCoords[0][v];
            cr_assert(gp->x == p[0] && gp->y == p[1] && gp->z == p[2], "position of %zu", corner);
            cr_assert(gn->x == n[0] && gn->y == n[1] && gn->z == n[2], "normal of %zu", corner);
            cr_assert(gt->x == uv[0] && gt->y == uv[1], "uv of %zu", corner);
        }
    }
}

static const struct aiScene *assert_reads_back(const char *path, const fmi_mesh_out *want) {
    const struct aiScene *scene = aiImportFile(path, 0);
    cr_assert_not_null(scene, "%s: %s", path, aiGetErrorString());
    cr_assert_eq(scene->mNumMeshes, 1U);
    assert_same_corners(scene->mMeshes[0], want);
    const struct aiMaterial *m = scene->mMaterials[scene->mMeshes[0]->mMaterialIndex];
    struct aiString text;
    cr_assert_eq(aiGetMaterialString(m, AI_MATKEY_NAME, &text), aiReturn_SUCCESS);
    cr_assert_str_eq(text.data, want->material);
    cr_assert_eq(aiGetMaterialTextureCount(m, aiTextureType_DIFFUSE), 1U);
    aiGetMaterialTexture(m, aiTextureType_DIFFUSE, 0, &text, NULL, NULL, NULL, NULL, NULL, NULL);
    cr_assert_str_eq(text.data, want->texture);
    return scene;
}

static void path_in(char path[FM_TEST_PATH], const char *test, const char *file) {
    char dir[FM_TEST_PATH - 64];
    char whole[FM_TEST_PATH];
    fm_test_dir(whole, test);
    snprintf(dir, sizeof dir, "%.900s", whole);
    snprintf(path, FM_TEST_PATH, "%s/%s", dir, file);
}

Test(mesh_write, fbx_reads_back_with_uvs_normals_and_texture) {
    char path[FM_TEST_PATH];
    fm_error err;
    fmi_mesh_out mesh = roof();
    path_in(path, "mesh_write_fbx", "roof.fbx");
    fm_assert_ok(fmi_fbx_write(&mesh, path, &err), err);
    const struct aiScene *scene = assert_reads_back(path, &mesh);
    double unit = 0;
    for (unsigned i = 0; i < scene->mMetaData->mNumProperties; i++)
        if (strcmp(scene->mMetaData->mKeys[i].data, "UnitScaleFactor") == 0)
            unit = scene->mMetaData->mValues[i].mType == AI_DOUBLE
                       ? *(double *)scene->mMetaData->mValues[i].mData
                       : (double)*(float *)scene->mMetaData->mValues[i].mData;
    cr_assert_eq(unit, 100.0, "unit %g", unit);
    aiReleaseImport(scene);
}

Test(mesh_write, fbx_keeps_notes_as_user_properties) {
    char path[FM_TEST_PATH];
    fm_error err;
    fmi_mesh_out mesh = roof();
    path_in(path, "mesh_write_notes", "roof.fbx");
    fm_assert_ok(fmi_fbx_write(&mesh, path, &err), err);
    const struct aiScene *scene = aiImportFile(path, 0);
    const struct aiNode *node = mesh_node(scene->mRootNode);
    unsigned found = 0;
    for (unsigned i = 0; node->mMetaData && i < node->mMetaData->mNumProperties; i++)
        for (unsigned k = 0; k < 2; k++)
            found += strcmp(node->mMetaData->mKeys[i].data, NOTES[k].name) == 0 &&
                     strcmp(((struct aiString *)node->mMetaData->mValues[i].mData)->data,
                            NOTES[k].value) == 0;
    cr_assert_eq(found, 2U);
    aiReleaseImport(scene);
}

Test(mesh_write, obj_reads_back_with_uvs_normals_and_texture) {
    char path[FM_TEST_PATH];
    fm_error err;
    fmi_mesh_out mesh = roof();
    path_in(path, "mesh_write_obj", "roof.obj");
    fm_assert_ok(fmi_obj_write(&mesh, path, &err), err);
    aiReleaseImport(assert_reads_back(path, &mesh));
}

Test(mesh_write, bare_positions_are_enough) {
    char path[FM_TEST_PATH];
    fm_error err;
    fmi_mesh_out mesh = roof();
    mesh.normals = mesh.uvs = NULL;
    mesh.uv_index = NULL;
    mesh.texture = mesh.material = NULL;
    mesh.note_count = 0;
    for (int i = 0; i < 2; i++) {
        path_in(path, "mesh_write_bare", i ? "bare.obj" : "bare.fbx");
        fm_assert_ok(i ? fmi_obj_write(&mesh, path, &err) : fmi_fbx_write(&mesh, path, &err), err);
        const struct aiScene *scene = aiImportFile(path, 0);
        cr_assert_not_null(scene, "%s: %s", path, aiGetErrorString());
        cr_assert_eq(scene->mMeshes[0]->mNumFaces, 3U);
        cr_assert_null(scene->mMeshes[0]->mTextureCoords[0]);
        aiReleaseImport(scene);
    }
}

Test(mesh_write, same_mesh_same_bytes_in_any_locale) {
    char path[FM_TEST_PATH];
    fm_error err;
    fmi_mesh_out mesh = roof();
    for (int fbx = 0; fbx < 2; fbx++) {
        size_t n[2];
        char *bytes[2];
        for (int i = 0; i < 2; i++) {
            setlocale(LC_ALL, i ? "de_DE.UTF-8" : "C");
            path_in(path, "mesh_write_same", fbx ? "roof.fbx" : "roof.obj");
            fm_assert_ok(fbx ? fmi_fbx_write(&mesh, path, &err) : fmi_obj_write(&mesh, path, &err),
                         err);
            bytes[i] = slurp(path, &n[i]);
        }
        cr_assert_eq(n[0], n[1]);
        cr_assert(memcmp(bytes[0], bytes[1], n[0]) == 0);
        free(bytes[0]);
        free(bytes[1]);
    }
}

Test(mesh_write, names_cannot_break_lines) {
    char path[FM_TEST_PATH];
    fm_error err;
    size_t n;
    fmi_mesh_out mesh = roof();
    mesh.name = "a\nf 1 1 1";
    path_in(path, "mesh_write_names", "roof.obj");
    fm_assert_ok(fmi_obj_write(&mesh, path, &err), err);
    char *text = slurp(path, &n);
    cr_assert_not_null(strstr(text, "o a_f 1 1 1\n"));
    free(text);
}

Test(mesh_write, a_bad_index_is_refused_and_nothing_is_written) {
    char path[FM_TEST_PATH];
    fm_error err;
    uint32_t index[11];
    fmi_mesh_out mesh = roof();
    memcpy(index, POSITION_INDEX, sizeof index);
    index[7] = 6;
    mesh.position_index = index;
    path_in(path, "mesh_write_bad", "roof.fbx");
    fm_assert_fails(fmi_fbx_write(&mesh, path, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "corner 7 uses position 6 of 6");
    fm_assert_fails(fmi_obj_write(&mesh, path, &err), FM_ERROR_INVALID_ARGUMENT, err, "corner 7");
    cr_assert_neq(access(path, F_OK), 0);
}

Test(mesh_write, float_text_is_short_and_exact) {
    static const struct {
        float x;
        const char *text;
    } known[] = {{0.0F, "0"},
                 {-0.0F, "-0"},
                 {1.0F, "1"},
                 {0.1F, "0.1"},
                 {-0.25F, "-0.25"},
                 {1e20F, "1e20"},
                 {100.0F, "1e2"},
                 {16777216.0F, "16777216"},
                 {1e-30F, "1e-30"},
                 {0.0023F, "0.0023"},
                 {1.0F / 3.0F, "0.33333334"}};
    char text[FMI_FLOAT_BYTES];
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        fmi_float_text(text, known[i].x);
        cr_expect_str_eq(text, known[i].text);
    }
    uint64_t seed = fm_test_seed(), state = seed;
    for (int i = 0; i < 1000000; i++) {
        uint32_t bits = (uint32_t)fm_test_next(&state);
        float x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        size_t n = fmi_float_text(text, x);
        float back = strtof(text, NULL);
        cr_assert(n < FMI_FLOAT_BYTES && memcmp(&x, &back, 4) == 0, "seed %llu: %a as %s",
                  (unsigned long long)seed, (double)x, text);
    }
}
