/* SPDX-License-Identifier: MIT */
/**
 * @file sample_surface.h
 * The neutral head as a surface of two parameters: column c in [0, 1] goes round the head from the
 * back seam over the left of the picture, the face (0.5) and back; row t in [0, 1] goes from the
 * crown to the neck rim. A column is the cut of the field with a half-plane through the vertical
 * axis, followed by arc length, so noses, chins and ears may overhang in it. Rows are tied to the
 * features: one runs along each edge of the eyelids, one between the lips, and so on.
 */
#ifndef FMI_SAMPLE_SURFACE_H
#define FMI_SAMPLE_SURFACE_H

#include "sample_field.h"

#include <fm/status.h>

/** Rows with a meaning, from the crown down. */
enum {
    FMI_ROW_CROWN,
    FMI_ROW_FOREHEAD,
    FMI_ROW_BROW,
    FMI_ROW_CREASE,
    FMI_ROW_LID_UPPER,
    FMI_ROW_LID_LOWER,
    FMI_ROW_POUCH,
    FMI_ROW_NOSE_TIP,
    FMI_ROW_NOSE_BASE,
    FMI_ROW_LIP_UPPER,
    FMI_ROW_MOUTH,
    FMI_ROW_LIP_LOWER,
    FMI_ROW_CHIN_FOLD,
    FMI_ROW_CHIN,
    FMI_ROW_THROAT,
    FMI_ROW_RIM,
    FMI_ROW_KNOTS
};

/** Share of the rows between a knot and the next, in a head of the default size. */
extern const int fmi_row_weight[FMI_ROW_KNOTS - 1];
/** t of each knot: running sums of the weights, from 0 to 1. */
void fmi_row_knots(double t[FMI_ROW_KNOTS]);

/** Angle of a column from the front, in [-pi, pi]; odd about c = 0.5. */
double fmi_column_angle(double c);

/** One column of the right half (angle >= 0). Zeroed = none. */
typedef struct fmi_profile {
    double *s, *r, *y; /**< arc length, distance from the axis, height */
    size_t count, capacity;
    double sine, cosine;
    double t[FMI_ROW_KNOTS], knot_s[FMI_ROW_KNOTS], slope[FMI_ROW_KNOTS];
} fmi_profile;

/** Follows the column at an angle in [0, pi]. Reuses the memory of an earlier call. */
fm_status fmi_profile_trace(fmi_profile *profile, double angle, fm_error *err);
/** Point of the column at row t; lids are open: between their edges the skin lies just behind the
 *  surface of the eyeball. */
fmi_v3 fmi_profile_at(const fmi_profile *profile, double t);
void fmi_profile_free(fmi_profile *profile);

#endif
