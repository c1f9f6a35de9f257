/* SPDX-License-Identifier: MIT */
/** @file file.h Whole input files in memory: regular ones only, so that a pipe cannot hang us. */
#ifndef FMI_FILE_H
#define FMI_FILE_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_FILE_MAX_BYTES (UINT64_C(1) << 31)

/**
 * Reads a file. A zero byte follows the last one.
 * @param data out, free with free()
 * @retval FM_ERROR_BAD_INPUT missing, unreadable, empty, or not a regular file
 * @retval FM_ERROR_LIMIT larger than FMI_FILE_MAX_BYTES
 */
fm_status fmi_file_read(unsigned char **data, size_t *bytes, const char *path, fm_error *err);
/** The same with a limit of its own, for what is small by nature. @param most at most
 *  FMI_FILE_MAX_BYTES */
fm_status fmi_file_read_most(unsigned char **data, size_t *bytes, const char *path, uint64_t most,
                             fm_error *err);
/** Opens a regular file for reading, however large or empty; the caller closes it.
 *  @retval FM_ERROR_BAD_INPUT missing, unreadable, or not a regular file */
fm_status fmi_file_open(int *fd, const char *path, fm_error *err);

/** Real path of the folder that holds path, "." included. Free with free(); NULL = none. */
char *fmi_file_folder(const char *path);
/** Real path of an existing file below folder, with every link followed; NULL when it is missing or
 *  lies elsewhere. folder is a real path. Free with free(). */
char *fmi_file_inside(const char *folder, const char *path);
/** Whether two names mean one file: the same one, or the same place where there is none yet. */
bool fmi_file_same(const char *a, const char *b);
/** The part of path behind the last slash of either kind. Points into path. */
const char *fmi_file_base(const char *path);

#endif
