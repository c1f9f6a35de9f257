/* SPDX-License-Identifier: MIT */
#include "text.h"

#include "error.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

fm_status fmi_text_flush(fm_error *err) {
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return FM_OK;
    return fmi_fail(err, FM_ERROR_IO, "stdout: writing failed: %s; check where it goes",
                    errno != 0 ? strerror(errno) : "it is closed");
}

fm_status fmi_text_print(const char *text, fm_error *err) {
    fputs(text, stdout);
    return fmi_text_flush(err);
}
