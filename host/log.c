/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "error.h"

#include <stdarg.h>
#include <stdio.h>

void fmi_log(const fm_log *log, fm_log_level level, const char *format, ...) {
    if (!log || !log->write || level > log->level) {
        return;
    }
    char text[1024];
    char line[2048];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof text, format, args);
    va_end(args);
    log->write(log->user, level, fmi_escape(line, sizeof line, text));
}
