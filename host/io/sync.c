/* SPDX-License-Identifier: MIT */
#include "sync.h"

#include "error.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void fmi_sync_start(int fd) {
    (void)sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

/* 0, or errno. What the file system does not know how to sync is as safe as it gets. */
static int sync_path(const char *path, int flags) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | flags);
    if (fd < 0)
        return errno;
    int code = fsync(fd) == 0 || errno == EINVAL || errno == EROFS ? 0 : errno;
    close(fd);
    return code;
}

void fmi_sync_folder_of(const char *path) {
    const char *slash = strrchr(path, '/');
    char *folder = slash != NULL ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (folder != NULL)
        (void)sync_path(folder, O_DIRECTORY);
    free(folder);
}

static fm_status fail_sync(const char *path, int code, fm_error *err) {
    return fmi_fail(err, code == ENOMEM ? FM_ERROR_HOST_MEMORY : FM_ERROR_IO,
                    "%s: does not reach the disk: %s", path, strerror(code));
}

/* One entry of a walk: files when they are met, folders when what they hold is done. */
static fm_status sync_entry(const FTSENT *entry, fm_error *err) {
    int code = 0;
    if (entry->fts_info == FTS_F)
        code = sync_path(entry->fts_accpath, 0);
    else if (entry->fts_info == FTS_DP)
        (void)sync_path(entry->fts_accpath, O_DIRECTORY);
    else if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS)
        code = entry->fts_errno;
    return code == 0 ? FM_OK : fail_sync(entry->fts_path, code, err);
}

fm_status fmi_sync_tree(const char *path, fm_error *err) {
    char *root = strdup(path);
    char *const roots[] = {root, NULL};
    FTS *walk = root != NULL ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL) : NULL;
    fm_status status = walk != NULL ? FM_OK : fail_sync(path, errno, err);
    while (status == FM_OK) {
        errno = 0;
        const FTSENT *entry = fts_read(walk);
        if (entry == NULL) {
            status = errno == 0 ? FM_OK : fail_sync(path, errno, err);
            break;
        }
        status = sync_entry(entry, err);
    }
    if (walk != NULL)
        (void)fts_close(walk);
    free(root);
    return status;
}
