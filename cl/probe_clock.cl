/* SPDX-License-Identifier: MIT */
/*
 * probe_clock.cl: is this device's clock honest?
 *
 * fm_probe_spin: each item runs a chain of dependent integer steps; its time is proportional to
 *                iterations (at most 60,000: llvmpipe's loop limit). out: one uint per item.
 */
#include "common.cl"

__kernel void fm_probe_spin(__global uint *out, uint iterations) {
    uint x = (uint)get_global_id(0) + 1u;
    for (uint i = 0; i < iterations; ++i)
        x = x * 1664525u + (x >> 13) + 1013904223u;
    out[get_global_id(0)] = x;
}
