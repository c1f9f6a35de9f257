/* SPDX-License-Identifier: MIT */
#include "file.h"

#include "error.h"
#include "fd.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static fm_status check_kind(const struct stat *st, const char *path, fm_error *err) {
    if (!S_ISREG(st->st_mode))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: is not a regular file; give a file", path);
    return FM_OK;
}

static fm_status check_size(uint64_t size, const char *path, uint64_t most, fm_error *err) {
    if (size == 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: the file is empty; export it again", path);
    if (size > most)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: file of %" PRIu64 " bytes, the limit is %" PRIu64 "; make it smaller",
                        path, size, most);
    return FM_OK;
}

static fm_status read_open(int fd, unsigned char **data, size_t *bytes, const char *path,
                           uint64_t most, fm_error *err) {
    struct stat st;
    if (fstat(fd, &st) != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s", path, strerror(errno));
    fm_status status = check_size((uint64_t)st.st_size, path, most, err);
    if (status != FM_OK)
        return status;
    unsigned char *block = malloc((size_t)st.st_size + 1);
    if (block == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for its %lld bytes", path,
                        (long long)st.st_size);
    ssize_t size = fmi_fd_read(fd, block, (size_t)st.st_size);
    if (size <= 0) {
        free(block);
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be read: %s", path,
                        size < 0 ? strerror(errno) : "it ended early");
    }
    block[size] = 0;
    *data = block;
    *bytes = (size_t)size;
    return FM_OK;
}

/* A socket cannot be opened at all, and the system's reason tells nobody why. */
static fm_status fail_open(const char *path, int code, fm_error *err) {
    struct stat st;
    if (code == ENXIO && stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return check_kind(&st, path, err);
    if (path[0] == '\0')
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "a file without a name cannot be opened; name one");
    return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(code));
}

fm_status fmi_file_open(int *fd, const char *path, fm_error *err) {
    struct stat st;
    fm_status status = FM_OK;
    *fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (*fd < 0)
        return fail_open(path, errno, err);
    if (fstat(*fd, &st) != 0)
        status = fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: %s", path, strerror(errno));
    else
        status = check_kind(&st, path, err);
    if (status != FM_OK) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

fm_status fmi_file_read_most(unsigned char **data, size_t *bytes, const char *path, uint64_t most,
                             fm_error *err) {
    int fd = -1;
    *data = NULL;
    *bytes = 0;
    fm_status status = fmi_file_open(&fd, path, err);
    if (status != FM_OK)
        return status;
    status = read_open(fd, data, bytes, path, most, err);
    close(fd);
    return status;
}

fm_status fmi_file_read(unsigned char **data, size_t *bytes, const char *path, fm_error *err) {
    return fmi_file_read_most(data, bytes, path, FMI_FILE_MAX_BYTES, err);
}

char *fmi_file_folder(const char *path) {
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return realpath(".", NULL);
    char *folder = strndup(path, (size_t)(slash - path) + 1);
    char *real = folder != NULL ? realpath(folder, NULL) : NULL;
    free(folder);
    return real;
}

char *fmi_file_inside(const char *folder, const char *path) {
    size_t length = strlen(folder);
    char *real = realpath(path, NULL);
    while (length > 0 && folder[length - 1] == '/') /* the root folder itself */
        length--;
    if (real != NULL && strncmp(real, folder, length) == 0 && real[length] == '/')
        return real;
    free(real);
    return NULL;
}

bool fmi_file_same(const char *a, const char *b) {
    struct stat x, y;
    bool is_a = stat(a, &x) == 0, is_b = stat(b, &y) == 0;
    if (is_a || is_b)
        return is_a && is_b && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
    const char *slash_a = strrchr(a, '/'), *slash_b = strrchr(b, '/');
    char *folder_a = fmi_file_folder(a), *folder_b = fmi_file_folder(b);
    bool same = folder_a != NULL && folder_b != NULL && strcmp(folder_a, folder_b) == 0 &&
                strcmp(slash_a ? slash_a + 1 : a, slash_b ? slash_b + 1 : b) == 0;
    free(folder_a);
    free(folder_b);
    return same;
}

const char *fmi_file_base(const char *path) {
    const char *base = path;
    for (const char *at = path; *at != '\0'; at++)
        if (*at == '/' || *at == '\\')
            base = at + 1;
    return base;
}
