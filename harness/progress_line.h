/* SPDX-License-Identifier: MIT */
/**
 * @file progress_line.h
 * How far a long job is: a line on stderr when that is a terminal, or an object a line
 * (--progress=json, schema fmbench/progress/1, results/schemas/progress.json), else nothing.
 *
 *     fmi_progress p;
 *     fmi_progress_start(&p, options->json_progress);
 *     p.now = (fmi_progress_now){.what = "morph batch 8", .done = 3, .total = 40};
 *     fmi_progress_show(&p);                       // an item begins
 *     p.now.rate = ...;
 *     fmi_progress_update(&p);                     // a few times a second at most
 *     fmi_progress_clear(&p);
 */
#ifndef FMI_PROGRESS_LINE_H
#define FMI_PROGRESS_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** What is known of the item that runs. Strings are borrowed; NULL, 0 and NAN are not known. */
typedef struct fmi_progress_now {
    const char *what;            /**< describes it */
    uint32_t done, total;        /**< items behind it, and all */
    const char *phase;           /**< "check", "time", ... */
    uint32_t samples, of;        /**< taken, and wanted at most */
    double median_s, lo_s, hi_s; /**< of a launch so far */
    double rate, rate_lo, rate_hi;
    const char *unit;
    double best;                      /**< best rate of its curve so far, this item not counted */
    double clock_mhz;                 /**< of the device, now */
    uint64_t free_bytes, total_bytes; /**< of its memory, now */
    uint64_t planned_bytes;           /**< the item takes */
} fmi_progress_now;

/** What came of an item. */
typedef struct fmi_progress_result {
    const char *status, *reason;                         /**< reason "" = none */
    double rate, rate_lo, rate_hi, median_s, lo_s, hi_s; /**< NAN = none */
    const char *unit;
} fmi_progress_result;

typedef struct fmi_progress {
    bool terminal, shown, json;
    uint64_t start_ns, told_ns;
    double most_left_s; /**< no more can be left; 0 = not known */
    char last[120];     /**< of the terminal: what came of the item before; "" = nothing */
    fmi_progress_now now;
} fmi_progress;

/** json: objects instead of the line, terminal or not. */
void fmi_progress_start(fmi_progress *progress, bool json);
/** Whether anything is printed at all. */
bool fmi_progress_wanted(const fmi_progress *progress);
/** The item of now begins. */
void fmi_progress_show(fmi_progress *progress);
/** Something of now is newer; told at most five times a second, a new phase always. */
void fmi_progress_update(fmi_progress *progress, bool phase);
/** The item of now has ended. */
void fmi_progress_result_of(fmi_progress *progress, const fmi_progress_result *result);
/** The job has ended; name of its run, NULL = none. */
void fmi_progress_end(fmi_progress *progress, const char *run);
/** Takes the line away. */
void fmi_progress_clear(fmi_progress *progress);

/** The line of a terminal with so many columns, seconds after the start. Pure. Returns out. */
char *fmi_progress_text(const fmi_progress *progress, double seconds, uint32_t columns, char *out,
                        size_t bytes);
/** Seconds left; NAN = not known. Pure. */
double fmi_progress_left(const fmi_progress *progress, double seconds);

#endif
