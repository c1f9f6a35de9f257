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

/* The bits in their places count 2^-112 times too little: one product rescales all, subnormals too.
 */
float fmi_half_value(uint16_t half) {
    uint32_t rest = (uint32_t)(half & 0x7FFFU) << 13, sign = (uint32_t)(half & 0x8000U) << 16;
    float value;
    memcpy(&value, &rest, sizeof value);
    value *= 0x1p112F;
    memcpy(&rest, &value, sizeof rest);
    if ((half & 0x7C00U) == 0x7C00U)
        rest = 0x7F800000U | (uint32_t)(half & 0x3FFU) << 13;
    rest |= sign;
    memcpy(&value, &rest, sizeof value);
    return value;
}
