/* SPDX-License-Identifier: MIT */
#include "alloc.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fm_status fmi_ref_fail(fm_error *err, fm_status status, const char *message) {
    if (err != NULL) {
        memset(err, 0, sizeof *err);
        err->status = status;
        snprintf(err->message, sizeof err->message, "%s", message);
    }
    return status;
}

void *fmi_ref_calloc(size_t count, size_t bytes, const char *what, fm_error *err) {
    void *block = calloc(count > 0 ? count : 1, bytes);
    if (block == NULL) {
        char message[FM_ERROR_MESSAGE_BYTES];
        snprintf(message, sizeof message,
                 "the reference could not allocate %zu x %zu bytes for %s; use a smaller picture",
                 count, bytes, what);
        fmi_ref_fail(err, FM_ERROR_HOST_MEMORY, message);
    }
    return block;
}
