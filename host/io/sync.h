/* SPDX-License-Identifier: MIT */
/**
 * @file sync.h
 * What is on the disk when a name appears: a power cut after a rename must not leave an empty file
 * under the new name. Any thread.
 */
#ifndef FMI_IO_SYNC_H
#define FMI_IO_SYNC_H

#include <fm/status.h>

/** Lets the disk begin with what was written to fd, without a wait: a later sync is short then. */
void fmi_sync_start(int fd);

/** Syncs the folder that holds path, after a rename to it. Some file systems refuse that: the data
 * are safe then, only the moment of the name is not. */
void fmi_sync_folder_of(const char *path);

/**
 * Syncs every file and folder below path, and path.
 * @retval FM_ERROR_IO a file's data did not reach the disk; the message names it
 */
fm_status fmi_sync_tree(const char *path, fm_error *err);

#endif
