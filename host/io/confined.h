/* SPDX-License-Identifier: MIT */
/**
 * @file confined.h
 * fmi_side_load in a process of its own that can do nothing but read (confine.h): what a damaged
 * or hostile file does to an importer stays there. The answer comes back through memory, and
 * nothing in it is believed before it is checked.
 *
 * The importer dies with the thread that waits for it, and so with the program, however that ends.
 *
 * The program is fm-import: named by FM_IMPORTER, else beside the running program, else in
 * ../libexec/facemorph from there. Where there is none the file is read in this process, with a
 * warning.
 */
#ifndef FMI_CONFINED_H
#define FMI_CONFINED_H

#include "load.h"

#include <signal.h>

/**
 * As fmi_side_load.
 * @param cancel non-zero = stop: the importer is killed within a tenth of a second; may be NULL
 * @retval FM_ERROR_CANCELLED cancel was set
 * @retval FM_ERROR_BAD_INPUT also: the importer crashed, ran out of time or memory, or answered
 *         nonsense; the message says so
 */
fm_status fmi_side_load_confined(fmi_side *side, const char *path, const char *texture_path,
                                 const fm_log *log, const volatile sig_atomic_t *cancel,
                                 fm_error *err);

#endif
