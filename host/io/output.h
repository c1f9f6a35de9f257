/* SPDX-License-Identifier: MIT */
/**
 * @file output.h
 * Files that appear whole or not at all: temporary name in the same folder, then rename. What is
 * being written is locked (flock), so the next write to the same place knows what a process that
 * was killed has left there, and removes it.
 */
#ifndef FMI_OUTPUT_H
#define FMI_OUTPUT_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>

/**
 * Writes bytes to path by temporary name and rename, and waits until they are on the disk: for
 * single result files. Creates nothing else. A symbolic link at path is replaced, not followed.
 * @retval FM_ERROR_IO the folder is missing or not writable, the disk is full, or path is
 *         something else than a regular file
 */
fm_status fmi_output_write(const char *path, const void *bytes, size_t count, fm_error *err);
/**
 * The same without waiting for the disk, which is only told to begin: for the many files of a run
 * folder, which fmi_output_dir_commit syncs as a whole before its own rename.
 */
fm_status fmi_output_write_part(const char *path, const void *bytes, size_t count, fm_error *err);

#define FMI_OUTPUT_PATH_BYTES 4096

/**
 * A file of which only the name is missing: for several files of which all or none are to change.
 * Zeroed = none.
 */
typedef struct fmi_output_file {
    const char *path; /**< final name; borrowed */
    char temp[FMI_OUTPUT_PATH_BYTES];
    int lock; /**< descriptor + 1 that holds the lock of temp; 0 = none */
} fmi_output_file;

/** Everything of fmi_output_write but the rename. After a failure nothing is left. */
fm_status fmi_output_file_begin(fmi_output_file *file, const char *path, const void *bytes,
                                size_t count, fm_error *err);
/** The rename. After a failure nothing is left. */
fm_status fmi_output_file_commit(fmi_output_file *file, fm_error *err);
/** Removes it. Accepts a zeroed or committed one. */
void fmi_output_file_abort(fmi_output_file *file);

/**
 * A run folder that is built beside its final name and moved there when complete.
 * Zeroed = none.
 */
typedef struct fmi_output_dir {
    char final_path[1024];
    char work_path[1024];   /**< write here: a hidden name in the same folder */
    char made_parent[1024]; /**< first folder that had to be made above it; "" = none */
    bool replace;
    bool left; /**< after a commit: the old run could not be removed and is work_path now */
    int lock;  /**< descriptor + 1 that holds the lock of work_path; 0 = none */
} fmi_output_dir;

/**
 * Starts a run folder. @param replace true: an existing one is replaced at commit (--force)
 * @retval FM_ERROR_IO it exists and replace is false, or cannot be made
 */
fm_status fmi_output_dir_begin(fmi_output_dir *dir, const char *path, bool replace, fm_error *err);
/** Makes a sub-folder of the work folder. */
fm_status fmi_output_dir_sub(const fmi_output_dir *dir, const char *name, fm_error *err);
/**
 * Syncs everything in the work folder and moves it to its final name as a whole. With replace old
 * and new change places and the old one is removed afterwards; where the file system cannot do
 * that, the old one steps aside first, and comes back when the move fails. After a failure the work
 * folder is still there: call abort.
 */
fm_status fmi_output_dir_commit(fmi_output_dir *dir, fm_error *err);
/** Removes the work folder and every folder begin made. Accepts a zeroed or committed one. */
void fmi_output_dir_abort(fmi_output_dir *dir);

#endif
