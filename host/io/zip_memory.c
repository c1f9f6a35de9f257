/* SPDX-License-Identifier: MIT */
#include "zip_memory.h"

#include <stdlib.h>
#include <string.h>

static voidpf ZCALLBACK open_memory(voidpf opaque, const void *name, int mode) {
    (void)name;
    (void)mode;
    return opaque;
}

static uLong ZCALLBACK read_memory(voidpf opaque, voidpf stream, void *out, uLong count) {
    fmi_zip_memory *m = stream;
    (void)opaque;
    const size_t left = m->failed ? 0 : m->size - m->at;
    const size_t n = count < left ? count : left;
    if (n > 0)
        memcpy(out, m->bytes + m->at, n);
    m->at += n;
    return (uLong)n;
}

static bool has_room(fmi_zip_memory *m, size_t count) {
    if (m->failed || m->at + count <= m->capacity)
        return !m->failed;
    const size_t capacity = (m->at + count) * 2 + 4096;
    unsigned char *bytes = realloc(m->bytes, capacity);
    if (!bytes) {
        m->failed = true;
        return false;
    }
    m->bytes = bytes;
    m->capacity = capacity;
    return true;
}

/* Minizip leaks the entry that was begun when a write fails, so no write does: from the first one
 * without room on, bytes are only counted. */
static uLong ZCALLBACK write_memory(voidpf opaque, voidpf stream, const void *in, uLong count) {
    fmi_zip_memory *m = stream;
    (void)opaque;
    if (has_room(m, count))
        memcpy(m->bytes + m->at, in, count);
    m->at += count;
    m->size = m->at > m->size ? m->at : m->size;
    return count;
}

static ZPOS64_T ZCALLBACK tell_memory(voidpf opaque, voidpf stream) {
    (void)opaque;
    return ((fmi_zip_memory *)stream)->at;
}

static long ZCALLBACK seek_memory(voidpf opaque, voidpf stream, ZPOS64_T offset, int origin) {
    fmi_zip_memory *m = stream;
    (void)opaque;
    const ZPOS64_T base = origin == ZLIB_FILEFUNC_SEEK_CUR   ? m->at
                          : origin == ZLIB_FILEFUNC_SEEK_END ? m->size
                                                             : 0;
    if (base + offset < base || base + offset > m->size)
        return -1;
    m->at = (size_t)(base + offset);
    return 0;
}

static int ZCALLBACK close_memory(voidpf opaque, voidpf stream) {
    (void)opaque;
    (void)stream;
    return 0;
}

static int ZCALLBACK error_memory(voidpf opaque, voidpf stream) {
    (void)opaque;
    (void)stream;
    return 0;
}

zlib_filefunc64_def fmi_zip_memory_functions(fmi_zip_memory *memory) {
    return (zlib_filefunc64_def){.zopen64_file = open_memory,
                                 .zread_file = read_memory,
                                 .zwrite_file = write_memory,
                                 .ztell64_file = tell_memory,
                                 .zseek64_file = seek_memory,
                                 .zclose_file = close_memory,
                                 .zerror_file = error_memory,
                                 .opaque = memory};
}
