/* SPDX-License-Identifier: MIT */
/**
 * @file driver_folder.h
 * Folders that a driver may keep its kernels in. PoCL loads what lies there as code, aborts where
 * it may not be run or the disk is full, and without HOME takes /tmp/pocl, which is anybody's.
 * Before any thread.
 */
#ifndef FMI_DRIVER_FOLDER_H
#define FMI_DRIVER_FOLDER_H

#include <limits.h>
#include <stdbool.h>

/**
 * Why a folder is not to be used: it is no folder, another user's or may be written by others, is
 * not ours to write, lies where nothing may be run (noexec), or has no 8 MiB left. NULL = it fits.
 */
const char *fmi_driver_folder_fault(const char *path);

/** Whether the folder that PoCL takes by itself fits, or can be made in one that does. */
bool fmi_driver_folder_of_pocl(void);

/** Makes an empty folder of ours in XDG_RUNTIME_DIR, TMPDIR, /tmp or /var/tmp, the first that fits;
 * it is removed at exit. False when there is none. */
bool fmi_driver_folder_temporary(char out[PATH_MAX]);

/** Removes the temporary folder, if there is one: where atexit does not come, before _exit and
 * exec.
 */
void fmi_driver_folder_end(void);

#endif
