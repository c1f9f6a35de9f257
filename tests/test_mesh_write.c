/* SPDX-License-Identifier: MIT */
/* Meshes written by us and read back by Assimp. */
#include "fm_test.h"
#include "mesh_roof.h"

#include <assimp/cimport.h>
#include <assimp/material.h>
#include <assimp/metadata.h>
#include <assimp/scene.h>
#include <locale.h>
#include <unistd.h>

TestSuite(mesh_write, .timeout = 60);

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
            setlocale(LC_ALL, "C");
            if (i == 1 && !fm_test_comma())
                cr_skip("skipped: no locale with a decimal comma");
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

/* ---- PLY ---- */

Test(mesh_write, ply_reads_back_with_uvs_normals_and_texture) {
    char path[FM_TEST_PATH];
    fm_error err;
    struct aiString text;
    fmi_mesh_scratch scratch = {0};
    fmi_mesh_out mesh = roof();
    path_in(path, "mesh_write_ply", "roof.ply");
    fm_assert_ok(fmi_mesh_write(FMI_MESH_PLY, &mesh, path, true, &scratch, &err), err);
    const struct aiScene *scene = aiImportFile(path, 0);
    cr_assert_not_null(scene, "%s: %s", path, aiGetErrorString());
    cr_assert_eq(scene->mMeshes[0]->mNumVertices, 8U, "a vertex for each UV");
    assert_same_corners(scene->mMeshes[0], &mesh);
    const struct aiMaterial *m = scene->mMaterials[scene->mMeshes[0]->mMaterialIndex];
    cr_assert_eq(aiGetMaterialTexture(m, aiTextureType_DIFFUSE, 0, &text, NULL, NULL, NULL, NULL,
                                      NULL, NULL),
                 aiReturn_SUCCESS);
    cr_assert_str_eq(text.data, mesh.texture);
    aiReleaseImport(scene);
    fmi_mesh_scratch_free(&scratch);
}

/* ---- every format ---- */

/* A polygon of n corners around the origin. */
static fmi_mesh_out make_polygon(float *positions, uint32_t *index, uint32_t *size, uint32_t n) {
    for (uint32_t i = 0; i < n; i++) {
        double angle = 6.283185307179586 * i / n;
        positions[3 * i] = (float)cos(angle);
        positions[3 * i + 1] = (float)sin(angle);
        positions[3 * i + 2] = 0;
        index[i] = i;
    }
    *size = n;
    return (fmi_mesh_out){.positions = positions,
                          .polygon_sizes = size,
                          .position_index = index,
                          .position_count = n,
                          .polygon_count = 1,
                          .corner_count = n};
}

Test(mesh_write, polygons_of_any_size_read_back) {
    static const uint32_t sizes[] = {3, 4, 255, 256, 1000};
    static float positions[3000];
    static uint32_t index[1000];
    fmi_mesh_scratch scratch = {0};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int format = 0; format < FMI_MESH_FORMATS; format++) {
            char path[FM_TEST_PATH], file[16];
            fm_error err;
            uint32_t size;
            fmi_mesh_out mesh = make_polygon(positions, index, &size, sizes[i]);
            snprintf(file, sizeof file, "p.%s", fmi_mesh_extension((fmi_mesh_format)format));
            path_in(path, "mesh_write_sizes", file);
            fm_assert_ok(fmi_mesh_write((fmi_mesh_format)format, &mesh, path, true, &scratch, &err),
                         err);
            const struct aiScene *scene = aiImportFile(path, 0);
            cr_assert_not_null(scene, "%s of %u: %s", file, sizes[i], aiGetErrorString());
            const struct aiMesh *got = scene->mMeshes[0];
            bool fans = format == FMI_MESH_GLB;
            cr_assert_eq(got->mNumFaces, fans ? sizes[i] - 2 : 1U, "%s of %u", file, sizes[i]);
            cr_assert_eq(got->mFaces[0].mNumIndices, fans ? 3U : sizes[i], "%s of %u", file,
                         sizes[i]);
            aiReleaseImport(scene);
        }
    fmi_mesh_scratch_free(&scratch);
}

Test(mesh_write, a_shared_part_changes_no_corner) {
    static const fmi_mesh_format formats[] = {FMI_MESH_FBX, FMI_MESH_OBJ};
    fmi_mesh_scratch scratch = {0};
    for (size_t i = 0; i < 2; i++)
        for (int bare = 0; bare < 2; bare++) {
            char path[FM_TEST_PATH];
            fm_error err;
            fmi_mesh_shared shared;
            fmi_mesh_out mesh = roof();
            if (bare) {
                mesh.uvs = mesh.normals = NULL;
                mesh.uv_index = NULL;
            }
            fm_assert_ok(fmi_mesh_shared_make(&shared, formats[i], &mesh, !bare, &err), err);
            cr_assert_gt(shared.polygons.size, 0U);
            mesh.shared = &shared;
            path_in(path, "mesh_write_shared", i == 0 ? "roof.fbx" : "roof.obj");
            fm_assert_ok(fmi_mesh_write(formats[i], &mesh, path, true, &scratch, &err), err);
            const struct aiScene *scene = aiImportFile(path, 0);
            cr_assert_not_null(scene, "%s: %s", path, aiGetErrorString());
            if (bare)
                cr_assert_eq(scene->mMeshes[0]->mNumFaces, 3U);
            else
                assert_same_corners(scene->mMeshes[0], &mesh);
            aiReleaseImport(scene);
            if (formats[i] == FMI_MESH_OBJ) {
                fmi_bytes plain = {0}, material = {0};
                mesh.shared = NULL;
                fm_assert_ok(fmi_obj_encode(&plain, &material, &mesh, "roof.mtl", &err), err);
                cr_assert_eq(plain.size, scratch.body.size);
                cr_assert(memcmp(plain.data, scratch.body.data, plain.size) == 0);
                fmi_bytes_free(&plain);
                fmi_bytes_free(&material);
            }
            fmi_mesh_shared_free(&shared);
        }
    fmi_mesh_scratch_free(&scratch);
}

Test(mesh_write, numbers_that_are_not_finite_are_refused) {
    float positions[18], normals[18], uvs[16];
    fmi_mesh_scratch scratch = {0};
    for (int format = 0; format < FMI_MESH_FORMATS; format++)
        for (int what = 0; what < 3; what++) {
            static const char *const words[] = {"position 5", "normal 5", "UV 7"};
            char path[FM_TEST_PATH];
            fm_error err;
            fmi_mesh_out mesh = roof();
            memcpy(positions, POSITIONS, sizeof positions);
            memcpy(normals, NORMALS, sizeof normals);
            memcpy(uvs, UVS, sizeof uvs);
            mesh.positions = positions;
            mesh.normals = normals;
            mesh.uvs = uvs;
            if (what == 0)
                positions[17] = INFINITY;
            else if (what == 1)
                normals[15] = NAN;
            else
                uvs[15] = -INFINITY;
            path_in(path, "mesh_write_finite", "roof.any");
            fm_assert_fails(
                fmi_mesh_write((fmi_mesh_format)format, &mesh, path, true, &scratch, &err),
                FM_ERROR_INVALID_ARGUMENT, err, words[what]);
            cr_assert_neq(access(path, F_OK), 0);
        }
    fmi_mesh_scratch_free(&scratch);
}

Test(mesh_write, scratch_may_be_used_for_any_mesh) {
    static float positions[3000];
    static uint32_t index[1000];
    fmi_mesh_scratch scratch = {0};
    for (int format = 0; format < FMI_MESH_FORMATS; format++) {
        char path[FM_TEST_PATH];
        fm_error err;
        uint32_t size;
        size_t n[2];
        fmi_mesh_out mesh[2] = {make_polygon(positions, index, &size, 1000), roof()};
        path_in(path, "mesh_write_scratch", "again.any");
        for (int i = 0; i < 2; i++)
            fm_assert_ok(
                fmi_mesh_write((fmi_mesh_format)format, &mesh[i], path, true, &scratch, &err), err);
        unsigned char *again = slurp(path, &n[0]);
        fmi_mesh_scratch fresh = {0};
        fm_assert_ok(fmi_mesh_write((fmi_mesh_format)format, &mesh[1], path, true, &fresh, &err),
                     err);
        unsigned char *once = slurp(path, &n[1]);
        cr_assert(n[0] == n[1] && memcmp(again, once, n[0]) == 0, "format %d", format);
        free(again);
        free(once);
        fmi_mesh_scratch_free(&fresh);
    }
    fmi_mesh_scratch_free(&scratch);
}
