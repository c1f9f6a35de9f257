/* SPDX-License-Identifier: MIT */
/**
 * @file status.h
 * Statuses and the error object.
 *
 * Every function that can fail returns an fm_status. Its last parameter is an optional fm_error
 * that then holds one sentence for people (what failed, with which value, what to do) and up to
 * FM_ERROR_FRAMES lines of context, innermost first. Results come by out pointer, NULL on failure.
 *
 *     fm_error err;
 *     if (fm_engine_create(&engine, NULL, &err) != FM_OK)
 *         fprintf(stderr, "%s\n", err.message);
 *
 * Threads: an fm_error belongs to its caller; nothing here has global state.
 */
#ifndef FM_STATUS_H
#define FM_STATUS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define FM_API __attribute__((visibility("default")))
#else
#define FM_API /**< stands before every function of the library */
#endif

/** What a call came to. Kept apart where a caller acts differently on them. */
typedef enum fm_status {
    FM_OK = 0,
    FM_ERROR_INVALID_ARGUMENT, /**< the caller passed a value outside its documented range */
    FM_ERROR_BAD_INPUT,     /**< a file or mesh is damaged, empty, not finite or does not match */
    FM_ERROR_NO_DEVICE,     /**< no OpenCL device, or none that fits the selection */
    FM_ERROR_UNSUPPORTED,   /**< the device lacks a feature that was asked for */
    FM_ERROR_BUILD,         /**< a kernel did not compile; the message starts with the log */
    FM_ERROR_DEVICE_MEMORY, /**< device memory exhausted: retry with half the batch */
    FM_ERROR_HOST_MEMORY,   /**< host memory exhausted */
    FM_ERROR_DEVICE_LOST,   /**< the device or its context is gone; make a new engine */
    FM_ERROR_CL,            /**< any other OpenCL error; see fm_error.cl_code */
    FM_ERROR_IO,            /**< an output could not be written */
    FM_ERROR_LIMIT,         /**< over a documented limit */
    FM_ERROR_NUMERIC,       /**< a result is not finite or a self-check failed */
    FM_ERROR_CANCELLED,     /**< the caller's cancel flag was set */
    FM_ERROR_INTERNAL       /**< a broken promise of ours: please report */
} fm_status;

#define FM_ERROR_MESSAGE_BYTES 640 /**< of fm_error.message, its end included */
#define FM_ERROR_FRAMES 4          /**< most lines of context */
#define FM_ERROR_FRAME_BYTES 128   /**< of each of them */

/** The story of one failure. Plain data: copy it freely. */
typedef struct fm_error {
    fm_status status;
    int32_t cl_code; /**< OpenCL error code, 0 when the failure was not OpenCL's */
    uint32_t frame_count;
    char message[FM_ERROR_MESSAGE_BYTES];               /**< one sentence, no line feed, UTF-8 */
    char frames[FM_ERROR_FRAMES][FM_ERROR_FRAME_BYTES]; /**< "while ...", innermost first */
} fm_error;

/** Short stable name of a status, for example "device-memory". Never NULL. */
FM_API const char *fm_status_name(fm_status status);

#ifdef __cplusplus
}
#endif
#endif
