/* SPDX-License-Identifier: MIT */
/* Mesh files of whole runs: fmorph morph --full on made-up heads, read back by Assimp. */
#include "fm_test.h"
#include "glb_check.h"

#include "io/image.h"
#include "io/import.h"

#include <assimp/cimport.h>
#include <assimp/material.h>
#include <assimp/metadata.h>
#include <assimp/scene.h>
#include <dirent.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(mesh_run, .timeout = 120);

#define FRAMES 5
#define RUN "head_a_head_b"

/* ---- running ---- */

/** Exit status of a shell command; what it prints goes to FM_TEST_TMP/out.log. Runs are on the
 *  reference device where they do not say --device: it needs no kernels. */
static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...) {
    char text[4096], command[4608];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    snprintf(command, sizeof command, "export FMORPH_DEVICE=ref; (%s) >>'%s/out.log' 2>&1", text,
             getenv("FM_TEST_TMP"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/** A folder with two heads, dir/heads. */
static void make_heads(char dir[FM_TEST_PATH], const char *test) {
    fm_test_dir(dir, test);
    cr_assert_eq(shell("%s sample -o '%s/heads' --vertices 600 --texture 64", FMORPH, dir), 0);
}

static int morph(const char *dir, const char *out, const char *options) {
    return shell("cd '%s' && %s morph heads/head_a.fbx heads/head_b.fbx --full --heatmaps off"
                 " --frames %d --size 32 -o %s %s",
                 dir, FMORPH, FRAMES, out, options);
}

static void path_of(char path[FM_TEST_PATH], const char *dir, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
static void path_of(char path[FM_TEST_PATH], const char *dir, const char *format, ...) {
    char name[256];
    va_list args;
    va_start(args, format);
    vsnprintf(name, sizeof name, format, args);
    va_end(args);
    cr_assert_lt(snprintf(path, FM_TEST_PATH, "%s/%s", dir, name), FM_TEST_PATH);
}

static void frame_path(char path[FM_TEST_PATH], const char *dir, const char *out, int i,
                       const char *extension) {
    int a = 1000 * i / (FRAMES - 1);
    path_of(path, dir, "%s/" RUN "/mesh/head_a-%04d_head_b-%04d.%s", out, a, 1000 - a, extension);
}

static unsigned char *slurp(const char *path, size_t *size) {
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f, "%s was not written", path);
    fseek(f, 0, SEEK_END);
    *size = (size_t)ftell(f);
    rewind(f);
    unsigned char *bytes = malloc(*size + 1);
    cr_assert_eq(fread(bytes, 1, *size, f), *size);
    fclose(f);
    return bytes;
}

/* ---- reading back ---- */

/** One imported file by corners, as fmorph itself would see it. */
typedef struct head {
    fmi_blob *blob;
    fm_mesh mesh;
    fm_material_run *runs;
} head;

static void load(head *h, const char *path) {
    fm_error err;
    fm_assert_ok(fmi_import(&h->blob, path, NULL, &err), err);
    fm_assert_ok(fmi_blob_view(h->blob, path, &h->mesh, &h->runs, &err), err);
}

static void unload(head *h) {
    free(h->blob);
    free(h->runs);
}

static const struct aiScene *import(const char *path) {
    const struct aiScene *scene = aiImportFile(path, 0);
    cr_assert_not_null(scene, "%s: %s", path, aiGetErrorString());
    cr_assert_eq(scene->mNumMeshes, 1U, "%s has %u meshes", path, scene->mNumMeshes);
    return scene;
}

/** The diffuse texture; "" = none. */
static void texture_of(const struct aiScene *scene, struct aiString *path) {
    const struct aiMaterial *m = scene->mMaterials[scene->mMeshes[0]->mMaterialIndex];
    if (aiGetMaterialTexture(m, aiTextureType_DIFFUSE, 0, path, NULL, NULL, NULL, NULL, NULL,
                             NULL) != aiReturn_SUCCESS)
        path->data[0] = '\0';
}

static double largest_distance(const float *a, const float *b, size_t n) {
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)a[i] - (double)b[i]));
    return most;
}

/* Position k of the frame is (1-t) A + t B, corner by corner; polygons are A's. */
static void assert_blend(const fm_mesh *got, const fm_mesh *a, const fm_mesh *b, double t,
                         const char *path) {
    cr_assert_eq(got->polygon_count, a->polygon_count, "%s", path);
    cr_assert_eq(got->corner_count, a->corner_count, "%s", path);
    cr_assert_eq(memcmp(got->polygon_sizes, a->polygon_sizes, 4 * (size_t)a->polygon_count), 0);
    for (size_t i = 0; i < 3 * (size_t)a->corner_count; i++) {
        double want = (1 - t) * (double)a->positions[i] + t * (double)b->positions[i];
        cr_assert_float_eq((double)got->positions[i], want, 3e-8, "%s, corner %zu: %.9g, want %.9g",
                           path, i / 3, (double)got->positions[i], want);
    }
    cr_assert_lt(largest_distance(got->uvs, a->uvs, 2 * (size_t)a->corner_count), 1e-7);
}

static void assert_unit_normals(const struct aiMesh *mesh, const char *path) {
    cr_assert_not_null(mesh->mNormals, "%s", path);
    for (unsigned i = 0; i < mesh->mNumVertices; i++) {
        const struct aiVector3D *n = &mesh->mNormals[i];
        cr_assert_float_eq(n->x * n->x + n->y * n->y + n->z * n->z, 1.0F, 1e-4F, "%s: normal %u",
                           path, i);
    }
}

static bool in_polygons(const char *extension) {
    return strcmp(extension, "glb") != 0;
}

static void check_frame(const char *dir, const char *extension, int i, const head *a,
                        const head *b) {
    char path[FM_TEST_PATH];
    struct aiString texture;
    double t = 1.0 - (double)i / (FRAMES - 1);
    frame_path(path, dir, extension, i, extension);
    const struct aiScene *scene = import(path);
    texture_of(scene, &texture);
    cr_assert_str_eq(texture.data, t > 0.5 ? "head_b.png" : "head_a.png", "%s", path);
    assert_unit_normals(scene->mMeshes[0], path);
    aiReleaseImport(scene);
    if (in_polygons(extension)) {
        head got;
        load(&got, path);
        assert_blend(&got.mesh, &a->mesh, &b->mesh, t, path);
        unload(&got);
    }
}

Test(mesh_run, every_format_reads_back_as_the_blend_of_its_heads) {
    static const char *const formats[] = {"fbx", "glb", "obj", "ply"};
    char dir[FM_TEST_PATH], path[FM_TEST_PATH], options[64];
    head a, b;
    make_heads(dir, "mesh_run_formats");
    path_of(path, dir, "heads/head_a.fbx");
    load(&a, path);
    path_of(path, dir, "heads/head_b.fbx");
    load(&b, path);
    for (size_t f = 0; f < 4; f++) {
        snprintf(options, sizeof options, "--mesh-format %s", formats[f]);
        cr_assert_eq(morph(dir, formats[f], options), 0, "%s", options);
        for (int i = 0; i < FRAMES; i++)
            check_frame(dir, formats[f], i, &a, &b);
        for (int side = 0; side < 2; side++) {
            path_of(path, dir, "%s/" RUN "/mesh/head_%c.png", formats[f], 'a' + side);
            cr_assert_eq(access(path, R_OK), 0, "%s is missing", path);
        }
    }
    unload(&a);
    unload(&b);
}

Test(mesh_run, fbx_frames_share_their_points_and_tell_their_weight) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    size_t first = 0;
    make_heads(dir, "mesh_run_points");
    cr_assert_eq(morph(dir, "out", ""), 0);
    for (int i = 0; i < FRAMES; i++) {
        size_t size;
        int found = 0;
        frame_path(path, dir, "out", i, "fbx");
        free(slurp(path, &size));
        const struct aiScene *scene = import(path);
        const struct aiNode *node = scene->mRootNode;
        while (node->mNumMeshes == 0 && node->mNumChildren > 0)
            node = node->mChildren[0];
        for (unsigned k = 0; node->mMetaData && k < node->mMetaData->mNumProperties; k++) {
            const struct aiMetadataEntry *entry = &node->mMetaData->mValues[k];
            const char *key = node->mMetaData->mKeys[k].data;
            if (strcmp(key, "t") == 0 && entry->mType == AI_FLOAT)
                found += *(float *)entry->mData == 1.0F - (float)i / (FRAMES - 1);
            if (strcmp(key, "texture_b") == 0)
                found += strcmp(((struct aiString *)entry->mData)->data, "head_b.png") == 0;
        }
        cr_assert_eq(found, 2, "%s: user properties", path);
        aiReleaseImport(scene);
        cr_assert(i == 0 || size == first, "%s: %zu bytes, the first has %zu", path, size, first);
        first = size;
    }
}

/* ---- morph.glb ---- */

Test(mesh_run, the_morph_file_is_valid_and_plays_the_frames) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    glb_file file;
    size_t size;
    make_heads(dir, "mesh_run_morph");
    cr_assert_eq(morph(dir, "out", "--fps 10 --mesh-format glb"), 0);
    path_of(path, dir, "out/" RUN "/morph.glb");
    unsigned char *bytes = slurp(path, &size);
    const char *wrong = glb_check(bytes, size, &file);
    cr_assert_null(wrong, "%s", wrong);
    int input = glb_index(&file, "animations.0.samplers.0.input");
    int output = glb_index(&file, "animations.0.samplers.0.output");
    cr_assert_eq(glb_count(&file, input), (size_t)FRAMES);
    for (size_t i = 0; i < FRAMES; i++) {
        cr_assert_float_eq(glb_value(&file, input, i, 0), (double)i / 10, 1e-7);
        cr_assert_eq(glb_value(&file, output, i, 0), 1.0 - (double)i / (FRAMES - 1));
    }
    cr_assert_eq(json_array_size(glb_at(&file, "images")), 2U);
    cr_assert_str_eq(json_string_value(glb_at(&file, "images.1.name")), "head_b");
    cr_assert_eq(glb_index(&file, "materials.0.extras.texture_b"), 1);
    int base = glb_index(&file, "meshes.0.primitives.0.attributes.POSITION");
    int target = glb_index(&file, "meshes.0.primitives.0.targets.0.POSITION");
    for (int end = 0; end < 2; end++) { /* the frames of B and of A have the same vertices */
        glb_file frame;
        size_t frame_size;
        frame_path(path, dir, "out", end == 0 ? 0 : FRAMES - 1, "glb");
        unsigned char *frame_bytes = slurp(path, &frame_size);
        wrong = glb_check(frame_bytes, frame_size, &frame);
        cr_assert_null(wrong, "%s", wrong);
        int positions = glb_index(&frame, "meshes.0.primitives.0.attributes.POSITION");
        cr_assert_eq(glb_count(&frame, positions), glb_count(&file, base));
        for (size_t i = 0; i < 3 * glb_count(&file, base); i++) {
            double want = glb_value(&file, base, i / 3, i % 3);
            want += end == 0 ? glb_value(&file, target, i / 3, i % 3) : 0.0;
            cr_assert_float_eq(glb_value(&frame, positions, i / 3, i % 3), want, 3e-8);
        }
        glb_free(&frame);
        free(frame_bytes);
    }
    glb_free(&file);
    free(bytes);
    const struct aiScene *scene = import((path_of(path, dir, "out/" RUN "/morph.glb"), path));
    cr_assert_eq(scene->mMeshes[0]->mNumAnimMeshes, 1U);
    cr_assert_eq(scene->mAnimations[0]->mMorphMeshChannels[0]->mNumKeys, (unsigned)FRAMES);
    aiReleaseImport(scene);
}

/* ---- real heads, and our own files as input ---- */

/* Runs two real files; the last frame is A with all its polygons. False without data. */
static bool check_real(const char *dir, const char *file_a, const char *file_b, double tolerance) {
    char path[2][FM_TEST_PATH], found[FM_TEST_PATH];
    head a, got;
    if (!fm_test_data(path[0], file_a) || !fm_test_data(path[1], file_b))
        return false;
    cr_assert_eq(shell("cd '%s' && %s morph '%s' '%s' --full --heatmaps off --frames 2 --size 16"
                       " --mesh-textures none -o out --force",
                       dir, FMORPH, path[0], path[1]),
                 0, "%s", file_a);
    cr_assert_eq(shell("cd '%s' && mv out/*/mesh/*-1000_*-0000.fbx last.fbx", dir), 0);
    path_of(found, dir, "last.fbx");
    load(&a, path[0]);
    load(&got, found);
    cr_assert_eq(got.mesh.polygon_count, a.mesh.polygon_count, "%s", file_a);
    cr_assert_eq(got.mesh.corner_count, a.mesh.corner_count, "%s", file_a);
    cr_assert_eq(
        memcmp(got.mesh.polygon_sizes, a.mesh.polygon_sizes, 4 * (size_t)a.mesh.polygon_count), 0);
    cr_assert_leq(
        largest_distance(got.mesh.positions, a.mesh.positions, 3 * (size_t)a.mesh.corner_count),
        tolerance, "%s", file_a);
    if (a.mesh.uvs != NULL)
        cr_assert_lt(largest_distance(got.mesh.uvs, a.mesh.uvs, 2 * (size_t)a.mesh.corner_count),
                     1e-7);
    unload(&a);
    unload(&got);
    return true;
}

Test(mesh_run, real_heads_keep_quads_and_the_order_of_many_materials) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, "mesh_run_real");
    if (!check_real(dir, "mh_heads/male1.fbx", "mh_heads/male2.fbx", 1.5e-8))
        cr_skip("skipped: no data");
    check_real(dir, "mh_quads/male1_lo.fbx", "mh_quads/male2_lo.fbx", 1.5e-8);
    check_real(dir, "ict/ict_neutral.obj", "ict/ict_personA.obj", 2e-6);
}

Test(mesh_run, own_files_are_input_again_with_their_textures) {
    static const char *const formats[] = {"fbx", "glb", "obj", "ply"};
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    make_heads(dir, "mesh_run_again");
    cr_assert_eq(shell("cd '%s/heads' && for e in fbx png; do mv head_a.$e 'head a.'$e;"
                       " mv head_b.$e 'b%%41.'$e; done",
                       dir),
                 0);
    for (size_t f = 0; f < 4; f++) {
        cr_assert_eq(shell("cd '%s' && %s morph 'heads/head a.fbx' 'heads/b%%41.fbx' --full"
                           " --heatmaps off --frames 2 --size 16 -o first --force"
                           " --texture-a 'heads/head a.png' --texture-b 'heads/b%%41.png'"
                           " --mesh-format %s",
                           dir, FMORPH, formats[f]),
                     0);
        cr_assert_eq(shell("cd '%s' && %s morph first/*/mesh/*-1000_*-0000.%s"
                           " first/*/mesh/*-0000_*-1000.%s --minimal --frames 2 --size 16"
                           " -o again --force && mv again/*/run.json .",
                           dir, FMORPH, formats[f], formats[f]),
                     0, "%s", formats[f]);
        path_of(path, dir, "run.json");
        json_t *run = json_load_file(path, 0, NULL);
        for (int side = 0; side < 2; side++) {
            const json_t *input =
                json_object_get(json_object_get(run, "inputs"), side == 0 ? "a" : "b");
            cr_assert_eq(json_array_size(json_object_get(input, "texture")), 2U,
                         "%s: texture of side %d", formats[f], side);
        }
        json_decref(run);
    }
}

/* ---- textures, bytes, failures ---- */

Test(mesh_run, without_textures_nothing_names_one) {
    static const char *const formats[] = {"fbx", "glb", "obj", "ply"};
    char dir[FM_TEST_PATH], path[FM_TEST_PATH], options[64];
    struct aiString texture;
    glb_file file;
    size_t size;
    make_heads(dir, "mesh_run_none");
    for (size_t f = 0; f < 4; f++) {
        snprintf(options, sizeof options, "--mesh-textures none --mesh-format %s", formats[f]);
        cr_assert_eq(morph(dir, formats[f], options), 0);
        frame_path(path, dir, formats[f], 1, formats[f]);
        const struct aiScene *scene = import(path);
        texture_of(scene, &texture);
        cr_assert_str_eq(texture.data, "");
        aiReleaseImport(scene);
        path_of(path, dir, "%s/" RUN "/mesh/head_a.png", formats[f]);
        cr_assert_neq(access(path, F_OK), 0, "%s is there", path);
        frame_path(path, dir, formats[f], 1, "mtl");
        cr_assert_neq(access(path, F_OK), 0, "%s is there", path);
    }
    path_of(path, dir, "fbx/" RUN "/morph.glb");
    unsigned char *bytes = slurp(path, &size);
    const char *wrong = glb_check(bytes, size, &file);
    cr_assert_null(wrong, "%s", wrong);
    cr_assert_null(glb_at(&file, "images"));
    glb_free(&file);
    free(bytes);
}

/* Frame i's own texture is the blend of the first and the last one's. */
static void assert_blended(const char *dir, int i, const fmi_image ends[2]) {
    char path[FM_TEST_PATH];
    fmi_image got;
    fm_error err;
    frame_path(path, dir, "out", i, "png");
    fm_assert_ok(fmi_image_load(&got, path, &err), err);
    cr_assert(got.view.width == ends[0].view.width && got.view.height == ends[0].view.height);
    for (size_t k = 0; k < (size_t)got.view.row_bytes * got.view.height; k++) {
        double t = 1.0 - (double)i / (FRAMES - 1);
        double want = t * ends[0].view.pixels[k] + (1.0 - t) * ends[1].view.pixels[k];
        cr_assert_float_eq(got.view.pixels[k], want, 0.54, "frame %d, byte %zu: %u, want %g", i, k,
                           got.view.pixels[k], want);
    }
    fmi_image_free(&got);
}

Test(mesh_run, textures_all_gives_each_frame_its_blend) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH], own[64];
    struct aiString texture;
    fmi_image ends[2];
    fm_error err;
    size_t differ = 0;
    make_heads(dir, "mesh_run_all");
    cr_assert_eq(morph(dir, "out", "--device auto --mesh-textures all"), 0);
    for (int end = 0; end < 2; end++) {
        frame_path(path, dir, "out", end == 0 ? 0 : FRAMES - 1, "png");
        fm_assert_ok(fmi_image_load(&ends[end], path, &err), err);
    }
    for (size_t k = 0; k < (size_t)ends[0].view.row_bytes * ends[0].view.height; k++)
        differ += ends[0].view.pixels[k] != ends[1].view.pixels[k];
    cr_assert_gt(differ, 1000U, "the heads have one texture");
    for (int i = 0; i < FRAMES; i++) {
        int a = 1000 * i / (FRAMES - 1);
        assert_blended(dir, i, ends);
        frame_path(path, dir, "out", i, "fbx");
        const struct aiScene *scene = import(path);
        texture_of(scene, &texture);
        snprintf(own, sizeof own, "head_a-%04d_head_b-%04d.png", a, 1000 - a);
        cr_assert_str_eq(texture.data, own);
        aiReleaseImport(scene);
    }
    path_of(path, dir, "out/" RUN "/mesh/head_a.png");
    cr_assert_neq(access(path, F_OK), 0, "%s is there", path);
    fmi_image_free(&ends[0]);
    fmi_image_free(&ends[1]);
    cr_assert_eq(morph(dir, "refused", "--device ref --mesh-textures all"), 4);
    path_of(path, dir, "refused");
    cr_assert_neq(access(path, F_OK), 0, "a refused run left %s", path);
}

Test(mesh_run, same_bytes_for_any_threads_level_batch_and_device) {
    static const char *const options[] = {"--threads 1",  "--threads 4 --batch 2", "--level low",
                                          "--level high", "--device ref",          "--threads 2"};
    char dir[FM_TEST_PATH];
    make_heads(dir, "mesh_run_bytes");
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        char out[32];
        snprintf(out, sizeof out, "out%zu", i);
        cr_assert_eq(morph(dir, out, options[i]), 0, "%s", options[i]);
        cr_assert_eq(shell("cd '%s' && diff -r out0/" RUN "/mesh %s/" RUN "/mesh"
                           " && cmp out0/" RUN "/morph.glb %s/" RUN "/morph.glb",
                           dir, out, out),
                     0, "%s changes bytes", options[i]);
    }
}

/** Files below path, all of them in list, a text with one name a line. */
static int files_below(const char *path, const char *prefix, const json_t *outputs) {
    DIR *folder = opendir(path);
    int count = 0;
    cr_assert_not_null(folder, "%s", path);
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char below[FM_TEST_PATH], name[512];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        path_of(below, path, "%s", entry->d_name);
        snprintf(name, sizeof name, "%s/%s", prefix, entry->d_name);
        cr_assert_eq(stat(below, &st), 0);
        if (S_ISDIR(st.st_mode)) {
            count += files_below(below, name, outputs);
            continue;
        }
        bool listed = strcmp(entry->d_name, "run.json") == 0;
        for (size_t i = 0; i < json_array_size(outputs); i++) {
            const json_t *output = json_array_get(outputs, i);
            if (strcmp(json_string_value(json_object_get(output, "path")), name) == 0) {
                listed = true;
                cr_assert_eq(json_integer_value(json_object_get(output, "bytes")), st.st_size);
            }
        }
        cr_assert(listed, "%s is not in run.json", name);
        count++;
    }
    closedir(folder);
    return count;
}

Test(mesh_run, run_json_lists_every_file_once) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    make_heads(dir, "mesh_run_list");
    cr_assert_eq(morph(dir, "out", "--mesh-format obj --contact-sheet on"), 0);
    path_of(path, dir, "out/" RUN "/run.json");
    json_t *run = json_load_file(path, 0, NULL);
    const json_t *outputs = json_object_get(run, "outputs");
    path_of(path, dir, "out/" RUN);
    int files = files_below(path, "out/" RUN, outputs);
    cr_assert_eq((size_t)files, json_array_size(outputs) + 1, "%d files, %zu listed", files,
                 json_array_size(outputs));
    path_of(path, dir, "out/" RUN "/contact_sheet.png");
    cr_assert_eq(access(path, R_OK), 0);
    json_decref(run);
}

/* The limit lies above what the importer's process hands over, about 50 kB without a picture, and
 * below an OBJ of 80 kB. */
Test(mesh_run, a_full_disk_is_exit_5_and_leaves_nothing) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH];
    make_heads(dir, "mesh_run_full");
    cr_assert_eq(shell("rm '%s'/heads/*.png", dir), 0);
    for (int low = 0; low < 2; low++) {
        cr_assert_eq(
            shell("cd '%s' && ulimit -f 128 && trap '' XFSZ && %s morph heads/head_a.fbx"
                  " heads/head_b.fbx --full --heatmaps off --frames 3 --size 8 -o out"
                  " --mesh-format obj --level %s 2>full.log; code=$?; grep -q 'mesh/.*obj' full.log"
                  " && exit $code",
                  dir, FMORPH, low ? "low" : "high"),
            5);
        path_of(path, dir, "out");
        cr_assert_neq(access(path, F_OK), 0, "the failed run left %s", path);
    }
}
