/* SPDX-License-Identifier: MIT */
/** @file sample_noise.h Value noise on a lattice: smooth, in [-1, 1], fixed by its seed. */
#ifndef FMI_SAMPLE_NOISE_H
#define FMI_SAMPLE_NOISE_H

#include <stdint.h>

/** Well mixed bits of a lattice point. */
static inline uint32_t fmi_noise_hash(int32_t x, int32_t y, int32_t z, uint32_t seed) {
    uint32_t h = (uint32_t)x * 0x8DA6B343U ^ (uint32_t)y * 0xD8163841U ^ (uint32_t)z * 0xCB1AB31FU;
    h = (h ^ seed) * 0x9E3779B1U;
    h = (h ^ (h >> 15)) * 0x85EBCA77U;
    return h ^ (h >> 13);
}
static inline float fmi_noise_value(int32_t x, int32_t y, int32_t z, uint32_t seed) {
    return (float)(fmi_noise_hash(x, y, z, seed) >> 8) * (2.0F / 16777215.0F) - 1.0F;
}
static inline int32_t fmi_noise_floor(float x) {
    int32_t i = (int32_t)x;
    return (float)i > x ? i - 1 : i;
}
static inline float fmi_noise_mix(float a, float b, float t) {
    return a + (b - a) * t;
}

/** Noise of one octave at a point in lattice units. */
static inline float fmi_noise(float x, float y, float z, uint32_t seed) {
    int32_t ix = fmi_noise_floor(x), iy = fmi_noise_floor(y), iz = fmi_noise_floor(z);
    float fx = x - (float)ix, fy = y - (float)iy, fz = z - (float)iz;
    float v[4];
    fx = fx * fx * (3.0F - 2.0F * fx);
    fy = fy * fy * (3.0F - 2.0F * fy);
    fz = fz * fz * (3.0F - 2.0F * fz);
    for (int k = 0; k < 4; k++) {
        int32_t y0 = iy + (k & 1), z0 = iz + (k >> 1);
        v[k] = fmi_noise_mix(fmi_noise_value(ix, y0, z0, seed),
                             fmi_noise_value(ix + 1, y0, z0, seed), fx);
    }
    return fmi_noise_mix(fmi_noise_mix(v[0], v[1], fy), fmi_noise_mix(v[2], v[3], fy), fz);
}

#endif
