/* SPDX-License-Identifier: MIT */
/**
 * @file sample_paint.h
 * The colour of one point of a made-up head. Wide, soft things (shade of hollows, blush, hairline)
 * are worked out on a coarse grid as fmi_skin_node and come interpolated; what needs sharp edges
 * (lips, lids, brows, grain) is drawn here.
 */
#ifndef FMI_SAMPLE_PAINT_H
#define FMI_SAMPLE_PAINT_H

#include "sample_identity.h"

/** What varies slowly over the skin. Floats only: it is interpolated as an array. */
typedef struct fmi_skin_node {
    float x, y, z;                             /**< neutral position, mm */
    float open;                                /**< 1 in the open, towards 0 in hollows */
    float up;                                  /**< upward part of the normal */
    float hair;                                /**< mm inside the hairline */
    float blush, pale, socket, beard, freckle; /**< 0 to 1 */
} fmi_skin_node;
#define FMI_SKIN_NODE_FLOATS (sizeof(fmi_skin_node) / sizeof(float))

/** The node of a neutral point of the surface. */
fmi_skin_node fmi_skin_node_at(fmi_v3 p);
/** Skin, lips, brows and hair. across, along: position on the sheet, for the lie of the hair. */
fmi_colour fmi_paint_skin(const fmi_identity *id, const fmi_skin_node *n, float across,
                          float along);
/** Eyeball: a direction from its centre, +z through the pupil. */
fmi_colour fmi_paint_eye(const fmi_identity *id, int side, fmi_v3 direction);

#endif
