/* SPDX-License-Identifier: MIT */
/**
 * @file take.h
 * Values of a JSON file that somebody else wrote, each with its kind and range. The first value
 * that is wrong is named with its place; after it everything reads as absent, so that a reader
 * looks at the status once, at its end.
 *
 *     fmi_take take = {.file = "run.json", .err = err};
 *     fmi_take_enter(&take, "cells[%u].", i);
 *     cell.rate = fmi_take_size(&take, object, "rate");      // NAN where it is null or absent
 *     return take.status;
 */
#ifndef FMI_TAKE_H
#define FMI_TAKE_H

#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

typedef struct fmi_take {
    const char *file; /**< for messages; borrowed */
    char place[80];   /**< what stands in front of a key: "cells[3]." */
    fm_status status;
    fm_error *err;
} fmi_take;

/** What the next keys belong to. */
void fmi_take_enter(fmi_take *take, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** Refuses the value of a key: what is wrong with it, and what is wanted. */
void fmi_take_refuse(fmi_take *take, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* null and absent keys are NAN, 0, false, "" and NULL, unless the key is asked for as needed. */

double fmi_take_real(fmi_take *take, const json_t *object, const char *key); /**< any number */
double fmi_take_size(fmi_take *take, const json_t *object, const char *key); /**< 0 or above */
uint64_t fmi_take_count(fmi_take *take, const json_t *object, const char *key, uint64_t most);
bool fmi_take_flag(fmi_take *take, const json_t *object, const char *key);
/** Refuses what does not fit, and control characters but line feeds and tabs. */
void fmi_take_text(fmi_take *take, const json_t *object, const char *key, char *out, size_t bytes);
/** The value is one of words, which end with NULL; returns its number, 0 for null and absent. */
uint32_t fmi_take_word(fmi_take *take, const json_t *object, const char *key,
                       const char *const *words);
const json_t *fmi_take_object(fmi_take *take, const json_t *object, const char *key);
/** *count gets its length, 0 for null; a longer one than most is refused. */
const json_t *fmi_take_list(fmi_take *take, const json_t *object, const char *key, size_t most,
                            size_t *count);
/** Two numbers, or NAN and NAN. */
void fmi_take_pair(fmi_take *take, const json_t *object, const char *key, double *lo, double *hi);
/** Refuses an object without that key, or with null or empty text there. */
void fmi_take_need(fmi_take *take, const json_t *object, const char *key);

#endif
