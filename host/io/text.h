/* SPDX-License-Identifier: MIT */
/** @file text.h Text on stdout: what a command answers. Nothing else goes there. Every command that
 *  prints flushes before its last line, or nobody learns that the answer was lost. */
#ifndef FMI_TEXT_H
#define FMI_TEXT_H

#include <fm/status.h>

/** Writes out what was printed. @retval FM_ERROR_IO it did not reach its reader */
fm_status fmi_text_flush(fm_error *err);
/** Prints text and flushes. */
fm_status fmi_text_print(const char *text, fm_error *err);

#endif
