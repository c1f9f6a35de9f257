/* SPDX-License-Identifier: MIT */
/* GLB and PLY by our writers: by the rules of the format, and read back by Assimp. */
#include "glb_check.h"
#include "mesh_roof.h"

#include <assimp/cimport.h>
#include <assimp/material.h>
#include <assimp/scene.h>

TestSuite(mesh_glb, .timeout = 60);

#define EXPECT_VALID(bytes, file)                                         \
    do {                                                                  \
        const char *wrong_ = glb_check((bytes).data, (bytes).size, file); \
        cr_assert_null(wrong_, "%s", wrong_);                             \
    } while (0)

/* The roof with UVs of its own for the third polygon. */
static const uint32_t SPLIT_UV_INDEX[] = {0, 1, 3, 2, 6, 7, 5, 4, 8, 9, 10};
static const float SPLIT_UVS[] = {0, 0,     0.5F, 0, 0,    0.5F,  0.5F,  0.5F, 0.51F, 0,     1,
                                  0, 0.51F, 0.5F, 1, 0.5F, 0.25F, 0.75F, 0.3F, 0.8F,  0.35F, 0.85F};

static fmi_mesh_out split_roof(void) {
    fmi_mesh_out mesh = roof();
    mesh.uvs = SPLIT_UVS;
    mesh.uv_index = SPLIT_UV_INDEX;
    mesh.uv_count = 11;
    return mesh;
}

static void encode(fmi_bytes *out, const fmi_mesh_out *mesh) {
    fm_error err;
    fm_assert_ok(fmi_glb_encode(out, mesh, &err), err);
}

/* Corners of the fans against the arrays that were written. */
static void assert_same_fans(const struct aiMesh *got, const fmi_mesh_out *want) {
    unsigned face = 0, first = 0;
    cr_assert_eq(got->mNumFaces, want->corner_count - 2 * want->polygon_count);
    for (unsigned p = 0; p < want->polygon_count; first += want->polygon_sizes[p++])
        for (unsigned k = 2; k < want->polygon_sizes[p]; k++, face++) {
            const unsigned corner[3] = {first, first + k - 1, first + k};
            for (unsigned c = 0; c < 3; c++) {
                unsigned v = got->mFaces[face].mIndices[c];
                const float *x = &want->positions[3 * want->position_index[corner[c]]];
                const float *n = &want->normals[3 * want->position_index[corner[c]]];
                const float *uv = &want->uvs[2 * want->uv_index[corner[c]]];
                const struct aiVector3D *gx = &got->mVertices[v], *gn = &got->mNormals[v],
                                        *gt = &got->mTextureCoords[0][v];
                cr_assert(gx->x == x[0] && gx->y == x[1] && gx->z == x[2], "corner %u", corner[c]);
                cr_assert(gn->x == n[0] && gn->y == n[1] && gn->z == n[2], "corner %u", corner[c]);
                cr_assert(fabsf(gt->x - uv[0]) < 1e-7F && fabsf(gt->y - uv[1]) < 1e-7F,
                          "UV of corner %u", corner[c]);
            }
        }
}

static void texture_path(const struct aiScene *scene, struct aiString *path) {
    const struct aiMaterial *m = scene->mMaterials[scene->mMeshes[0]->mMaterialIndex];
    cr_assert_eq(
        aiGetMaterialTexture(m, aiTextureType_DIFFUSE, 0, path, NULL, NULL, NULL, NULL, NULL, NULL),
        aiReturn_SUCCESS);
}

static const struct aiScene *import_glb(const fmi_bytes *bytes) {
    const struct aiScene *scene =
        aiImportFileFromMemory((const char *)bytes->data, (unsigned)bytes->size, 0, "glb");
    cr_assert_not_null(scene, "%s", aiGetErrorString());
    return scene;
}

Test(mesh_glb, a_mesh_is_valid_and_reads_back) {
    fmi_bytes out = {0};
    fmi_mesh_out mesh = split_roof();
    struct aiString path;
    glb_file file;
    encode(&out, &mesh);
    EXPECT_VALID(out, &file);
    cr_assert_eq(glb_count(&file, glb_index(&file, "meshes.0.primitives.0.attributes.POSITION")),
                 11U, "a vertex for each UV");
    cr_assert_str_eq(json_string_value(glb_at(&file, "nodes.0.extras.texture_a")), "a.png");
    cr_assert_str_eq(json_string_value(glb_at(&file, "images.0.uri")), "roof%20map.png");
    glb_free(&file);
    const struct aiScene *scene = import_glb(&out);
    assert_same_fans(scene->mMeshes[0], &mesh);
    texture_path(scene, &path);
    cr_assert(strcmp(path.data, "roof%20map.png") == 0 || strcmp(path.data, "roof map.png") == 0,
              "%s", path.data);
    aiReleaseImport(scene);
    fmi_bytes_free(&out);
}

Test(mesh_glb, uvs_with_two_positions_give_a_vertex_a_corner) {
    fmi_bytes out = {0};
    fmi_mesh_out mesh = split_roof();
    uint32_t index[11];
    glb_file file;
    memcpy(index, SPLIT_UV_INDEX, sizeof index);
    index[10] = 0;
    mesh.uv_index = index;
    encode(&out, &mesh);
    EXPECT_VALID(out, &file);
    cr_assert_eq(glb_count(&file, glb_index(&file, "meshes.0.primitives.0.attributes.NORMAL")),
                 11U);
    const struct aiScene *scene = import_glb(&out);
    assert_same_fans(scene->mMeshes[0], &mesh);
    aiReleaseImport(scene);
    glb_free(&file);
    fmi_bytes_free(&out);
}

Test(mesh_glb, bare_positions_are_enough) {
    fmi_bytes out = {0};
    fmi_mesh_out mesh = roof();
    glb_file file;
    mesh.normals = mesh.uvs = NULL;
    mesh.uv_index = NULL;
    mesh.texture = mesh.material = NULL;
    mesh.note_count = 0;
    encode(&out, &mesh);
    EXPECT_VALID(out, &file);
    cr_assert_eq(glb_count(&file, glb_index(&file, "meshes.0.primitives.0.attributes.POSITION")),
                 6U);
    cr_assert_null(glb_at(&file, "images"));
    glb_free(&file);
    fmi_bytes_free(&out);
}

/* A fan around one point: n + 1 positions, n triangles. */
static fmi_mesh_out make_fan(uint32_t n) {
    float *positions = calloc((n + 1) * 3, sizeof *positions);
    uint32_t *sizes = malloc(n * sizeof *sizes), *index = malloc(3 * n * sizeof *index);
    for (uint32_t i = 1; i <= n; i++) {
        positions[3 * i] = cosf((float)i);
        positions[3 * i + 1] = sinf((float)i);
        sizes[i - 1] = 3;
        index[3 * i - 3] = 0;
        index[3 * i - 2] = i;
        index[3 * i - 1] = i % n + 1;
    }
    return (fmi_mesh_out){.positions = positions,
                          .polygon_sizes = sizes,
                          .position_index = index,
                          .position_count = n + 1,
                          .polygon_count = n,
                          .corner_count = 3 * n};
}

static void free_fan(const fmi_mesh_out *mesh) {
    free((void *)(uintptr_t)mesh->positions);
    free((void *)(uintptr_t)mesh->polygon_sizes);
    free((void *)(uintptr_t)mesh->position_index);
}

Test(mesh_glb, indices_widen_where_65535_would_mean_restart) {
    static const uint32_t triangles[] = {3, 65534, 65535, 65600};
    for (size_t i = 0; i < 4; i++) {
        fmi_bytes out = {0};
        glb_file file;
        fmi_mesh_out mesh = make_fan(triangles[i]);
        encode(&out, &mesh);
        EXPECT_VALID(out, &file);
        int id = glb_index(&file, "meshes.0.primitives.0.indices");
        char path[64];
        snprintf(path, sizeof path, "accessors.%d.componentType", id);
        cr_assert_eq(glb_index(&file, path), triangles[i] + 1 <= 65535 ? 5123 : 5125);
        glb_free(&file);
        free_fan(&mesh);
        fmi_bytes_free(&out);
    }
}

/* ---- the morph in one file ---- */

static const float TIMES[] = {0, 1.0F / 30, 2.0F / 30}, WEIGHTS[] = {1, 0.5F, 0};

static void make_target(float target[18], float normals[18]) {
    for (size_t i = 0; i < 18; i++) {
        target[i] = POSITIONS[i] * 1.1F + 0.01F * (float)i;
        normals[i] = NORMALS[(i + 3) % 18];
    }
}

static fmi_bytes small_png(uint32_t edge) {
    static uint8_t pixels[3 * 64 * 64];
    fmi_bytes png = {0};
    fm_error err;
    for (size_t i = 0; i < sizeof pixels; i++)
        pixels[i] = (uint8_t)(i * 37);
    const fm_image image = {pixels, edge, edge, 3, edge * 3};
    fm_assert_ok(fmi_png_encode(&png, &image, &err), err);
    return png;
}

static fmi_glb_morph make_morph(const fmi_mesh_out *base, const float *target,
                                const float *normals) {
    return (fmi_glb_morph){.base = base,
                           .target = target,
                           .target_normals = normals,
                           .target_name = "other roof",
                           .times = TIMES,
                           .weights = WEIGHTS,
                           .key_count = 3};
}

Test(mesh_glb, a_morph_is_valid_and_holds_target_and_track) {
    float target[18], normals[18];
    fmi_bytes out = {0}, png[2] = {small_png(33), small_png(64)};
    fmi_mesh_out mesh = split_roof();
    glb_file file;
    fm_error err;
    make_target(target, normals);
    fmi_glb_morph morph = make_morph(&mesh, target, normals);
    morph.texture = &png[0];
    morph.target_texture = &png[1];
    fm_assert_ok(fmi_glb_morph_encode(&out, &morph, &err), err);
    EXPECT_VALID(out, &file);
    int base = glb_index(&file, "meshes.0.primitives.0.attributes.POSITION");
    int moved = glb_index(&file, "meshes.0.primitives.0.targets.0.POSITION");
    int turned = glb_index(&file, "meshes.0.primitives.0.targets.0.NORMAL");
    int output = glb_index(&file, "animations.0.samplers.0.output");
    cr_assert_eq(glb_count(&file, moved), 11U);
    for (size_t corner = 0; corner < 11; corner++)
        for (size_t k = 0; k < 3; k++) {
            size_t v = SPLIT_UV_INDEX[corner], at = 3 * POSITION_INDEX[corner] + k;
            cr_assert_eq((float)glb_value(&file, base, v, k), POSITIONS[at]);
            cr_assert_eq((float)glb_value(&file, moved, v, k), target[at] - POSITIONS[at]);
            cr_assert_eq((float)glb_value(&file, turned, v, k), normals[at] - NORMALS[at]);
        }
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq((float)glb_value(&file, output, i, 0), WEIGHTS[i]);
    cr_assert_eq(json_array_size(glb_at(&file, "images")), 2U);
    cr_assert_eq(glb_index(&file, "materials.0.extras.texture_b"), 1);
    cr_assert_eq(json_number_value(glb_at(&file, "meshes.0.weights.0")), 1.0);
    glb_free(&file);
    fmi_bytes_free(&png[0]);
    fmi_bytes_free(&png[1]);
    fmi_bytes_free(&out);
}

Test(mesh_glb, assimp_reads_the_morph) {
    float target[18], normals[18];
    fmi_bytes out = {0}, png = small_png(16);
    fmi_mesh_out mesh = split_roof();
    fm_error err;
    struct aiString path;
    make_target(target, normals);
    fmi_glb_morph morph = make_morph(&mesh, target, normals);
    morph.texture = &png;
    fm_assert_ok(fmi_glb_morph_encode(&out, &morph, &err), err);
    const struct aiScene *scene = import_glb(&out);
    const struct aiMesh *got = scene->mMeshes[0];
    assert_same_fans(got, &mesh);
    cr_assert_eq(got->mNumAnimMeshes, 1U);
    cr_assert_eq(got->mAnimMeshes[0]->mNumVertices, 11U);
    /* Assimp 5.4 puts vertices in the order of their first use, so each is known by
     * its base, which is at one place only. */
    for (unsigned i = 0; i < got->mNumVertices; i++)
        for (size_t p = 0; p < 6; p++) {
            const struct aiVector3D *x = &got->mVertices[i],
                                    *v = &got->mAnimMeshes[0]->mVertices[i];
            const float *base = &POSITIONS[3 * p], *want = &target[3 * p];
            if (x->x == base[0] && x->y == base[1] && x->z == base[2])
                cr_assert(fabsf(v->x - want[0]) < 1e-6F && fabsf(v->y - want[1]) < 1e-6F &&
                              fabsf(v->z - want[2]) < 1e-6F,
                          "target of vertex %u", i);
        }
    cr_assert_eq(scene->mNumAnimations, 1U);
    cr_assert_eq(scene->mAnimations[0]->mNumMorphMeshChannels, 1U);
    const struct aiMeshMorphAnim *track = scene->mAnimations[0]->mMorphMeshChannels[0];
    cr_assert_eq(track->mNumKeys, 3U);
    for (size_t i = 0; i < 3; i++)
        cr_assert(fabs(track->mKeys[i].mWeights[0] - (double)WEIGHTS[i]) < 1e-6);
    cr_assert_eq(scene->mNumTextures, 1U);
    cr_assert_eq(scene->mTextures[0]->mWidth, png.size, "the embedded PNG");
    texture_path(scene, &path);
    cr_assert_str_eq(path.data, "*0");
    aiReleaseImport(scene);
    fmi_bytes_free(&png);
    fmi_bytes_free(&out);
}

Test(mesh_glb, bad_morphs_are_refused) {
    static const float still[] = {0, 0.1F, 0.1F}, early[] = {-0.1F, 0, 0.1F};
    float target[18], normals[18];
    fmi_bytes out = {0};
    fmi_mesh_out mesh = roof();
    fm_error err;
    make_target(target, normals);
    fmi_glb_morph morph = make_morph(&mesh, target, normals);
    morph.times = still;
    fm_assert_fails(fmi_glb_morph_encode(&out, &morph, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "key 2");
    morph.times = early;
    fm_assert_fails(fmi_glb_morph_encode(&out, &morph, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "time 0");
    morph.times = TIMES;
    target[7] = NAN;
    fm_assert_fails(fmi_glb_morph_encode(&out, &morph, &err), FM_ERROR_INVALID_ARGUMENT, err,
                    "target position 2");
    fmi_bytes_free(&out);
}

/* ---- the checker itself ---- */

/* Replaces the first occurrence of from, of the same length. */
static void patch(fmi_bytes *bytes, const char *from, const char *to) {
    size_t n = strlen(from);
    for (size_t i = 0; i + n <= bytes->size; i++)
        if (memcmp(bytes->data + i, from, n) == 0) {
            memcpy(bytes->data + i, to, n);
            return;
        }
    cr_assert_fail("no %s in the file", from);
}

Test(mesh_glb, the_checker_bites) {
    static const struct {
        const char *from, *to, *words;
    } change[] = {{"glTF", "glTG", "head"},
                  {"\"asset\"", "\"assxt\"", "asset.version"},
                  {"\"target\":34962", "\"target\":34963", "target"},
                  {"\"bufferView\":1,", "\"bufferView\":2,", ""},
                  {"\"count\":11", "\"count\":12", "fill"},
                  {"\"min\":[-0.1", "\"min\":[-0.2", ""},
                  {"\"byteOffset\":32", "\"byteOffset\":33", "view"},
                  {"\"POSITION\":1", "\"POSITION\":2", "bounds"},
                  {"\"source\":0", "\"source\":1", "texture"}};
    fmi_bytes out = {0};
    fmi_mesh_out mesh = split_roof();
    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        encode(&out, &mesh);
        patch(&out, change[i].from, change[i].to);
        const char *wrong = glb_check(out.data, out.size, NULL);
        cr_assert_not_null(wrong, "%s is overlooked", change[i].to);
        cr_assert_not_null(strstr(wrong, change[i].words), "%s: %s", change[i].to, wrong);
    }
    encode(&out, &mesh);
    cr_assert_not_null(glb_check(out.data, out.size - 4, NULL));
    out.data[out.size - 1] ^= 0x40; /* the last UV */
    cr_assert_null(glb_check(out.data, out.size, NULL), "a UV may be anything finite");
    out.data[out.size - 1] = 0x7f;
    out.data[out.size - 2] = 0x80;
    cr_assert_not_null(glb_check(out.data, out.size, NULL), "infinity is overlooked");
    fmi_bytes_free(&out);
}
