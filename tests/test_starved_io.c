/* SPDX-License-Identifier: MIT */
/* Without memory at any one place of ours: readers and writers of files. */
#include "import_files.h"
#include "mesh_roof.h"
#include "starve.h"

#include <io/csv.h>
#include <io/encoder.h>
#include <io/file.h>
#include <io/json.h>
#include <io/npz.h>
#include <io/output.h>
#include <io/sheet.h>
#include <io/tasks.h>

TestSuite(starved_io, .timeout = 120);

static char folder[FM_TEST_PATH], file[FM_TEST_PATH + 64];

static void open_folder(const char *name) {
    fm_test_dir(folder, name);
}

static const char *in_folder(const char *name) {
    snprintf(file, sizeof file, "%s/%s", folder, name);
    return file;
}

/* Whatever went wrong, nothing is left beside the files that are meant to be there. */
static void expect_no_leftovers(void) {
    char command[FM_TEST_PATH + 64];
    snprintf(command, sizeof command, "ls -A '%s' | grep -q tmp", folder);
    cr_assert_neq(system(command), 0, "a temporary file was left in %s", folder);
}

/* Without memory, and with files that cannot be opened, read, written or renamed. */
static uint32_t starve_both(starve_fn work, void *user) {
    return starve(work, user) + starve_of(STARVE_SYSTEM, work, user);
}

/* ---- meshes ---- */

static fm_status write_mesh(void *user, fm_error *err) {
    const fmi_mesh_format format = *(const fmi_mesh_format *)user;
    const fmi_mesh_out mesh = roof();
    fmi_mesh_out shared_mesh = mesh;
    fmi_mesh_shared shared = {0};
    fmi_mesh_scratch scratch = {0};
    char name[32];
    snprintf(name, sizeof name, "roof.%s", fmi_mesh_extension(format));
    fm_status status = fmi_mesh_shared_make(&shared, format, &mesh, true, err);
    shared_mesh.shared = &shared;
    if (status == FM_OK)
        status = fmi_mesh_write(format, &shared_mesh, in_folder(name), true, &scratch, err);
    if (status == FM_OK)
        status = fmi_mesh_write(format, &mesh, in_folder(name), false, &scratch, err);
    fmi_mesh_shared_free(&shared);
    fmi_mesh_scratch_free(&scratch);
    expect_no_leftovers();
    return status;
}

Test(starved_io, meshes) {
    open_folder("meshes");
    uint32_t places = 0;
    for (fmi_mesh_format format = 0; format < FMI_MESH_FORMATS; format++)
        places += starve_both(write_mesh, &format);
    cr_assert_geq(places, 4U, "only %u places", places);
}

static fm_status encode_morph(void *user, fm_error *err) {
    static const float times[] = {0, 1}, weights[] = {0, 1};
    const fmi_mesh_out mesh = roof();
    const fmi_glb_morph morph = {.base = &mesh,
                                 .target = POSITIONS,
                                 .target_normals = NORMALS,
                                 .target_name = "other",
                                 .times = times,
                                 .weights = weights,
                                 .key_count = 2};
    fmi_bytes out = {0};
    (void)user;
    const fm_status status = fmi_glb_morph_encode(&out, &morph, err);
    fmi_bytes_free(&out);
    return status;
}

Test(starved_io, animated_meshes) {
    cr_assert_geq(starve(encode_morph, NULL), 2U);
}

/* ---- imports ---- */

static fm_status load_side(void *user, fm_error *err) {
    fmi_side side = {0};
    const fm_status status = fmi_side_load(&side, user, NULL, NULL, err);
    if (status != FM_OK)
        cr_assert_null(side.blob);
    fmi_side_free(&side);
    return status;
}

static void png_bytes(fmi_bytes *png) {
    static const uint8_t pixels[4 * 4 * 3] = {200, 100, 50};
    const fm_image image = {pixels, 4, 4, 3, 12};
    fm_error err;
    fm_assert_ok(fmi_png_encode(png, &image, &err), err);
}

Test(starved_io, imports) {
    static const fbx_head head = {
        .unit = 100, .up = 1, .up_sign = 1, .front = 2, .front_sign = 1, .node = ""};
    char path[FM_TEST_PATH];
    fmi_bytes png = {0};
    open_folder("imports");
    png_bytes(&png);
    put_file(path, folder, "skin.png", png.data, png.size);
    put_text(path, folder, "one.mtl", "newmtl skin\nmap_Kd skin.png\n");
    put_text(path, folder, "one.obj",
             "mtllib one.mtl\nusemtl skin\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"
             "vt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nf 1/1 2/2 3/3 4/4\n");
    uint32_t places = starve_both(load_side, path);
    put_fbx(path, folder, "one.fbx", &head);
    places += starve_both(load_side, path);
    put_glb(path, folder, "one.glb", "[{\"mesh\":0}]", png.data, png.size);
    places += starve_both(load_side, path);
    cr_assert_geq(places, 6U, "only %u places", places);
    fmi_bytes_free(&png);
}

/* ---- pictures ---- */

static fm_status encode_frames(void *user, fm_error *err) {
    static const uint8_t pixels[16 * 16 * 3] = {1, 2, 3};
    const fm_image image = {pixels, 16, 16, 3, 48};
    const fmi_encoder_params params = {.workers = 2};
    fmi_encoder *encoder = NULL;
    fmi_encoder_report report;
    (void)user;
    fm_status status = fmi_encoder_create(&encoder, &params, err);
    for (int i = 0; status == FM_OK && i < 6; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d.png", i);
        status = fmi_encoder_push(encoder, &image, in_folder(name), err);
    }
    if (status == FM_OK)
        status = fmi_encoder_finish(encoder, &report, err);
    fmi_encoder_destroy(&encoder);
    return status;
}

Test(starved_io, frames) {
    open_folder("frames");
    cr_assert_geq(starve_both(encode_frames, NULL), 5U);
    expect_no_leftovers();
}

static fm_status make_sheet(void *user, fm_error *err) {
    static const uint8_t pixels[8 * 8 * 3];
    const fm_image image = {pixels, 8, 8, 3, 24};
    fmi_sheet *sheet = NULL;
    fm_image view;
    fmi_bytes png = {0};
    fmi_image back = {0};
    (void)user;
    fm_status status = fmi_sheet_create(&sheet, 3, 8, 8, err);
    if (status == FM_OK) {
        fmi_sheet_put(sheet, 1, &image, "50 %");
        fmi_sheet_image(sheet, &view);
        status = fmi_png_encode(&png, &view, err);
    }
    if (status == FM_OK)
        status = fmi_image_decode(&back, png.data, png.size, "sheet", err);
    fmi_image_free(&back);
    fmi_bytes_free(&png);
    fmi_sheet_destroy(&sheet);
    return status;
}

Test(starved_io, sheets) {
    cr_assert_geq(starve(make_sheet, NULL), 4U);
}

/* ---- tables and arrays ---- */

static fm_status copy_table(void *user, fm_error *err) {
    fmi_csv csv = {0};
    fmi_csv_out out = {0};
    fm_status status = fmi_csv_read(&csv, user, err);
    for (size_t row = 0; status == FM_OK && row < csv.rows; row++) {
        for (size_t column = 0; column < csv.columns; column++)
            fmi_csv_put_text(&out, fmi_csv_cell(&csv, row, column));
        fmi_csv_end_row(&out);
    }
    if (status == FM_OK)
        status = fmi_csv_write(&out, in_folder("copy.csv"), err);
    fmi_csv_out_free(&out);
    fmi_csv_free(&csv);
    expect_no_leftovers();
    return status;
}

Test(starved_io, tables) {
    char path[FM_TEST_PATH];
    open_folder("tables");
    put_text(path, folder, "one.csv", "a,b,c\n1,\"2\",=3\n4,5,6\n");
    cr_assert_geq(starve_both(copy_table, path), 3U);
}

static fm_status copy_arrays(void *user, fm_error *err) {
    static const char *const names[] = {"value", "one"};
    static const float values[6] = {1, 2, 3, 4, 5, 6};
    const fmi_npz_entry entries[] = {
        {.name = "value",
         .shape = {.kind = FMI_NPY_F4, .dims = 2, .size = {3, 2}, .count = 6},
         .values = values},
        {.name = "one",
         .shape = {.kind = FMI_NPY_F4, .dims = 1, .size = {1}, .count = 1},
         .values = values}};
    fmi_npz npz = {0};
    fmi_npy npy = {0};
    (void)user;
    fm_status status = fmi_npz_write(in_folder("a.npz"), entries, 2, err);
    if (status == FM_OK)
        status = fmi_npz_read(&npz, in_folder("a.npz"), names, 2, err);
    if (status == FM_OK)
        status = fmi_npy_write(in_folder("a.npy"), &entries[0].shape, values, err);
    if (status == FM_OK)
        status = fmi_npy_read(&npy, in_folder("a.npy"), err);
    if (status == FM_OK)
        cr_assert_arr_eq(npy.values, values, sizeof values);
    fmi_npz_free(&npz);
    fmi_npy_free(&npy);
    expect_no_leftovers();
    return status;
}

Test(starved_io, arrays) {
    open_folder("arrays");
    cr_assert_geq(starve_both(copy_arrays, NULL), 5U);
}

static fm_status write_json(void *user, fm_error *err) {
    fmi_json json = {0};
    (void)user;
    fmi_json_begin(&json, NULL, '{');
    for (int i = 0; i < 300; i++)
        fmi_json_string(&json, "key", "a value that needs room");
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    const fm_status status = text ? FM_OK : FM_ERROR_HOST_MEMORY;
    snprintf(err->message, sizeof err->message, "no text");
    fmi_json_free(&json);
    return status;
}

Test(starved_io, objects) {
    cr_assert_geq(starve(write_json, NULL), 1U);
}

/* ---- tasks ---- */

static fm_status nothing(void *user, uint32_t index, uint32_t worker, fm_error *err) {
    (void)index;
    (void)worker;
    (void)err;
    __atomic_add_fetch((int *)user, 1, __ATOMIC_SEQ_CST);
    return FM_OK;
}

static fm_status run_tasks(void *user, fm_error *err) {
    int done = 0;
    const fmi_tasks_params params = {.run = nothing, .user = &done, .count = 20, .workers = 2};
    fmi_tasks *tasks = NULL;
    fmi_tasks_report report;
    (void)user;
    fm_status status = fmi_tasks_start(&tasks, &params, err);
    if (status == FM_OK)
        status = fmi_tasks_finish(tasks, &report, err);
    fmi_tasks_destroy(&tasks);
    cr_assert(status != FM_OK || done == 20, "%d of 20", done);
    return status;
}

Test(starved_io, tasks) {
    cr_assert_geq(starve(run_tasks, NULL), 1U);
}
