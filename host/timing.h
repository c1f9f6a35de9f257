/* SPDX-License-Identifier: MIT */
/**
 * @file timing.h
 * Is the event clock of a device honest? Some drivers report zero times, some wrong units; a time
 * that is not checked is not a measurement.
 *
 *     fmi_event_clock clock;
 *     if (fmi_event_clock_test(queue, NULL, NULL, &clock, err) == FM_OK && !clock.trusted)
 *         fmi_log(log, FM_LOG_INFO, "wall clock: %s", clock.reason);
 *
 * The rule: with a kernel of 5 ms or more, the event time is above 0, at most the wall time plus
 * three clock steps, 0.5 to 1.02 of the wall time, and 1.8 to 2.2 times as long for twice the
 * work. A busy machine can spoil one comparison, so it gets several tries.
 */
#ifndef FMI_TIMING_H
#define FMI_TIMING_H

#include "queue.h"

/** What the test found. */
typedef struct fmi_event_clock {
    bool trusted;
    char reason[120];     /**< why not; "" when trusted */
    double event_seconds; /**< of the test kernel; < 0 when not measured */
    double wall_seconds;  /**< of the same launch, with its wait */
    double doubling;      /**< event time of twice the work over event_seconds; 0 = not measured */
} fmi_event_clock;

/** Where a time came from. */
typedef enum fmi_time_source { FMI_TIME_WALL = 0, FMI_TIME_EVENT } fmi_time_source;

/**
 * Tests the event clock of a profiling queue with kernel fm_probe_spin of probe_clock.cl: some tens
 * of launches, about 0.2 s. Leaves the last timer slot changed. When the clock is not trusted the
 * queue gives no device times from then on.
 *
 * @param kernel_dir, cache_dir as in fmi_program_params
 * @return FM_OK whether trusted or not; an error only when the test could not be run
 */
fm_status fmi_event_clock_test(fmi_queue *queue, const char *kernel_dir, const char *cache_dir,
                               fmi_event_clock *result, fm_error *err);

/** The verdict on three measured times, without a device; fills trusted, reason and doubling. */
void fmi_event_clock_judge(fmi_event_clock *result, double doubled_event_seconds,
                           double clock_step_seconds);

#endif
