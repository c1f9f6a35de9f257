/* SPDX-License-Identifier: MIT */
/**
 * @file learned.h
 * How many bytes a device gave out before it failed, remembered from run to run in the cache
 * folder: one small text file per device and driver, written whole or not at all. What cannot be
 * read counts as nothing learned.
 */
#ifndef FMI_LEARNED_H
#define FMI_LEARNED_H

#include <fm/device.h>

/** Bytes that are known to work; 0 = nothing learned. dir NULL or "": nothing. */
uint64_t fmi_learned_read(const char *dir, const fm_caps *caps);
/** Remembers them; 0 forgets. Failures are ignored: it is only a hint. */
void fmi_learned_write(const char *dir, const fm_caps *caps, uint64_t bytes);

#endif
