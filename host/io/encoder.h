/* SPDX-License-Identifier: MIT */
/**
 * @file encoder.h
 * PNG frames on spare cores through a bounded ring: the caller copies a frame in and goes on;
 * workers encode and write (temporary name, rename; no wait for the disk). When the ring is full
 * the caller encodes its frame itself, so no core idles and memory stays bounded. After a failure
 * the frames still waiting are dropped, and the first failure is what push and finish return.
 *
 * Threads: push and finish by one thread; the workers are the encoder's own.
 */
#ifndef FMI_ENCODER_H
#define FMI_ENCODER_H

#include "cores.h"
#include "image.h"

#include <stdbool.h>

typedef struct fmi_encoder fmi_encoder;

typedef struct fmi_encoder_params {
    uint32_t workers; /**< threads; 0 = cores this process may use - 1, at least 1 */
    uint32_t slots;   /**< frames in flight; 0 = 2 x workers + 2 */
    bool memory_only; /**< true: encode and drop (benchmark) */
    /** Called after each written frame by the thread that encoded it (a worker or the caller), by
     *  several at once; may be NULL. */
    void (*done)(void *user, uint64_t bytes);
    /** Called like done after each frame, written or not: by which thread (0 to workers - 1, the
     *  caller is workers) and when, in seconds since process start; may be NULL. */
    void (*busy)(void *user, uint32_t thread, double begin, double end);
    void *user;
} fmi_encoder_params;

/** What the encoder did. */
typedef struct fmi_encoder_report {
    uint64_t frames, bytes;
    double busy_seconds; /**< sum over the threads of time spent encoding and writing */
    double wait_seconds; /**< time finish waited for the workers */
} fmi_encoder_report;

fm_status fmi_encoder_create(fmi_encoder **encoder, const fmi_encoder_params *params,
                             fm_error *err);
/** Copies the image into a free slot to be written to path (copied; ignored and may be NULL with
 *  memory_only). Returns the first failure of any earlier frame. */
fm_status fmi_encoder_push(fmi_encoder *encoder, const fm_image *image, const char *path,
                           fm_error *err);
/** Encodes with the workers until all pushed frames are written. The encoder may be used again;
 *  the report counts from its creation. report may be NULL. */
fm_status fmi_encoder_finish(fmi_encoder *encoder, fmi_encoder_report *report, fm_error *err);
/** Drops what is waiting, joins the workers, frees. Accepts NULL. */
void fmi_encoder_destroy(fmi_encoder **encoder);

#endif
