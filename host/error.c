/* SPDX-License-Identifier: MIT */
#include "error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEPT (FM_ERROR_MESSAGE_BYTES / 2 - 8) /* bytes of either end of a long message */

/* Bytes of the UTF-8 sequence at s, 0 when it is not one (overlong, surrogate, cut, stray byte). */
static size_t utf8_length(const unsigned char *s) {
    size_t n = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (s[0] > 0xF4 || (s[0] == 0xE0 && s[1] < 0xA0) || (s[0] == 0xED && s[1] > 0x9F) ||
        (s[0] == 0xF0 && s[1] < 0x90) || (s[0] == 0xF4 && s[1] > 0x8F)) {
        return 0;
    }
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xC0) != 0x80) {
            return 0;
        }
    }
    return n;
}

/* C0, DEL and C1: all that can steer a terminal. */
static bool is_control(const unsigned char *s) {
    return s[0] < 0x20 || s[0] == 0x7F || (s[0] == 0xC2 && s[1] < 0xA0);
}

char *fmi_escape(char *out, size_t out_bytes, const char *text) {
    static const char digits[] = "0123456789ABCDEF";
    if (out_bytes == 0) {
        return out;
    }
    const unsigned char *s = (const unsigned char *)text;
    size_t used = 0;
    while (*s) {
        size_t n = utf8_length(s);
        bool plain = n > 0 && !is_control(s);
        size_t need = plain ? n : 4;
        if (used + need >= out_bytes) {
            break;
        }
        if (plain) {
            memcpy(out + used, s, n);
            s += n;
        } else {
            const char hex[4] = {'\\', 'x', digits[*s >> 4], digits[*s & 15]};
            memcpy(out + used, hex, sizeof hex);
            s++;
        }
        used += need;
    }
    out[used] = '\0';
    return out;
}

static void reset(fm_error *err, fm_status status, int code) {
    *err = (fm_error){.status = status, .cl_code = code};
}

/* A message that is too long loses its middle, which is a long name: the reason stands at the end.
 */
__attribute__((format(printf, 3, 0))) static void
keep_ends(char text[2 * FM_ERROR_MESSAGE_BYTES], size_t length, const char *format, va_list args) {
    static const char gap[] = " ... ";
    char *whole = malloc(length + 1);
    if (!whole) {
        return;
    }
    (void)vsnprintf(whole, length + 1, format, args);
    memcpy(text + KEPT, gap, sizeof gap - 1);
    memcpy(text + KEPT + sizeof gap - 1, whole + length - KEPT, KEPT + 1);
    free(whole);
}

fm_status fmi_fail(fm_error *err, fm_status status, const char *format, ...) {
    if (!err) {
        return status;
    }
    char text[2 * FM_ERROR_MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    int length = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (length >= FM_ERROR_MESSAGE_BYTES) {
        va_start(args, format);
        keep_ends(text, (size_t)length, format, args);
        va_end(args);
    }
    reset(err, status, 0);
    fmi_escape(err->message, sizeof err->message, text);
    return status;
}

fm_status fmi_fail_cl(fm_error *err, int code, const char *call, const char *format, ...) {
    fm_status status = fmi_status_from_cl(code);
    if (status == FM_OK) { /* a caller that fails without a code still fails */
        status = FM_ERROR_CL;
    }
    if (!err) {
        return status;
    }
    char text[2 * FM_ERROR_MESSAGE_BYTES];
    char tail[64];
    int head = snprintf(text, sizeof text, "%s: ", call);
    size_t at = head < 0 ? 0 : (size_t)head < sizeof text ? (size_t)head : sizeof text - 1;
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + at, sizeof text - at, format, args);
    va_end(args);
    int tail_bytes = snprintf(tail, sizeof tail, " (%d %s)", code, fmi_cl_name(code));
    reset(err, status, code);
    /* The code always fits: a long text is cut before it. */
    fmi_escape(err->message, sizeof err->message - (size_t)tail_bytes, text);
    memcpy(err->message + strlen(err->message), tail, (size_t)tail_bytes + 1);
    return status;
}

fm_status fmi_while(fm_error *err, fm_status status, const char *format, ...) {
    if (status == FM_OK || !err || err->frame_count >= FM_ERROR_FRAMES) {
        return status;
    }
    char text[2 * FM_ERROR_FRAME_BYTES] = "while ";
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text + 6, sizeof text - 6, format, args);
    va_end(args);
    const char *line = strncmp(text + 6, "while ", 6) == 0 ? text + 6 : text;
    fmi_escape(err->frames[err->frame_count], FM_ERROR_FRAME_BYTES, line);
    err->frame_count++;
    return status;
}

/* One row per OpenCL code. Codes that are not here are FM_ERROR_CL. */
static const struct cl_row {
    int code;
    fm_status status;
    const char *name;
} cl_rows[] = {
    {0, FM_OK, "CL_SUCCESS"},
    {-1, FM_ERROR_NO_DEVICE, "CL_DEVICE_NOT_FOUND"},
    {-2, FM_ERROR_NO_DEVICE, "CL_DEVICE_NOT_AVAILABLE"},
    {-3, FM_ERROR_UNSUPPORTED, "CL_COMPILER_NOT_AVAILABLE"},
    {-4, FM_ERROR_DEVICE_MEMORY, "CL_MEM_OBJECT_ALLOCATION_FAILURE"},
    {-5, FM_ERROR_DEVICE_MEMORY, "CL_OUT_OF_RESOURCES"},
    {-6, FM_ERROR_HOST_MEMORY, "CL_OUT_OF_HOST_MEMORY"},
    {-7, FM_ERROR_CL, "CL_PROFILING_INFO_NOT_AVAILABLE"},
    {-8, FM_ERROR_CL, "CL_MEM_COPY_OVERLAP"},
    {-9, FM_ERROR_CL, "CL_IMAGE_FORMAT_MISMATCH"},
    {-10, FM_ERROR_UNSUPPORTED, "CL_IMAGE_FORMAT_NOT_SUPPORTED"},
    {-11, FM_ERROR_BUILD, "CL_BUILD_PROGRAM_FAILURE"},
    {-12, FM_ERROR_CL, "CL_MAP_FAILURE"},
    {-13, FM_ERROR_CL, "CL_MISALIGNED_SUB_BUFFER_OFFSET"},
    {-14, FM_ERROR_CL, "CL_EXEC_STATUS_ERROR_FOR_EVENTS_IN_WAIT_LIST"},
    {-15, FM_ERROR_BUILD, "CL_COMPILE_PROGRAM_FAILURE"},
    {-16, FM_ERROR_UNSUPPORTED, "CL_LINKER_NOT_AVAILABLE"},
    {-17, FM_ERROR_BUILD, "CL_LINK_PROGRAM_FAILURE"},
    {-18, FM_ERROR_CL, "CL_DEVICE_PARTITION_FAILED"},
    {-19, FM_ERROR_CL, "CL_KERNEL_ARG_INFO_NOT_AVAILABLE"},
    {-30, FM_ERROR_CL, "CL_INVALID_VALUE"},
    {-31, FM_ERROR_CL, "CL_INVALID_DEVICE_TYPE"},
    {-32, FM_ERROR_CL, "CL_INVALID_PLATFORM"},
    {-33, FM_ERROR_CL, "CL_INVALID_DEVICE"},
    {-34, FM_ERROR_DEVICE_LOST, "CL_INVALID_CONTEXT"},
    {-35, FM_ERROR_UNSUPPORTED, "CL_INVALID_QUEUE_PROPERTIES"},
    {-36, FM_ERROR_DEVICE_LOST, "CL_INVALID_COMMAND_QUEUE"},
    {-37, FM_ERROR_CL, "CL_INVALID_HOST_PTR"},
    {-38, FM_ERROR_CL, "CL_INVALID_MEM_OBJECT"},
    {-39, FM_ERROR_UNSUPPORTED, "CL_INVALID_IMAGE_FORMAT_DESCRIPTOR"},
    {-40, FM_ERROR_CL, "CL_INVALID_IMAGE_SIZE"},
    {-41, FM_ERROR_CL, "CL_INVALID_SAMPLER"},
    {-42, FM_ERROR_CL, "CL_INVALID_BINARY"},
    {-43, FM_ERROR_BUILD, "CL_INVALID_BUILD_OPTIONS"},
    {-44, FM_ERROR_CL, "CL_INVALID_PROGRAM"},
    {-45, FM_ERROR_BUILD, "CL_INVALID_PROGRAM_EXECUTABLE"},
    {-46, FM_ERROR_BUILD, "CL_INVALID_KERNEL_NAME"},
    {-47, FM_ERROR_CL, "CL_INVALID_KERNEL_DEFINITION"},
    {-48, FM_ERROR_CL, "CL_INVALID_KERNEL"},
    {-49, FM_ERROR_CL, "CL_INVALID_ARG_INDEX"},
    {-50, FM_ERROR_CL, "CL_INVALID_ARG_VALUE"},
    {-51, FM_ERROR_CL, "CL_INVALID_ARG_SIZE"},
    {-52, FM_ERROR_CL, "CL_INVALID_KERNEL_ARGS"},
    {-53, FM_ERROR_CL, "CL_INVALID_WORK_DIMENSION"},
    {-54, FM_ERROR_CL, "CL_INVALID_WORK_GROUP_SIZE"},
    {-55, FM_ERROR_CL, "CL_INVALID_WORK_ITEM_SIZE"},
    {-56, FM_ERROR_CL, "CL_INVALID_GLOBAL_OFFSET"},
    {-57, FM_ERROR_CL, "CL_INVALID_EVENT_WAIT_LIST"},
    {-58, FM_ERROR_CL, "CL_INVALID_EVENT"},
    {-59, FM_ERROR_CL, "CL_INVALID_OPERATION"},
    {-60, FM_ERROR_CL, "CL_INVALID_GL_OBJECT"},
    {-61, FM_ERROR_DEVICE_MEMORY, "CL_INVALID_BUFFER_SIZE"},
    {-62, FM_ERROR_CL, "CL_INVALID_MIP_LEVEL"},
    {-63, FM_ERROR_CL, "CL_INVALID_GLOBAL_WORK_SIZE"},
    {-64, FM_ERROR_CL, "CL_INVALID_PROPERTY"},
    {-65, FM_ERROR_CL, "CL_INVALID_IMAGE_DESCRIPTOR"},
    {-66, FM_ERROR_BUILD, "CL_INVALID_COMPILER_OPTIONS"},
    {-67, FM_ERROR_BUILD, "CL_INVALID_LINKER_OPTIONS"},
    {-68, FM_ERROR_CL, "CL_INVALID_DEVICE_PARTITION_COUNT"},
    {-1001, FM_ERROR_NO_DEVICE, "CL_PLATFORM_NOT_FOUND_KHR"},
    {-9999, FM_ERROR_DEVICE_LOST, "NVIDIA_ILLEGAL_ACCESS"},
};

static const struct cl_row *find_row(int code) {
    for (size_t i = 0; i < sizeof cl_rows / sizeof cl_rows[0]; i++) {
        if (cl_rows[i].code == code) {
            return &cl_rows[i];
        }
    }
    return NULL;
}

fm_status fmi_status_from_cl(int code) {
    const struct cl_row *row = find_row(code);
    return row ? row->status : FM_ERROR_CL;
}

const char *fmi_cl_name(int code) {
    const struct cl_row *row = find_row(code);
    return row ? row->name : "unknown";
}

/* One row per status, in the order of the enumeration. */
static const struct status_row {
    const char *name;
    int exit_code;
} status_rows[] = {
    [FM_OK] = {"ok", 0},
    [FM_ERROR_INVALID_ARGUMENT] = {"invalid-argument", 2},
    [FM_ERROR_BAD_INPUT] = {"bad-input", 3},
    [FM_ERROR_NO_DEVICE] = {"no-device", 4},
    [FM_ERROR_UNSUPPORTED] = {"unsupported", 4},
    [FM_ERROR_BUILD] = {"build", 4},
    [FM_ERROR_DEVICE_MEMORY] = {"device-memory", 75},
    [FM_ERROR_HOST_MEMORY] = {"host-memory", 75},
    [FM_ERROR_DEVICE_LOST] = {"device-lost", 75},
    [FM_ERROR_CL] = {"cl", 4},
    [FM_ERROR_IO] = {"io", 5},
    [FM_ERROR_LIMIT] = {"limit", 6},
    [FM_ERROR_NUMERIC] = {"numeric", 1},
    [FM_ERROR_CANCELLED] = {"cancelled", 130},
    [FM_ERROR_INTERNAL] = {"internal", 1},
};

static const struct status_row *status_row(fm_status status) {
    size_t i = (size_t)status;
    return i < sizeof status_rows / sizeof status_rows[0] ? &status_rows[i] : NULL;
}

const char *fm_status_name(fm_status status) {
    const struct status_row *row = status_row(status);
    return row ? row->name : "unknown";
}

int fmi_exit_code(fm_status status) {
    const struct status_row *row = status_row(status);
    return row ? row->exit_code : 1;
}
