/* SPDX-License-Identifier: MIT */
#include "npz.h"

#include "error.h"
#include "file.h"
#include "npy_header.h"
#include "output.h"
#include "zip_memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <minizip/unzip.h>
#include <minizip/zip.h>

#define MEMBER_NAME_BYTES 256
#define CHUNK_BYTES (1U << 20)
/* A member inflates to so many bytes, and so many more for each byte of the archive. Clips of
 * keypoints shrink to a half or a tenth; deflate's best is a thousandth. */
#define INFLATED_LEAST (UINT64_C(32) << 20)
#define INFLATED_A_BYTE 64

/* An archive being read. */
typedef struct reader {
    fmi_npz *npz;
    unzFile zip;
    const char *path, *file; /* file: for messages */
    const char *const *names;
    size_t name_count, archive_bytes;
    fm_error *err;
} reader;

static fm_status damaged(const reader *r, const char *member, const char *what) {
    return fmi_fail(r->err, FM_ERROR_BAD_INPUT, "%s: %s%s%s; save the archive again", r->file,
                    member, member[0] ? ": " : "", what);
}

/* Inflates up to count bytes of the open member; *got: how many there were. */
static fm_status inflate_some(const reader *r, const char *member, unsigned char *to, size_t count,
                              size_t *got) {
    int n = 1;
    for (*got = 0; *got < count && n > 0; *got += (size_t)n) {
        const size_t left = count - *got;
        n = unzReadCurrentFile(r->zip, to + *got,
                               (unsigned)(left < CHUNK_BYTES ? left : CHUNK_BYTES));
        if (n < 0)
            return damaged(r, member, "cannot be inflated");
    }
    return FM_OK;
}

/* Bytes of the arrays that were read before. */
static uint64_t held(const fmi_npz *npz) {
    uint64_t bytes = 0;
    for (size_t i = 0; i < npz->count; i++)
        bytes += npz->array[i].shape.count * fmi_npy_element_bytes(npz->array[i].shape.kind);
    return bytes;
}

/* How long the member is by its own header; with the others, it must be no more than such an
 * archive can be expected to hold. */
static fm_status promised(const reader *r, const char *label, const unsigned char *head,
                          size_t have, uint64_t *total) {
    const uint64_t most = INFLATED_LEAST + INFLATED_A_BYTE * r->archive_bytes;
    fm_status status = fmi_npy_file_bytes(total, head, have, label, r->err);
    if (status == FM_OK && held(r->npz) + *total > most)
        status =
            fmi_fail(r->err, FM_ERROR_LIMIT,
                     "%s: inflates to %" PRIu64 " bytes, above the limit of %" PRIu64
                     " for an archive of %zu; save it with numpy.savez, which does not compress",
                     label, *total, most, r->archive_bytes);
    return status;
}

/* Inflates the open member as far as its header goes, and one byte more, so that a longer one is
 * seen. The size in the directory may lie. */
static fm_status inflate_member(const reader *r, const char *member, const char *label,
                                unsigned char **bytes, size_t *size) {
    uint64_t total = 0;
    size_t more = 0;
    *bytes = malloc(FMI_NPY_HEAD_BYTES);
    if (!*bytes)
        return fmi_fail(r->err, FM_ERROR_HOST_MEMORY, "%s: no memory for its header", label);
    fm_status status = inflate_some(r, member, *bytes, FMI_NPY_HEAD_BYTES, size);
    if (status == FM_OK)
        status = promised(r, label, *bytes, *size, &total);
    if (status != FM_OK || total < *size)
        return status;
    unsigned char *grown = realloc(*bytes, (size_t)total + 1);
    if (!grown)
        return fmi_fail(r->err, FM_ERROR_HOST_MEMORY, "%s: no memory for %" PRIu64 " bytes", label,
                        total);
    *bytes = grown;
    status = inflate_some(r, member, grown + *size, (size_t)total + 1 - *size, &more);
    *size += more;
    return status;
}

static fm_status read_member(const reader *r, const char *name, const char *member) {
    unsigned char *bytes = NULL;
    size_t size = 0;
    char label[FM_ERROR_FRAME_BYTES];
    fmi_npz *npz = r->npz;
    if (fmi_npz_find(npz, name) || npz->count == FMI_NPZ_MAX_ARRAYS)
        return damaged(r, member, "is in there twice");
    if (unzOpenCurrentFile(r->zip) != UNZ_OK)
        return damaged(r, member, "cannot be opened (encrypted, or not deflated)");
    snprintf(label, sizeof label, "%.80s: %.40s", r->file, member);
    fm_status status = inflate_member(r, member, label, &bytes, &size);
    if (unzCloseCurrentFile(r->zip) != UNZ_OK && status == FM_OK)
        status = damaged(r, member, "its check sum is wrong");
    if (status == FM_OK)
        status = fmi_npy_parse(&npz->array[npz->count], bytes, size, label, r->err);
    if (status == FM_OK)
        snprintf(npz->name[npz->count++], FMI_NPZ_NAME_BYTES, "%s", name);
    free(bytes);
    return status;
}

/* The wanted name that this member has; NULL = none. */
static const char *wanted(const reader *r, const char *member) {
    const size_t length = strlen(member);
    if (length < 4 || strcmp(member + length - 4, ".npy") != 0)
        return NULL;
    for (size_t i = 0; i < r->name_count; i++)
        if (strlen(r->names[i]) == length - 4 && strncmp(member, r->names[i], length - 4) == 0)
            return r->names[i];
    return NULL;
}

static fm_status read_members(const reader *r) {
    char member[MEMBER_NAME_BYTES];
    int code = unzGoToFirstFile(r->zip);
    for (; code == UNZ_OK; code = unzGoToNextFile(r->zip)) {
        unz_file_info64 info;
        if (unzGetCurrentFileInfo64(r->zip, &info, member, sizeof member - 1, NULL, 0, NULL, 0) !=
            UNZ_OK)
            return damaged(r, "", "a damaged directory");
        member[info.size_filename < sizeof member - 1 ? info.size_filename : sizeof member - 1] = 0;
        const char *name = wanted(r, member);
        const fm_status status = name ? read_member(r, name, member) : FM_OK;
        if (status != FM_OK)
            return status;
    }
    return code == UNZ_END_OF_LIST_OF_FILE ? FM_OK : damaged(r, "", "a damaged directory");
}

fm_status fmi_npz_read(fmi_npz *npz, const char *path, const char *const *names, size_t name_count,
                       fm_error *err) {
    fmi_zip_memory memory = {0};
    *npz = (fmi_npz){0};
    fm_status status = fmi_file_read(&memory.bytes, &memory.size, path, err);
    if (status != FM_OK)
        return status;
    zlib_filefunc64_def functions = fmi_zip_memory_functions(&memory);
    reader r = {.npz = npz, .path = path, .file = path, .names = names};
    r.name_count = name_count;
    r.archive_bytes = memory.size;
    r.err = err;
    r.zip = unzOpen2_64(path, &functions);
    status = r.zip ? read_members(&r) : damaged(&r, "", "is no NPZ archive");
    if (r.zip)
        unzClose(r.zip);
    free(memory.bytes);
    if (status != FM_OK)
        fmi_npz_free(npz);
    return status;
}

const fmi_npy *fmi_npz_find(const fmi_npz *npz, const char *name) {
    for (size_t i = 0; i < npz->count; i++)
        if (strcmp(npz->name[i], name) == 0)
            return &npz->array[i];
    return NULL;
}

void fmi_npz_free(fmi_npz *npz) {
    for (size_t i = 0; i < npz->count; i++)
        fmi_npy_free(&npz->array[i]);
    *npz = (fmi_npz){0};
}

static int write_bytes(zipFile zip, const void *bytes, uint64_t count) {
    int code = ZIP_OK;
    for (uint64_t at = 0; at < count && code == ZIP_OK; at += CHUNK_BYTES) {
        const uint64_t left = count - at;
        code = zipWriteInFileInZip(zip, (const char *)bytes + at,
                                   (unsigned)(left < CHUNK_BYTES ? left : CHUNK_BYTES));
    }
    return code;
}

static int write_entry(zipFile zip, const fmi_npz_entry *entry) {
    const zip_fileinfo info = {.dosDate = (1 << 21) + (1 << 16)}; /* 1980-01-01, as NumPy */
    unsigned char prefix[FMI_NPY_PREFIX_BYTES];
    char member[MEMBER_NAME_BYTES];
    const uint64_t bytes = entry->shape.count * fmi_npy_element_bytes(entry->shape.kind);
    snprintf(member, sizeof member, "%s.npy", entry->name);
    int code = zipOpenNewFileInZip64(zip, member, &info, NULL, 0, NULL, 0, NULL, 0, 0,
                                     bytes > UINT32_MAX - FMI_NPY_PREFIX_BYTES);
    if (code == ZIP_OK)
        code = write_bytes(zip, prefix, fmi_npy_prefix(&entry->shape, prefix));
    if (code == ZIP_OK)
        code = write_bytes(zip, entry->values, bytes);
    return code == ZIP_OK ? zipCloseFileInZip(zip) : code;
}

fm_status fmi_npz_write(const char *path, const fmi_npz_entry *entries, size_t count,
                        fm_error *err) {
    fmi_zip_memory memory = {0};
    zlib_filefunc64_def functions = fmi_zip_memory_functions(&memory);
    zipFile zip = zipOpen2_64(path, APPEND_STATUS_CREATE, NULL, &functions);
    int code = zip ? ZIP_OK : ZIP_INTERNALERROR;
    for (size_t i = 0; i < count && code == ZIP_OK; i++)
        code = write_entry(zip, &entries[i]);
    if (zip && zipClose(zip, NULL) != ZIP_OK && code == ZIP_OK)
        code = ZIP_INTERNALERROR;
    fm_status status = FM_OK;
    if (memory.failed || code != ZIP_OK)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the archive", path);
    else
        status = fmi_output_write(path, memory.bytes, memory.size, err);
    free(memory.bytes);
    return status;
}
