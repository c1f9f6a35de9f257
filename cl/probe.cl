/* SPDX-License-Identifier: MIT */
/*
 * probe.cl: does this device see the shared structs as the host does?
 *
 * fm_probe_layout: one item writes sizeof and offsets of the structs of fm_shared.h, in the order
 *                  of engine/probe.c. No local memory.
 */
#include "common.cl"

#define FMK_OFFSET(base, member) \
    (uint)((__private char *)&(base).member - (__private char *)&(base))

__kernel void fm_probe_layout(__global uint *out) {
    fm_mip mip;
    fm_scene scene;
    fm_frame_counts counts;
    out[0] = (uint)sizeof(fm_mip);
    out[1] = FMK_OFFSET(mip, pitch);
    out[2] = FMK_OFFSET(mip, offset);
    out[3] = (uint)sizeof(fm_scene);
    out[4] = FMK_OFFSET(scene, focal_px);
    out[5] = FMK_OFFSET(scene, near_w);
    out[6] = FMK_OFFSET(scene, width);
    out[7] = FMK_OFFSET(scene, vertices);
    out[8] = FMK_OFFSET(scene, background);
    out[9] = FMK_OFFSET(scene, mips);
    out[10] = FMK_OFFSET(scene, mip);
    out[11] = (uint)sizeof(fm_frame_counts);
    out[12] = FMK_OFFSET(counts, rejected);
    out[13] = FMK_OFFSET(counts, list_needed);
}
