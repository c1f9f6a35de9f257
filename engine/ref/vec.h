/* SPDX-License-Identifier: MIT */
/** @file vec.h Three-component vectors in double, for the reference only. */
#ifndef FMI_REF_VEC_H
#define FMI_REF_VEC_H

typedef struct fmi_vec {
    double x, y, z;
} fmi_vec;

fmi_vec fmi_vec_add(fmi_vec a, fmi_vec b);
fmi_vec fmi_vec_sub(fmi_vec a, fmi_vec b);
fmi_vec fmi_vec_scale(double s, fmi_vec a);
double fmi_vec_dot(fmi_vec a, fmi_vec b);
fmi_vec fmi_vec_cross(fmi_vec a, fmi_vec b);
/** a / |a|; (0, 0, 1) when a has no length. */
fmi_vec fmi_vec_unit(fmi_vec a);

#endif
