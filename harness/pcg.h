/* SPDX-License-Identifier: MIT */
/**
 * @file pcg.h
 * A small random generator (PCG32, Melissa O'Neill): the same numbers on every machine, so that a
 * seed in a result file means something.
 */
#ifndef FMI_PCG_H
#define FMI_PCG_H

#include <stddef.h>
#include <stdint.h>

/** State; make it with fmi_pcg_seed. */
typedef struct fmi_pcg {
    uint64_t state;
} fmi_pcg;

fmi_pcg fmi_pcg_seed(uint64_t seed);
/** 32 random bits. */
uint32_t fmi_pcg_next(fmi_pcg *pcg);
/** Uniform in [0, bound), without bias; bound >= 1. */
uint32_t fmi_pcg_below(fmi_pcg *pcg, uint32_t bound);
/** Uniform in [0, 1). */
double fmi_pcg_unit(fmi_pcg *pcg);
/** Standard normal. */
double fmi_pcg_normal(fmi_pcg *pcg);
/** Fills order with a random permutation of 0 .. n-1. */
void fmi_pcg_shuffle(fmi_pcg *pcg, uint32_t *order, uint32_t n);

#endif
