/* SPDX-License-Identifier: MIT */
/* Colour of one pixel: texel and Phong light. In camera space the eye is at the origin and looks
 * to -z, and the light is FM_LIGHT_BACK behind it. */
#include "frame.h"

#include <math.h>

/* The point of the surface seen at the centre of pixel (i, j). */
static fmi_vec surface_point(const fmi_ref_camera *camera, double w, uint32_t i, uint32_t j) {
    return (fmi_vec){(i + 0.5 - camera->half_width) / camera->focal_px * w,
                     -(j + 0.5 - camera->half_height) / camera->focal_px * w, -w};
}

fmi_vec fmi_ref_shade(const fmi_ref_frame *frame, const fmi_ref_fragment *fragment, uint32_t i,
                      uint32_t j) {
    const double ambient = (double)FM_LIGHT_AMBIENT, diffuse = (double)FM_LIGHT_DIFFUSE;
    const double grey = (double)FM_GREY;
    const fmi_vec light = {0.0, 0.0, (double)FM_LIGHT_BACK}, eye = {0.0, 0.0, 0.0};

    fmi_vec base = {grey, grey, grey};
    if (frame->a != NULL) {
        base = fmi_ref_sample(frame, fragment);
    }
    fmi_vec p = surface_point(frame->camera, fragment->w, i, j);
    fmi_vec n = fragment->normal;
    fmi_vec l = fmi_vec_unit(fmi_vec_sub(light, p));
    fmi_vec v = fmi_vec_unit(fmi_vec_sub(eye, p));
    double n_l = fmi_vec_dot(n, l);
    fmi_vec r = fmi_vec_sub(fmi_vec_scale(2.0 * n_l, n), l); /* l mirrored at n */

    double specular = 0.0;
    if (n_l > 0.0) {
        specular =
            (double)FM_LIGHT_SPECULAR * pow(fmax(0.0, fmi_vec_dot(r, v)), FM_LIGHT_SHININESS);
    }
    fmi_vec lit = fmi_vec_scale(ambient + diffuse * fmax(0.0, n_l), base);
    return fmi_vec_add(lit, (fmi_vec){specular, specular, specular});
}
