/* SPDX-License-Identifier: MIT */
#include "heatmap_check.h"

#include "error.h"
#include "raster_ref.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

#define TEXELS 20000U
#define COLOUR_STEP 3         /* between neighbours of a table */
#define PANEL_SHARE 0.001     /* of the pixels that may be further off */
#define COLOUR_TOLERANCE 1e-3 /* of L*, chroma and CIEDE2000 ... */
#define COLOUR_RELATIVE 2e-4  /* ... or of the value */

static fm_status no_memory(fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to check the heatmaps");
}

static fm_status poison_buffer(fmi_buffer *buffer, fm_error *err) {
    void *mapped = NULL;
    if (!buffer->mem)
        return FM_OK;
    fm_status status =
        fmi_buffer_map(buffer, CL_MAP_WRITE_INVALIDATE_REGION, 0, buffer->bytes, &mapped, err);
    if (status != FM_OK)
        return status;
    memset(mapped, 0xA5, buffer->bytes);
    return fmi_buffer_unmap(buffer, &mapped, err);
}

fm_status fmi_heatmap_poison(fm_heatmap *heatmap, fm_error *err) {
    fm_status status = fm_heatmap_run(heatmap, err); /* unmaps what is mapped */
    if (status == FM_OK)
        status = poison_buffer(&heatmap->values, err);
    if (status == FM_OK)
        status = poison_buffer(&heatmap->planes, err);
    return status == FM_OK ? poison_buffer(&heatmap->panels, err) : status;
}

static void judge_value(fmi_check *check, fm_field field, uint64_t i, double got, double want,
                        double tolerance) {
    double d = fabs(got - want) / tolerance;
    check->max = d > check->max || isnan(d) ? d : check->max;
    if (!(d <= 1.0))
        fmi_check_failed(check, "%s %llu is %.9g, want %.9g", fm_field_name(field),
                         (unsigned long long)i, got, want);
}

static fm_status compare_shape(fm_heatmap *h, fmi_check *check, fm_error *err) {
    fmi_ref_mesh mesh = fmi_raster_ref_mesh(&h->pair->joined);
    size_t n = mesh.position_count;
    double largest = 0.0, *want = malloc(3 * n * sizeof *want);
    if (!want)
        return no_memory(err);
    fm_status status = fmi_ref_shape_fields(&mesh, want, err);
    for (size_t i = 0; i < 3 * n; i++)
        largest = fmax(largest,
                       fmax(fabs((double)mesh.positions_a[i]), fabs((double)mesh.positions_b[i])));
    for (uint32_t k = 0; k < FM_SHAPE_FIELDS && status == FM_OK; k++) {
        const float *values = NULL;
        uint64_t count = 0;
        status = fm_heatmap_values(h, (fm_field)k, &values, &count, err);
        for (uint64_t i = 0; status == FM_OK && i < count; i++)
            judge_value(check, (fm_field)k, i, (double)values[i], want[k * n + i],
                        largest * 0x1p-20);
    }
    free(want);
    return status;
}

/* One texel pair of the device's block as two textures of one texel. */
static void want_texel(const uint8_t *pair, double want[3]) {
    uint8_t rgb[2][3], kept[2] = {pair[3], pair[7]};
    memcpy(rgb[0], pair, 3);
    memcpy(rgb[1], pair + 4, 3);
    const fmi_ref_texture a = {.level = {rgb[0]}, .kept = &kept[0]};
    const fmi_ref_texture b = {.level = {rgb[1]}, .kept = &kept[1]};
    fmi_ref_texture_fields(&a, &b, 0, want);
}

static fm_status compare_texture(fm_heatmap *h, fmi_check *check, fm_error *err) {
    const float *planes[3] = {NULL};
    uint64_t count = 0;
    void *block = NULL;
    fm_status status = FM_OK;
    for (uint32_t k = 0; k < 3 && status == FM_OK; k++)
        status = fm_heatmap_values(h, (fm_field)(FM_SHAPE_FIELDS + k), &planes[k], &count, err);
    if (status == FM_OK)
        status = fmi_buffer_map(h->texels, CL_MAP_READ, 0, h->texels->bytes, &block, err);
    if (status != FM_OK)
        return status;
    uint64_t step = count / TEXELS + 1;
    for (uint64_t i = 0; i < count; i += step) {
        double want[3];
        uint64_t at = i / h->width * (h->width + 1) + i % h->width;
        want_texel((const uint8_t *)block + FM_TEXEL_BYTES * at, want);
        for (uint32_t k = 0; k < 3; k++)
            judge_value(check, (fm_field)(FM_SHAPE_FIELDS + k), i, (double)planes[k][i], want[k],
                        fmax(COLOUR_TOLERANCE, COLOUR_RELATIVE * fabs(want[k])));
    }
    return fmi_buffer_unmap(h->texels, &block, err);
}

static fm_status see(const fm_heatmap *h, const fm_view *view, const fmi_ref_mesh *mesh,
                     fmi_ref_seen *seen, fm_error *err) {
    fm_view fine;
    fmi_camera camera;
    fmi_ref_camera eye;
    fm_status status = fmi_view_resolve(view, &fine, err);
    fine.width *= FMI_HEATMAP_FINE;
    fine.height *= FMI_HEATMAP_FINE;
    if (status == FM_OK)
        status = fmi_camera_make(&camera, &h->pair->joined, &fine, err);
    if (status != FM_OK)
        return status;
    fmi_raster_ref_camera(&eye, &camera, &fine);
    return fmi_ref_see(mesh, &eye, seen, err);
}

static void judge_panel(fmi_check *check, fm_field field, const uint8_t *got, const uint8_t *want,
                        size_t pixels, double *squares) {
    size_t beyond = 0;
    for (size_t i = 0; i < pixels; i++) {
        int worst = 0;
        for (size_t c = 0; c < 3; c++) {
            int d = abs(got[3 * i + c] - want[3 * i + c]);
            worst = d > worst ? d : worst;
            *squares += (double)d * d;
        }
        beyond += worst > COLOUR_STEP;
    }
    double share = (double)beyond / (double)pixels;
    check->share = fmax(check->share, share);
    if (beyond > 1 && share > PANEL_SHARE)
        fmi_check_failed(check, "panel %s differs on %zu of %zu pixels", fm_field_name(field),
                         beyond, pixels);
}

static double covered_by(const fmi_ref_seen *seen, size_t fine) {
    size_t shown = 0;
    for (size_t i = 0; i < fine; i++)
        shown += seen[i].triangle != UINT32_MAX;
    return (double)shown / (double)fine;
}

static fm_status compare_panels(fm_heatmap *h, const fm_view *view, fmi_check *check,
                                double *covered, fm_error *err) {
    fmi_ref_mesh mesh = fmi_raster_ref_mesh(&h->pair->joined);
    size_t pixels = (size_t)view->width * view->height;
    fmi_ref_seen *seen = malloc(FMI_HEATMAP_FINE * FMI_HEATMAP_FINE * pixels * sizeof *seen);
    uint8_t *want = malloc(3 * pixels);
    double squares = 0.0;
    fm_status status = seen && want ? see(h, view, &mesh, seen, err) : no_memory(err);
    if (status == FM_OK)
        *covered = covered_by(seen, FMI_HEATMAP_FINE * FMI_HEATMAP_FINE * pixels);
    for (uint32_t k = 0; k < h->fields && status == FM_OK; k++) {
        fm_panel panel;
        fmi_heatmap_paint_ref(h, &mesh, seen, view, (fm_field)k, want);
        status = fm_heatmap_panel(h, (fm_field)k, &panel, err);
        if (status == FM_OK)
            judge_panel(check, (fm_field)k, panel.image.pixels, want, pixels, &squares);
    }
    double mean = squares / (3.0 * (double)pixels * h->fields);
    check->psnr = mean > 0.0 ? 10.0 * log10(255.0 * 255.0 / mean) : (double)INFINITY;
    free(seen);
    free(want);
    return status;
}

fm_status fmi_heatmap_compare(fm_heatmap *heatmap, const fm_view *view, fmi_check *check,
                              double *covered, fm_error *err) {
    fm_status status = compare_shape(heatmap, check, err);
    if (status == FM_OK && heatmap->fields == FM_FIELDS)
        status = compare_texture(heatmap, check, err);
    return status == FM_OK ? compare_panels(heatmap, view, check, covered, err) : status;
}

fm_status fmi_heatmap_hash(fm_heatmap *heatmap, uint64_t *hash, fm_error *err) {
    fm_status status = FM_OK;
    *hash = 0;
    for (uint32_t k = 0; k < heatmap->fields && status == FM_OK; k++) {
        const float *values = NULL;
        uint64_t count = 0;
        fm_panel panel;
        status = fm_heatmap_values(heatmap, (fm_field)k, &values, &count, err);
        if (status == FM_OK)
            status = fm_heatmap_panel(heatmap, (fm_field)k, &panel, err);
        if (status != FM_OK)
            return status;
        *hash = XXH3_64bits_withSeed(values, count * sizeof *values, *hash);
        *hash = XXH3_64bits_withSeed(panel.image.pixels,
                                     (size_t)panel.image.row_bytes * panel.image.height, *hash);
    }
    return status;
}
