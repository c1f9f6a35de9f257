/* SPDX-License-Identifier: MIT */
/**
 * @file sample_identity.h
 * Who a made-up head is: a warp of the neutral head, and the colours of its skin. Because only the
 * warp differs, feature lies on feature in every morph.
 */
#ifndef FMI_SAMPLE_IDENTITY_H
#define FMI_SAMPLE_IDENTITY_H

#include "sample_field.h"

/** What the warps change; a weight of 1 is a strong but ordinary deviation. */
enum {
    FMI_TRAIT_FACE_WIDTH,
    FMI_TRAIT_FACE_LENGTH,
    FMI_TRAIT_JAW_WIDTH,
    FMI_TRAIT_CHIN_LENGTH,
    FMI_TRAIT_CHIN_FORWARD,
    FMI_TRAIT_CHEEKBONES,
    FMI_TRAIT_CHEEKS,
    FMI_TRAIT_NOSE_WIDTH,
    FMI_TRAIT_NOSE_LENGTH,
    FMI_TRAIT_NOSE_BRIDGE,
    FMI_TRAIT_NOSE_TIP,
    FMI_TRAIT_MOUTH_WIDTH,
    FMI_TRAIT_LIPS,
    FMI_TRAIT_BROW,
    FMI_TRAIT_EYE_SPACING,
    FMI_TRAIT_EYE_SIZE,
    FMI_TRAIT_EYE_TILT,
    FMI_TRAIT_EARS,
    FMI_TRAIT_NECK,
    FMI_TRAITS
};

typedef struct fmi_colour {
    float r, g, b;
} fmi_colour;

/** Shape and skin of one person. */
typedef struct fmi_identity {
    double trait[FMI_TRAITS];
    fmi_colour skin, blush, lips, hair, iris;
    float stubble, freckles, brow_weight; /**< 0 to 1 */
    uint32_t noise;                       /**< seed of the skin's grain */
} fmi_identity;

/** Person number of a seed. 0 and 1 are made to differ clearly; others are drawn at random. */
void fmi_identity_make(fmi_identity *id, uint32_t seed, uint32_t number);
/** Neutral to personal, millimetres. */
fmi_v3 fmi_identity_warp(const fmi_identity *id, fmi_v3 p);
/** Eyeball of the person on one side (-1 or +1): it moves as a whole and stays a sphere. */
void fmi_identity_eye(const fmi_identity *id, int side, fmi_v3 *centre, double *radius);

#endif
