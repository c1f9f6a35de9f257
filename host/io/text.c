/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Why nothing can be written. A long text went out before the flush, and its error is forgotten:
 * the system is asked again. */
static const char *why(int code) {
    if (code == 0 && write(STDOUT_FILENO, "\n", 1) < 0)
        code = errno;
    return code != 0 ? strerror(code) : "a part is missing";
}

fm_status fmi_text_flush(fm_error *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_IO, "stdout: writing failed: %s; check where it goes",
                    why(errno));
}

fm_status fmi_text_print(const char *text, fm_error *err) {
    fputs(text, stdout);
    return fmi_text_flush(err);
}
