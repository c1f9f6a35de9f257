/* SPDX-License-Identifier: MIT */
#include "pcg.h"

#include <math.h>

#define MULTIPLIER UINT64_C(6364136223846793005)
#define INCREMENT UINT64_C(1442695040888963407)

fmi_pcg fmi_pcg_seed(uint64_t seed) {
    fmi_pcg pcg = {0};
    (void)fmi_pcg_next(&pcg);
    pcg.state += seed;
    (void)fmi_pcg_next(&pcg);
    return pcg;
}

uint32_t fmi_pcg_next(fmi_pcg *pcg) {
    const uint64_t old = pcg->state;
    pcg->state = old * MULTIPLIER + INCREMENT;
    const uint32_t mixed = (uint32_t)(((old >> 18) ^ old) >> 27);
    const uint32_t turn = (uint32_t)(old >> 59);
    return (mixed >> turn) | (mixed << ((32U - turn) & 31U));
}

uint32_t fmi_pcg_below(fmi_pcg *pcg, uint32_t bound) {
    /* The lowest 2^32 mod bound values would make small results likelier: draw again. */
    const uint32_t reject = (0U - bound) % bound;
    uint32_t value = fmi_pcg_next(pcg);
    while (value < reject)
        value = fmi_pcg_next(pcg);
    return value % bound;
}

double fmi_pcg_unit(fmi_pcg *pcg) {
    return (double)fmi_pcg_next(pcg) * 0x1p-32;
}

double fmi_pcg_normal(fmi_pcg *pcg) {
    /* Box-Muller; the second value is thrown away to keep the state one number. */
    const double radius = sqrt(-2.0 * log(1.0 - fmi_pcg_unit(pcg)));
    return radius * cos(6.283185307179586 * fmi_pcg_unit(pcg));
}

void fmi_pcg_shuffle(fmi_pcg *pcg, uint32_t *order, uint32_t n) {
    for (uint32_t i = 0; i < n; ++i)
        order[i] = i;
    for (uint32_t i = n; i > 1; --i) {
        const uint32_t j = fmi_pcg_below(pcg, i);
        const uint32_t kept = order[i - 1];
        order[i - 1] = order[j];
        order[j] = kept;
    }
}
