/* SPDX-License-Identifier: MIT */
/** @file log.h Formatting log lines for the caller's callback. */
#ifndef FMI_LOG_H
#define FMI_LOG_H

#include <fm/log.h>

/** Formats and hands on one line when log wants that level. log may be NULL. */
void fmi_log(const fm_log *log, fm_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
