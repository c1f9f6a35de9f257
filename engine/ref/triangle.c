/* SPDX-License-Identifier: MIT */
/* Triangles on the sub-pixel grid: winding, coverage, interpolation of 1/w. In 64-bit integers,
 * which no product overflows because snapped coordinates are within FM_GUARD. */
#include "frame.h"

static const fmi_ref_vertex *corner_of(const fmi_ref_frame *frame, uint32_t index, int k) {
    return &frame->vertices[frame->mesh->triangles[(size_t)index * 3 + k]];
}

bool fmi_ref_triangle_rejected(const fmi_ref_frame *frame, uint32_t index) {
    return corner_of(frame, index, 0)->outside || corner_of(frame, index, 1)->outside ||
           corner_of(frame, index, 2)->outside;
}

/* > 0 when (x, y) lies to the right of the way from one to two, y down. */
static int64_t side(const fmi_ref_vertex *one, const fmi_ref_vertex *two, int64_t x, int64_t y) {
    return (two->x - one->x) * (y - one->y) - (two->y - one->y) * (x - one->x);
}

bool fmi_ref_triangle_make(fmi_ref_triangle *triangle, const fmi_ref_frame *frame, uint32_t index) {
    const fmi_ref_vertex *p0 = corner_of(frame, index, 0);
    const fmi_ref_vertex *p1 = corner_of(frame, index, 1);
    const fmi_ref_vertex *p2 = corner_of(frame, index, 2);
    int64_t det = side(p0, p1, p2->x, p2->y);

    /* Counter-clockwise with y up is clockwise with y down, where side() is negative. */
    bool front = det < 0;
    if (det == 0 || (frame->camera->cull && !front)) {
        return false;
    }
    triangle->corner[0] = p0;
    triangle->corner[1] = det > 0 ? p1 : p2;
    triangle->corner[2] = det > 0 ? p2 : p1;
    triangle->det = det > 0 ? det : -det;
    return true;
}

void fmi_ref_triangle_edges(const fmi_ref_triangle *triangle, int64_t x, int64_t y,
                            int64_t edge[3]) {
    for (int k = 0; k < 3; k++) {
        edge[k] = side(triangle->corner[(k + 1) % 3], triangle->corner[(k + 2) % 3], x, y);
    }
}

/* Points on an edge belong to the triangle whose top or left edge it is. With det > 0 the inside
 * is where side() is positive: below an edge that runs to the right (top), and to the right of an
 * edge that runs up (left). */
static bool is_top_left(const fmi_ref_vertex *one, const fmi_ref_vertex *two) {
    bool top = two->y == one->y && two->x > one->x;
    bool left = two->y < one->y;
    return top || left;
}

bool fmi_ref_triangle_covers(const fmi_ref_triangle *triangle, const int64_t edge[3]) {
    for (int k = 0; k < 3; k++) {
        if (edge[k] < 0) {
            return false;
        }
        if (edge[k] == 0 &&
            !is_top_left(triangle->corner[(k + 1) % 3], triangle->corner[(k + 2) % 3])) {
            return false;
        }
    }
    return true;
}

double fmi_ref_triangle_inverse_w(const fmi_ref_triangle *triangle, const int64_t edge[3]) {
    double sum = 0.0;
    for (int k = 0; k < 3; k++) {
        sum += (double)edge[k] * triangle->corner[k]->inverse_w;
    }
    return sum / (double)triangle->det;
}
