/* SPDX-License-Identifier: MIT */
/*
 * probe.cl: does this device see the shared structs as the host does?
 *
 * fm_probe_layout: one item writes sizeof and offsets of the structs of fm_shared.h, in the order
 *                  of engine/probe.c. No local memory.
 *
 * fm_probe_sum: sums of what lies in device memory, to be compared with those of what arrived.
 *   data, bytes  what to sum
 *   sums         one each FM_SUM_BYTES bytes, behind the first `skip`: the sum, modulo 2^32, of
 *                the bytes read as little-endian words, counted from the start of data
 *   Item i does its FM_SUM_BYTES bytes. No local memory. Any single changed bit changes the total.
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

__kernel void fm_probe_sum(__global const uchar *data, ulong bytes, __global uint *sums,
                           uint skip) {
    ulong first = get_global_id(0) * (ulong)FM_SUM_BYTES;
    if (first >= bytes)
        return;
    uint count = (uint)min(bytes - first, (ulong)FM_SUM_BYTES), sum = 0u;
    data += first;
    for (uint i = 0u; i < count; ++i)
        sum += (uint)data[i] << (8u * (i & 3u));
    sums[skip + get_global_id(0)] = sum;
}
