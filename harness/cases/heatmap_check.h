/* SPDX-License-Identifier: MIT */
/** @file heatmap_check.h Judging the fields and panels of one pair's heatmaps. */
#ifndef FMI_CASE_HEATMAP_CHECK_H
#define FMI_CASE_HEATMAP_CHECK_H

#include "case.h"

#include "heatmap_impl.h"

/** Overwrites fields and panels on the device, so that stale ones are wrong ones. */
fm_status fmi_heatmap_poison(fm_heatmap *heatmap, fm_error *err);
/**
 * Compares with the reference: displacements of every position, differences of at most 20,000
 * texels spread over the texture, every pixel of every panel. Colours of panels may be 3 of 255
 * off (one entry of a table), on 0.1 % of the pixels more.
 * @param covered  out: share of the fine pixels of a panel that show the head
 */
fm_status fmi_heatmap_compare(fm_heatmap *heatmap, const fm_view *view, fmi_check *check,
                              double *covered, fm_error *err);
/** Hash of all values and panels. */
fm_status fmi_heatmap_hash(fm_heatmap *heatmap, uint64_t *hash, fm_error *err);

#endif
