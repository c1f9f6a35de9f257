/* SPDX-License-Identifier: MIT */
/**
 * @file trace.h
 * A time line for a trace viewer (the Trace Event format): what each thread did when. Times are
 * seconds since process start.
 *
 * Threads: fmi_trace_add may be called by any thread.
 */
#ifndef FMI_CLI_TRACE_H
#define FMI_CLI_TRACE_H

#include "stages.h"

#include <fm/status.h>

#include <pthread.h>

/** Rows of the picture. Encoding threads come last, each in a row of its own. */
typedef enum fmi_track {
    FMI_TRACK_MAIN = 1, /**< stages of the main thread */
    FMI_TRACK_BATCHES,  /**< batches of frames, from the end of the one before */
    FMI_TRACK_LOAD_A,
    FMI_TRACK_LOAD_B,
    FMI_TRACK_VIDEO,
    FMI_TRACK_NEXT, /**< the next pair of a batch */
    FMI_TRACK_ENCODERS
} fmi_track;

typedef struct fmi_trace_event {
    char name[28];
    uint32_t track;
    double begin, end;
} fmi_trace_event;

/** Make with fmi_trace_init. */
typedef struct fmi_trace {
    pthread_mutex_t lock;
    fmi_trace_event *events;
    size_t count, room;
    bool failed; /**< no memory for an event */
} fmi_trace;

void fmi_trace_init(fmi_trace *trace);
void fmi_trace_free(fmi_trace *trace);
/** Adds an event; name is copied. Accepts NULL: nothing happens. */
void fmi_trace_add(fmi_trace *trace, uint32_t track, const char *name, double begin, double end);
/** Makes the stages report their stretches to the trace. Accepts NULL. */
void fmi_trace_stages(fmi_trace *trace, fmi_stages *stages);
/** Writes the file by temporary name and rename. */
fm_status fmi_trace_write(fmi_trace *trace, const char *path, fm_error *err);

#endif
