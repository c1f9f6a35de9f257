/* SPDX-License-Identifier: MIT */
#include "import_io.h"

#include "file.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* As global as the string it guards: see import_io.h. */
static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;

void fmi_import_io_take_turn(fmi_import_io *io) {
    if (!io->holds_turn)
        pthread_mutex_lock(&turn);
    io->holds_turn = true;
}

void fmi_import_io_leave_turn(fmi_import_io *io) {
    if (io->holds_turn)
        pthread_mutex_unlock(&turn);
    io->holds_turn = false;
}

/* An open file: bytes in memory and a place in them. */
typedef struct stream {
    struct aiFile file;
    const unsigned char *data;
    unsigned char *owned; /* NULL for the mesh itself */
    size_t bytes, at;
} stream;

static stream *stream_of(struct aiFile *file) {
    return (stream *)(void *)file->UserData;
}

static size_t stream_read(struct aiFile *file, char *to, size_t size, size_t count) {
    stream *s = stream_of(file);
    if (size == 0)
        return 0;
    size_t whole = (s->bytes - s->at) / size;
    count = count < whole ? count : whole;
    memcpy(to, s->data + s->at, count * size);
    s->at += count * size;
    return count;
}

static size_t stream_write(struct aiFile *file, const char *from, size_t size, size_t count) {
    (void)file, (void)from, (void)size, (void)count;
    return 0;
}

static size_t stream_tell(struct aiFile *file) {
    return stream_of(file)->at;
}

static size_t stream_size(struct aiFile *file) {
    return stream_of(file)->bytes;
}

static enum aiReturn stream_seek(struct aiFile *file, size_t offset, enum aiOrigin origin) {
    stream *s = stream_of(file);
    size_t base = origin == aiOrigin_SET ? 0 : origin == aiOrigin_CUR ? s->at : s->bytes;
    size_t at = base + offset; /* a negative offset arrives as its two's complement and wraps */
    if (at > s->bytes)
        return aiReturn_FAILURE;
    s->at = at;
    return aiReturn_SUCCESS;
}

static void stream_flush(struct aiFile *file) {
    (void)file;
}

/* Reads a file beside the mesh. Outside the folder, or anything but a regular file: none. */
static unsigned char *read_neighbour(fmi_import_io *io, const char *path, size_t *bytes) {
    unsigned char *data = NULL;
    errno = 0;
    char *real = fmi_file_inside(io->folder, path);
    if (real != NULL)
        io->starved =
            fmi_file_read(&data, bytes, real, NULL) == FM_ERROR_HOST_MEMORY || io->starved;
    else if (errno == ENOMEM)
        io->starved = true;
    else if (access(path, F_OK) == 0)
        io->refused++;
    free(real);
    return data;
}

static struct aiFile *open_file(struct aiFileIO *file_io, const char *path, const char *mode) {
    fmi_import_io *io = (fmi_import_io *)(void *)file_io->UserData;
    bool reads = strpbrk(mode, "wa+") == NULL;
    stream *s = reads ? calloc(1, sizeof *s) : NULL;
    io->starved = io->starved || (reads && s == NULL);
    if (s == NULL)
        return NULL;
    if (strcmp(path, io->path) == 0) {
        s->data = io->data;
        s->bytes = io->bytes;
    } else {
        s->owned = read_neighbour(io, path, &s->bytes);
        s->data = s->owned;
    }
    if (s->data == NULL) {
        free(s);
        return NULL;
    }
    io->open++;
    fmi_import_io_leave_turn(io);
    s->file = (struct aiFile){stream_read, stream_write, stream_tell,      stream_size,
                              stream_seek, stream_flush, (char *)(void *)s};
    return &s->file;
}

static void close_file(struct aiFileIO *file_io, struct aiFile *file) {
    fmi_import_io *io = (fmi_import_io *)(void *)file_io->UserData;
    stream *s = stream_of(file);
    free(s->owned);
    free(s);
    if (--io->open == 0)
        fmi_import_io_take_turn(io);
}

int fmi_import_io_init(fmi_import_io *out, const char *path) {
    *out = (fmi_import_io){.io = {open_file, close_file, (char *)(void *)out}};
    out->folder = fmi_file_folder(path);
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    if (out->folder == NULL || asprintf(&out->path, "%s/%s", out->folder, name) < 0) {
        int code = errno;
        out->path = NULL;
        fmi_import_io_free(out);
        errno = code;
        return -1;
    }
    return 0;
}

void fmi_import_io_free(fmi_import_io *io) {
    free(io->folder);
    free(io->path);
    *io = (fmi_import_io){0};
}
