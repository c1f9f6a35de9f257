/* SPDX-License-Identifier: MIT */
/* Attributes of a triangle at the centre of a pixel. */
#include "frame.h"

#include <math.h>

/* A plane over the picture: its value at the pixel's centre and its slopes per pixel. */
typedef struct plane {
    double value, x, y;
} plane;

/* The shares of the corners: planes that are 1 at their corner and 0 at the other two. */
typedef struct weights {
    const fmi_ref_triangle *triangle;
    plane of[3];
} weights;

static weights weights_at(const fmi_ref_triangle *triangle, uint32_t i, uint32_t j) {
    weights result = {.triangle = triangle};
    int64_t x = FM_SUBPIXEL * (int64_t)i + FM_SUBPIXEL_HALF;
    int64_t y = FM_SUBPIXEL * (int64_t)j + FM_SUBPIXEL_HALF;
    int64_t here[3], right[3], below[3];
    fmi_ref_triangle_edges(triangle, x, y, here);
    fmi_ref_triangle_edges(triangle, x + FM_SUBPIXEL, y, right);
    fmi_ref_triangle_edges(triangle, x, y + FM_SUBPIXEL, below);
    for (int k = 0; k < 3; k++) {
        result.of[k].value = (double)here[k] / (double)triangle->det;
        result.of[k].x = (double)(right[k] - here[k]) / (double)triangle->det;
        result.of[k].y = (double)(below[k] - here[k]) / (double)triangle->det;
    }
    return result;
}

/* The plane of an attribute divided by w. */
static plane divided(const weights *w, const double value[3]) {
    plane p = {0.0, 0.0, 0.0};
    for (int k = 0; k < 3; k++) {
        double corner = value[k] * w->triangle->corner[k]->inverse_w;
        p.value += corner * w->of[k].value;
        p.x += corner * w->of[k].x;
        p.y += corner * w->of[k].y;
    }
    return p;
}

/* u = U / W and v = V / W for planes U, V, W. By the quotient rule the determinant of their
 * derivatives is that of the three planes over W^3. */
static double stretch_of(plane u, plane v, plane w, double distance) {
    double det = u.value * (v.x * w.y - v.y * w.x) + v.value * (w.x * u.y - w.y * u.x) +
                 w.value * (u.x * v.y - u.y * v.x);
    return fabs(det) * distance * distance * distance;
}

/* A centre that the triangle does not cover may see its plane far off, or behind the camera: the
 * distance stays between those of the corners. */
static double distance_at(const fmi_ref_triangle *triangle, plane inverse_w) {
    const fmi_ref_vertex *const *c = triangle->corner;
    double low = fmin(c[0]->inverse_w, fmin(c[1]->inverse_w, c[2]->inverse_w));
    double high = fmax(c[0]->inverse_w, fmax(c[1]->inverse_w, c[2]->inverse_w));
    return 1.0 / fmin(fmax(inverse_w.value, low), high);
}

/* Attributes are linear on the screen once divided by w. */
fmi_ref_fragment fmi_ref_interpolate(const fmi_ref_frame *frame, uint32_t index, uint32_t i,
                                     uint32_t j) {
    fmi_ref_fragment fragment = {.triangle = index};
    fmi_ref_triangle triangle = {0};
    fmi_ref_triangle_make(&triangle, frame, index);
    fragment.det = triangle.det;

    double one[3], u[3], v[3], nx[3], ny[3], nz[3];
    for (int k = 0; k < 3; k++) {
        const fmi_ref_vertex *corner = triangle.corner[k];
        one[k] = 1.0;
        u[k] = corner->u;
        v[k] = corner->v;
        nx[k] = corner->normal.x;
        ny[k] = corner->normal.y;
        nz[k] = corner->normal.z;
    }
    weights at = weights_at(&triangle, i, j);
    plane w_plane = divided(&at, one), u_plane = divided(&at, u), v_plane = divided(&at, v);
    fragment.w = distance_at(&triangle, w_plane);
    fragment.u = fmin(fmax(u_plane.value * fragment.w, 0.0), 1.0);
    fragment.v = fmin(fmax(v_plane.value * fragment.w, 0.0), 1.0);
    fragment.stretch = stretch_of(u_plane, v_plane, w_plane, fragment.w);
    fragment.normal = fmi_vec_unit(
        (fmi_vec){divided(&at, nx).value, divided(&at, ny).value, divided(&at, nz).value});
    return fragment;
}
