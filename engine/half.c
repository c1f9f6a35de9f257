/* SPDX-License-Identifier: MIT */
#include "half.h"

#include <string.h>

uint16_t fmi_half(float value) {
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint32_t sign = bits >> 16 & 0x8000U, rest = bits & 0x7FFFFFFFU;
    if (rest >= 0x7F800000U) /* infinite, or not a number */
        return (uint16_t)(sign | 0x7C00U | (rest > 0x7F800000U ? 0x200U : 0U));
    if (rest >= 0x47800000U)
        return (uint16_t)(sign | 0x7C00U);
    if (rest < 0x38800000U) { /* below 2^-14: a whole number of 2^-24; adding 0.5 rounds there */
        float shifted;
        memcpy(&shifted, &rest, sizeof shifted);
        shifted += 0.5F;
        memcpy(&rest, &shifted, sizeof rest);
        return (uint16_t)(sign | (rest - 0x3F000000U));
    }
    rest += 0xFFFU + (rest >> 13 & 1U);
    return (uint16_t)(sign | ((rest - 0x38000000U) >> 13));
}
