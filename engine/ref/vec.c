/* SPDX-License-Identifier: MIT */
#include "vec.h"

#include <math.h>

fmi_vec fmi_vec_add(fmi_vec a, fmi_vec b) {
    return (fmi_vec){a.x + b.x, a.y + b.y, a.z + b.z};
}

fmi_vec fmi_vec_sub(fmi_vec a, fmi_vec b) {
    return (fmi_vec){a.x - b.x, a.y - b.y, a.z - b.z};
}

fmi_vec fmi_vec_scale(double s, fmi_vec a) {
    return (fmi_vec){s * a.x, s * a.y, s * a.z};
}

double fmi_vec_dot(fmi_vec a, fmi_vec b) {
    return a.x * b.x + a.y * b.y + a.z * b.z;
}

fmi_vec fmi_vec_cross(fmi_vec a, fmi_vec b) {
    return (fmi_vec){a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x};
}

fmi_vec fmi_vec_unit(fmi_vec a) {
    double length = sqrt(fmi_vec_dot(a, a));
    if (!(length > 0.0)) {
        return (fmi_vec){0.0, 0.0, 1.0};
    }
    return fmi_vec_scale(1.0 / length, a);
}
