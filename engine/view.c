/* SPDX-License-Identifier: MIT */
#include "view.h"

#include "error.h"

#include <math.h>

#define NEAR_FRACTION 0.01
#define FIT_FRACTION 0.45
#define FIT_STEPS 60
#define PI 3.14159265358979323846

static fm_status check_range(const char *what, double value, double low, double high,
                             fm_error *err) {
    if (value >= low && value <= high)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s is %g; it must be %g to %g", what, value,
                    low, high);
}

fm_status fmi_view_resolve(const fm_view *view, fm_view *resolved, fm_error *err) {
    fm_view v = view ? *view : (fm_view){.struct_size = sizeof(fm_view)};
    if (v.struct_size != sizeof(fm_view))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_view: struct_size is %zu, not %zu; built against another version?",
                        v.struct_size, sizeof(fm_view));
    if (v.width == 0)
        v.width = 512;
    if (v.height == 0)
        v.height = 512;
    if (v.fov_degrees == 0.0F)
        v.fov_degrees = 60.0F;
    if (v.distance == 0.0F)
        v.distance = 2.5F;
    if (v.samples == 0)
        v.samples = 1;
    if (!v.background_set)
        v.background[0] = v.background[1] = v.background[2] = 255;
    fm_status status = check_range("width", v.width, 1, FM_MAX_SIZE, err);
    if (status == FM_OK)
        status = check_range("height", v.height, 1, FM_MAX_SIZE, err);
    if (status == FM_OK)
        status = check_range("field of view", (double)v.fov_degrees, 1, 170, err);
    if (status == FM_OK)
        status = check_range("camera distance", (double)v.distance, 1e-3, 1e6, err);
    if (status == FM_OK)
        status = check_range("yaw", (double)v.yaw_degrees, -360, 360, err);
    if (status == FM_OK)
        status = check_range("pitch", (double)v.pitch_degrees, -90, 90, err);
    if (status == FM_OK && v.tile != 0 && (v.tile % 16 != 0 || v.tile > 128))
        status = fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                          "tile is %u; it must be a multiple of 16 up to 128", v.tile);
    if (status == FM_OK && v.samples != 1 && v.samples != 4)
        status = fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%u samples a pixel; 1 or 4 are possible",
                          v.samples);
    *resolved = v;
    return status;
}

/* Rows of the rotation that an orbiting camera applies to the model: yaw moves the camera to the
 * right, pitch moves it up. */
static void orbit(const fm_view *view, double r[9]) {
    double yaw = (double)view->yaw_degrees * PI / 180.0;
    double pitch = (double)view->pitch_degrees * PI / 180.0;
    double cy = cos(yaw), sy = sin(yaw), cp = cos(pitch), sp = sin(pitch);
    double rows[9] = {cy, 0.0, -sy, -sp * sy, cp, -sp * cy, cp * sy, sp, cp * cy};
    for (int i = 0; i < 9; ++i)
        r[i] = rows[i];
}

static void rotate(const double r[9], const float *p, double out[3]) {
    for (int i = 0; i < 3; ++i)
        out[i] =
            r[3 * i] * (double)p[0] + r[3 * i + 1] * (double)p[1] + r[3 * i + 2] * (double)p[2];
}

/* What the fit asks of one rotated point at scale s, as a largest s in closed form:
 * focal |x| s / (d - z s) <= limit and d - z s >= near. */
typedef struct fit_rule {
    double focal, limit, distance, near_w;
} fit_rule;

static double largest_scale(const fit_rule *rule, const double p[3]) {
    double reach = fmax(fabs(p[0]), fabs(p[1]));
    double inside = rule->focal * reach + rule->limit * p[2];
    double s = inside > 0.0 ? rule->limit * rule->distance / inside : (double)INFINITY;
    return p[2] > 0.0 ? fmin(s, (rule->distance - rule->near_w) / p[2]) : s;
}

static bool fits(const fit_rule *rule, const double p[3], double s) {
    double w = rule->distance - p[2] * s;
    return w >= rule->near_w && rule->focal * fmax(fabs(p[0]), fabs(p[1])) * s <= rule->limit * w;
}

static void tightest_of(const float *positions, uint32_t count, const double r[9],
                        const fit_rule *rule, double *best, double point[3]) {
    for (uint32_t i = 0; i < count; ++i) {
        double p[3];
        rotate(r, positions + 3 * (size_t)i, p);
        double s = largest_scale(rule, p);
        if (s < *best) {
            *best = s;
            for (int k = 0; k < 3; ++k)
                point[k] = p[k];
        }
    }
}

/* The rule is monotone in s for each point, so the bisection over all points ends where the one
 * over the tightest point does. */
static double fit_scale(const fmi_joined *joined, const double r[9], const fit_rule *rule) {
    double best = (double)INFINITY, point[3] = {0};
    tightest_of(joined->positions_a, joined->position_count, r, rule, &best, point);
    tightest_of(joined->positions_b, joined->position_count, r, rule, &best, point);
    for (size_t i = 0; i < joined->more_count; ++i)
        tightest_of(joined->more + 3 * i * joined->position_count, joined->position_count, r, rule,
                    &best, point);
    if (!isfinite(best))
        return 1.0;
    double low = 0.0, high = 2.0 * best;
    for (int i = 0; i < FIT_STEPS; ++i) {
        double middle = 0.5 * (low + high);
        if (fits(rule, point, middle))
            low = middle;
        else
            high = middle;
    }
    return low;
}

fm_status fmi_camera_make(fmi_camera *camera, const fmi_joined *joined, const fm_view *view,
                          fm_error *err) {
    double r[9];
    orbit(view, r);
    double distance = (double)view->distance;
    double shorter = view->width < view->height ? view->width : view->height;
    camera->half_width = 0.5 * view->width;
    camera->half_height = 0.5 * view->height;
    camera->focal_px = camera->half_height / tan((double)view->fov_degrees * PI / 360.0);
    camera->near_w = NEAR_FRACTION * distance;
    fit_rule rule = {camera->focal_px, FIT_FRACTION * shorter, distance, camera->near_w};
    camera->scale = view->no_fit ? 1.0 : fit_scale(joined, r, &rule);
    if (!(camera->scale > 0.0) || !isfinite(camera->scale))
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "the meshes cannot be framed: fitted scale is %g; use --fit off",
                        camera->scale);
    for (int row = 0; row < 3; ++row) {
        double shift = row == 2 ? -distance : 0.0;
        for (int k = 0; k < 3; ++k) {
            camera->to_camera[4 * row + k] = r[3 * row + k] * camera->scale;
            if (view->no_fit)
                shift += r[3 * row + k] * joined->center[k];
        }
        camera->to_camera[4 * row + 3] = shift;
    }
    return FM_OK;
}
