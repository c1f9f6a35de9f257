/* SPDX-License-Identifier: MIT */
/* NPZ archives: our own read back, stored and deflated ones, damage of every byte. */
#include "fm_test.h"

#include "io/npz.h"
#include "io/zip_memory.h"

#include <minizip/zip.h>

TestSuite(npz, .timeout = 60);

static const char *const names[] = {"value", "status"};
static const float values[6] = {1, 2, 3, 4, 5.5F, -6};
static const uint8_t statuses[3] = {0, 1, 2};

static void path_of(char path[FM_TEST_PATH], const char *name) {
    fm_test_dir(path, name);
    strcat(path, "/a.npz");
}

static fmi_npz_entry value_entry(void) {
    return (fmi_npz_entry){.name = "value",
                           .shape = {.kind = FMI_NPY_F4, .dims = 3, .size = {1, 3, 2}, .count = 6},
                           .values = values};
}

static void write_both(const char *path) {
    const fmi_npz_entry entries[] = {
        value_entry(),
        {.name = "status",
         .shape = {.kind = FMI_NPY_U1, .dims = 2, .size = {1, 3}, .count = 3},
         .values = statuses},
        {.name = "jacobian",
         .shape = {.kind = FMI_NPY_F4, .dims = 1, .size = {0}, .count = 0},
         .values = values}};
    fm_error err;
    fm_assert_ok(fmi_npz_write(path, entries, 3, &err), err);
}

static size_t file_bytes(const char *path, unsigned char *bytes, size_t room) {
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f);
    const size_t size = fread(bytes, 1, room, f);
    fclose(f);
    return size;
}

static void write_file(const char *path, const unsigned char *bytes, size_t count) {
    FILE *f = fopen(path, "wb");
    cr_assert_not_null(f);
    cr_assert_eq(fwrite(bytes, 1, count, f), count);
    cr_assert_eq(fclose(f), 0);
}

static void check_value(const fmi_npz *npz) {
    const fmi_npy *value = fmi_npz_find(npz, "value");
    cr_assert_not_null(value);
    cr_assert_eq(value->shape.kind, FMI_NPY_F4);
    cr_assert_eq(value->shape.dims, 3);
    cr_assert_arr_eq(value->values, values, sizeof values);
}

Test(npz, what_is_written_reads_back_with_the_same_bytes_each_time) {
    char path[FM_TEST_PATH];
    unsigned char first[4096], second[4096];
    static const char *const only[] = {"value"};
    fmi_npz npz;
    fm_error err;
    path_of(path, "npz_back");
    write_both(path);
    const size_t size = file_bytes(path, first, sizeof first);
    write_both(path);
    cr_assert_eq(file_bytes(path, second, sizeof second), size);
    cr_assert_arr_eq(first, second, size);
    fm_assert_ok(fmi_npz_read(&npz, path, only, 1, &err), err);
    check_value(&npz);
    cr_assert_eq(npz.count, 1, "members that are not asked for are not read");
    cr_assert_null(fmi_npz_find(&npz, "status"));
    fmi_npz_free(&npz);
    cr_assert_eq(npz.count, 0);
}

/* As NumPy's savez_compressed writes it, with zip64 fields. */
static void write_deflated(const char *path, bool twice) {
    fmi_zip_memory memory = {0};
    zlib_filefunc64_def functions = fmi_zip_memory_functions(&memory);
    zipFile zip = zipOpen2_64(path, APPEND_STATUS_CREATE, NULL, &functions);
    const fmi_npz_entry entry = value_entry();
    const zip_fileinfo info = {0};
    unsigned char prefix[FMI_NPY_PREFIX_BYTES];
    const size_t bytes = fmi_npy_prefix(&entry.shape, prefix);
    for (int i = 0; i <= twice; i++) {
        cr_assert_eq(zipOpenNewFileInZip64(zip, "value.npy", &info, NULL, 0, NULL, 0, NULL,
                                           Z_DEFLATED, 9, 1),
                     ZIP_OK);
        zipWriteInFileInZip(zip, prefix, (unsigned)bytes);
        zipWriteInFileInZip(zip, values, sizeof values);
        zipCloseFileInZip(zip);
    }
    cr_assert_eq(zipClose(zip, NULL), ZIP_OK);
    write_file(path, memory.bytes, memory.size);
    free(memory.bytes);
}

Test(npz, deflated_members_are_inflated) {
    char path[FM_TEST_PATH];
    fmi_npz npz;
    fm_error err;
    path_of(path, "npz_deflated");
    write_deflated(path, false);
    fm_assert_ok(fmi_npz_read(&npz, path, names, 2, &err), err);
    check_value(&npz);
    fmi_npz_free(&npz);
    write_deflated(path, true);
    fm_assert_fails(fmi_npz_read(&npz, path, names, 2, &err), FM_ERROR_BAD_INPUT, err, "twice");
}

/* Every byte changed, every length cut: an answer or a refusal, never a crash; a changed number is
 * seen by the check sum. */
Test(npz, damage_is_refused) {
    char path[FM_TEST_PATH];
    unsigned char bytes[4096];
    fmi_npz npz;
    fm_error err;
    size_t refused = 0;
    path_of(path, "npz_damage");
    write_deflated(path, false);
    const size_t size = file_bytes(path, bytes, sizeof bytes);
    for (size_t i = 0; i < size; i++) {
        bytes[i] ^= 0x41;
        write_file(path, bytes, size);
        bytes[i] ^= 0x41;
        if (fmi_npz_read(&npz, path, names, 1, &err) != FM_OK) {
            refused++;
            continue;
        }
        if (fmi_npz_find(&npz, "value"))
            check_value(&npz);
        fmi_npz_free(&npz);
    }
    cr_assert_gt(refused, size / 4, "%zu of %zu", refused, size);
    for (size_t i = 1; i < size; i++) {
        write_file(path, bytes, i);
        const fm_status status = fmi_npz_read(&npz, path, names, 1, &err);
        cr_assert(status != FM_OK || i > size - 22, "cut to %zu of %zu", i, size);
        if (status == FM_OK) { /* the very end holds nothing that is needed */
            check_value(&npz);
            fmi_npz_free(&npz);
        }
    }
    write_file(path, (const unsigned char *)"no zip at all", 13);
    fm_assert_fails(fmi_npz_read(&npz, path, names, 1, &err), FM_ERROR_BAD_INPUT, err,
                    "a.npz: is no NPZ archive");
}
