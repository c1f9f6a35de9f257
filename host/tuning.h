/* SPDX-License-Identifier: MIT */
/**
 * @file tuning.h
 * The tuning file of a device: what `fmbench tune` measured to be best on it, and every engine
 * reads. It lies in the cache folder as tuning-<hash of the device's id>: text, a key and its value
 * a line, the last line a digest of all before it.
 *
 *     facemorph tuning 2
 *     device name:0123456789abcdef
 *     driver 3.1
 *     program 0.1.0
 *     kernels 89abcdef01234567
 *     specialisation cpu
 *     tile 64
 *     sampled_tile 16
 *     group 0
 *     morph_group 64
 *     morph_recorded 0
 *     blend_group 0
 *     solve_group 32
 *     half_arithmetic 0
 *     batch_medium 16
 *     batch_low 16
 *     batch_high 16
 *     batch_extreme 8
 *     rate 1234.5
 *     digest 0123456789abcdef
 *
 * A tuning is of one device, driver, program version and set of kernels. A file that is damaged, or
 * of another one of those, is not used: one warning, and the defaults hold.
 */
#ifndef FMI_TUNING_H
#define FMI_TUNING_H

#include <fm/device.h>
#include <fm/log.h>

/**
 * Reads it. None, a damaged and a foreign one all give a zeroed tuning; the last two are warned
 * about. log NULL: without a word. dir NULL or "": none.
 * @return true when there was one to use
 */
bool fmi_tuning_read(const char *dir, const fm_caps *caps, fm_tuning *tuning, const fm_log *log);

/**
 * Writes it, whole or not at all.
 * @param path  out, at least 1200 bytes: where it lies
 * @retval FM_ERROR_IO  the folder cannot be written
 */
fm_status fmi_tuning_write(const char *dir, const fm_caps *caps, const fm_tuning *tuning,
                           char *path, size_t path_bytes, fm_error *err);

/** Hash of all embedded kernels, as in the file. */
uint64_t fmi_tuning_kernels(void);

/** The text of a file. Returns its length, 0 when it does not fit. */
size_t fmi_tuning_text(const fm_caps *caps, const fm_tuning *tuning, char *text, size_t bytes);

/** What is wrong with the text of a file, for a message; NULL = *tuning is filled. */
const char *fmi_tuning_parse(const char *text, const fm_caps *caps, fm_tuning *tuning);

#endif
