/* SPDX-License-Identifier: MIT */
#include "output.h"

#include "error.h"
#include "fd.h"
#include "sync.h"
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEMP_TRIES 100
#define LEFTOVERS 8 /* work folders looked for: as many runs into one folder that were killed */

/* Length of the folder part of path with its last slash; 0 when there is none. */
static size_t folder_length(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash != NULL ? (size_t)(slash - path) + 1 : 0;
}

/* ---- leftovers: what is being written is locked, and a lock ends with its process ---- */

/* Whether the name is still that of the open file, or folder; unknown is what it answers then. */
static bool is_still(int fd, const char *path, bool unknown) {
    struct stat open_one, named;
    errno = 0;
    if (fstat(fd, &open_one) != 0 || (lstat(path, &named) != 0 && errno != ENOENT))
        return unknown;
    return errno != ENOENT && open_one.st_ino == named.st_ino && open_one.st_dev == named.st_dev;
}

/* Locks what was just made there. False when somebody took it for a leftover first. Where nothing
 * can be locked, leftovers stay. */
static bool keep(int fd, const char *path) {
    return (flock(fd, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK) && is_still(fd, path, true);
}

/* Removes what a process that died left under that name; false when there is none, or it is in use.
 */
static bool drop_leftover(const char *path) {
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool ours = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0 && is_still(fd, path, false);
    if (ours)
        fmi_tree_remove(path);
    if (fd >= 0)
        close(fd);
    return ours;
}

/* ---- names ---- */

/* 32-bit FNV-1a. */
static uint32_t hash_name(const char *name) {
    uint32_t hash = UINT32_C(0x811C9DC5);
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * UINT32_C(0x01000193);
    return hash;
}

/* The n-th temporary name for path: in its folder, always the same ones, so that the next writer
 * finds a leftover; hidden and hashed, so that no file of a user has it; free of path's own name,
 * which may already be as long as a name can be. */
static bool temp_name(char *temp, size_t bytes, const char *path, int n) {
    size_t folder = folder_length(path);
    int length = snprintf(temp, bytes, "%.*s.fm-%08" PRIx32 "-%d.tmp", (int)folder, path,
                          hash_name(path + folder), n);
    return length >= 0 && (size_t)length < bytes;
}

/* ---- single files ---- */

/* Opens and locks a new file in the folder of path. */
static int open_temp(char *temp, size_t temp_bytes, const char *path) {
    for (int n = 0; n < TEMP_TRIES; n++) {
        if (!temp_name(temp, temp_bytes, path, n)) {
            errno = ENAMETOOLONG;
            return -1;
        }
        (void)drop_leftover(temp);
        int fd = open(temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            return -1;
        if (fd >= 0 && keep(fd, temp))
            return fd;
        if (fd >= 0)
            close(fd);
    }
    errno = EEXIST;
    return -1;
}

/* A rename would put a plain file in the place of a device or a pipe. */
static fm_status check_file(const char *path, fm_error *err) {
    struct stat st;
    if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
        return fmi_fail(err, FM_ERROR_IO, "%s: is not a regular file; choose another output name",
                        path);
    return FM_OK;
}

/* Everything but the rename. sync: waits for the disk. */
static fm_status write_temp(fmi_output_file *file, const char *path, const void *bytes,
                            size_t count, bool sync, fm_error *err) {
    *file = (fmi_output_file){.path = path};
    fm_status status = check_file(path, err);
    if (status != FM_OK)
        return status;
    int fd = open_temp(file->temp, sizeof file->temp, path);
    if (fd < 0) {
        file->temp[0] = '\0';
        return fmi_fail(err, FM_ERROR_IO, "%s: cannot be created: %s", path, strerror(errno));
    }
    file->lock = fcntl(fd, F_DUPFD_CLOEXEC, 0) + 1; /* close tells of errors; the lock is to last */
    bool ok = fmi_fd_write(fd, bytes, count) && (!sync || fsync(fd) == 0);
    int code = errno;
    if (ok && !sync)
        fmi_sync_start(fd);
    if (close(fd) != 0 && ok) {
        ok = false;
        code = errno;
    }
    if (ok)
        return FM_OK;
    fmi_output_file_abort(file);
    return fmi_fail(err, FM_ERROR_IO, "%s: cannot be written: %s", path, strerror(code));
}

static fm_status move_temp(fmi_output_file *file, fm_error *err) {
    fm_status status = FM_OK;
    if (rename(file->temp, file->path) != 0)
        status =
            fmi_fail(err, FM_ERROR_IO, "%s: cannot be written: %s", file->path, strerror(errno));
    else
        file->temp[0] = '\0';
    fmi_output_file_abort(file);
    return status;
}

fm_status fmi_output_file_begin(fmi_output_file *file, const char *path, const void *bytes,
                                size_t count, fm_error *err) {
    return write_temp(file, path, bytes, count, true, err);
}

fm_status fmi_output_file_commit(fmi_output_file *file, fm_error *err) {
    fm_status status = move_temp(file, err);
    if (status == FM_OK)
        fmi_sync_folder_of(file->path);
    return status;
}

void fmi_output_file_abort(fmi_output_file *file) {
    if (file->temp[0] != '\0')
        unlink(file->temp);
    file->temp[0] = '\0';
    if (file->lock > 0)
        close(file->lock - 1);
    file->lock = 0;
}

fm_status fmi_output_write(const char *path, const void *bytes, size_t count, fm_error *err) {
    fmi_output_file file;
    fm_status status = fmi_output_file_begin(&file, path, bytes, count, err);
    return status == FM_OK ? fmi_output_file_commit(&file, err) : status;
}

fm_status fmi_output_write_part(const char *path, const void *bytes, size_t count, fm_error *err) {
    fmi_output_file file;
    fm_status status = write_temp(&file, path, bytes, count, false, err);
    return status == FM_OK ? move_temp(&file, err) : status;
}

/* Removes the folders above path up to first, as far as they are empty. */
static void remove_parents(const char *path, const char *first) {
    char parent[sizeof((fmi_output_dir *)0)->final_path];
    snprintf(parent, sizeof parent, "%s", path);
    size_t least = strlen(first);
    for (char *slash = strrchr(parent, '/'); least > 0 && slash != NULL;
         slash = strrchr(parent, '/')) {
        *slash = '\0';
        if (strlen(parent) < least || rmdir(parent) != 0)
            return;
    }
}

/* Makes every folder above path; the first that was missing goes to made_parent. */
static fm_status make_parents(fmi_output_dir *dir, fm_error *err) {
    char parent[sizeof dir->final_path];
    for (char *slash = strchr(dir->final_path + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - dir->final_path);
        memcpy(parent, dir->final_path, length);
        parent[length] = '\0';
        if (mkdir(parent, 0777) == 0) {
            if (dir->made_parent[0] == '\0')
                memcpy(dir->made_parent, parent, length + 1);
        } else if (errno != EEXIST) {
            return fmi_fail(err, FM_ERROR_IO, "%s: folder cannot be made: %s", parent,
                            strerror(errno));
        }
    }
    return FM_OK;
}

static fm_status check_final(const fmi_output_dir *dir, fm_error *err) {
    struct stat st;
    if (lstat(dir->final_path, &st) != 0)
        return FM_OK; /* missing, or a reason that making it will report */
    if (!S_ISDIR(st.st_mode))
        return fmi_fail(err, FM_ERROR_IO, "%s: is in the way and not a folder; move it",
                        dir->final_path);
    if (!dir->replace)
        return fmi_fail(err, FM_ERROR_IO,
                        "%s: exists already; use --force to replace it, or another folder",
                        dir->final_path);
    return FM_OK;
}

static bool work_name(fmi_output_dir *dir, int n) {
    return temp_name(dir->work_path, sizeof dir->work_path, dir->final_path, n);
}

/* Work folders of runs into the same folder that were killed. */
static void drop_work(fmi_output_dir *dir) {
    for (int n = 0; n < LEFTOVERS; n++)
        if (work_name(dir, n))
            (void)drop_leftover(dir->work_path);
    dir->work_path[0] = '\0';
}

/* Makes and locks the folder of that name. */
static bool make_locked(fmi_output_dir *dir) {
    if (mkdir(dir->work_path, 0777) != 0)
        return false;
    int fd = open(dir->work_path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd >= 0 && keep(fd, dir->work_path)) {
        dir->lock = fd + 1;
        return true;
    }
    int code = fd >= 0 ? EEXIST : errno;
    if (fd >= 0)
        close(fd);
    else
        (void)rmdir(dir->work_path);
    errno = code;
    return false;
}

static fm_status make_work(fmi_output_dir *dir, fm_error *err) {
    errno = ENAMETOOLONG;
    for (int n = 0; n < TEMP_TRIES && work_name(dir, n); n++) {
        if (make_locked(dir))
            return FM_OK;
        if (errno != EEXIST)
            break;
    }
    fmi_fail(err, FM_ERROR_IO, "%s: folder cannot be made: %s", dir->work_path, strerror(errno));
    dir->work_path[0] = '\0';
    return FM_ERROR_IO;
}

static void unlock(fmi_output_dir *dir) {
    if (dir->lock > 0)
        close(dir->lock - 1);
    dir->lock = 0;
}

fm_status fmi_output_dir_begin(fmi_output_dir *dir, const char *path, bool replace, fm_error *err) {
    *dir = (fmi_output_dir){.replace = replace};
    size_t length = strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    if (length == 0 || length + 32 > sizeof dir->final_path)
        return fmi_fail(err, FM_ERROR_IO,
                        "output folder name of %zu bytes; it needs 1 to %zu bytes", length,
                        sizeof dir->final_path - 32);
    memcpy(dir->final_path, path, length);
    drop_work(dir);
    fm_status status = check_final(dir, err);
    if (status == FM_OK)
        status = make_parents(dir, err);
    if (status == FM_OK)
        status = make_work(dir, err);
    if (status != FM_OK)
        fmi_output_dir_abort(dir);
    return status;
}

fm_status fmi_output_dir_sub(const fmi_output_dir *dir, const char *name, fm_error *err) {
    char path[FMI_OUTPUT_PATH_BYTES];
    snprintf(path, sizeof path, "%s/%s", dir->work_path, name);
    if (mkdir(path, 0777) != 0)
        return fmi_fail(err, FM_ERROR_IO, "%s: folder cannot be made: %s", path, strerror(errno));
    return FM_OK;
}

/* What file systems, kernels and sandboxes say that do not know more than a plain rename. */
static bool lacks_flags(int code) {
    return code == EINVAL || code == ENOSYS || code == EOPNOTSUPP || code == EPERM || code == EXDEV;
}

/* Moves work to final where nothing may be replaced: another run may have finished meanwhile. */
static int move_new(const fmi_output_dir *dir) {
    if (renameat2(AT_FDCWD, dir->work_path, AT_FDCWD, dir->final_path, RENAME_NOREPLACE) == 0)
        return 0;
    if (!lacks_flags(errno))
        return -1;
    return rename(dir->work_path, dir->final_path); /* refuses a folder that holds something */
}

/* A name beside path that nothing has: path.old, path.old-1 ... */
static bool free_name(char *old, size_t bytes, const char *path) {
    struct stat st;
    snprintf(old, bytes, "%s.old", path);
    for (int n = 1; lstat(old, &st) == 0 && n < TEMP_TRIES; n++)
        snprintf(old, bytes, "%s.old-%d", path, n);
    return lstat(old, &st) != 0;
}

/* For file systems and kernels that cannot exchange: the old folder, if there is one, steps aside
 * under a name that users see, and comes back when the new one cannot take its place. A folder of
 * an overlay's lower layer cannot even step aside (EXDEV): it is removed, now that the new one is
 * whole. */
static int move_in_steps(const fmi_output_dir *dir) {
    char old[sizeof dir->final_path + 16];
    if (!free_name(old, sizeof old, dir->final_path)) {
        errno = EEXIST;
        return -1;
    }
    const bool aside = rename(dir->final_path, old) == 0;
    if (!aside && errno == EXDEV)
        fmi_tree_remove(dir->final_path);
    else if (!aside && errno != ENOENT)
        return -1;
    if (rename(dir->work_path, dir->final_path) != 0) {
        int code = errno;
        if (aside)
            (void)rename(old, dir->final_path);
        errno = code;
        return -1;
    }
    if (aside)
        fmi_tree_remove(old);
    return 0;
}

/* Old and new change places at once, so that there is no moment without a result. */
static int move_replacing(const fmi_output_dir *dir) {
    if (renameat2(AT_FDCWD, dir->work_path, AT_FDCWD, dir->final_path, RENAME_EXCHANGE) == 0) {
        fmi_tree_remove(dir->work_path);
        return 0;
    }
    if (errno == ENOENT)
        return move_new(dir);
    return lacks_flags(errno) ? move_in_steps(dir) : -1;
}

fm_status fmi_output_dir_commit(fmi_output_dir *dir, fm_error *err) {
    fm_status status = fmi_sync_tree(dir->work_path, err);
    if (status != FM_OK)
        return status;
    int result = dir->replace ? move_replacing(dir) : move_new(dir);
    if (result != 0 && (errno == EEXIST || errno == ENOTEMPTY))
        return fmi_fail(err, FM_ERROR_IO,
                        "%s: appeared while this run worked; use --force to replace it",
                        dir->final_path);
    if (result != 0)
        return fmi_fail(err, FM_ERROR_IO, "%s: the finished run cannot be moved there: %s",
                        dir->final_path, strerror(errno));
    struct stat st;
    fmi_sync_folder_of(dir->final_path);
    unlock(dir);
    dir->left = lstat(dir->work_path, &st) == 0;
    if (!dir->left)
        dir->work_path[0] = '\0';
    dir->made_parent[0] = '\0';
    return FM_OK;
}

void fmi_output_dir_abort(fmi_output_dir *dir) {
    if (dir->work_path[0] != '\0')
        fmi_tree_remove(dir->work_path);
    unlock(dir);
    if (dir->made_parent[0] != '\0')
        remove_parents(dir->final_path, dir->made_parent);
    dir->work_path[0] = '\0';
    dir->made_parent[0] = '\0';
}
