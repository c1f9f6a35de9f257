/* SPDX-License-Identifier: MIT */
/* The heatmaps of `--device ref`: the same numbers and panels by the reference, slowly. */
#include "heatmap_impl.h"

#include "error.h"
#include "raster_ref.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static fm_status no_memory(fm_error *err) {
    return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the reference's heatmaps");
}

static fm_status run_shape(fm_heatmap *h, const fmi_ref_mesh *mesh, fm_error *err) {
    size_t positions = mesh->position_count;
    double *fields = malloc(3 * positions * sizeof *fields);
    if (!fields)
        return no_memory(err);
    fm_status status = fmi_ref_shape_fields(mesh, fields, err);
    for (size_t k = 0; status == FM_OK && k < FM_SHAPE_FIELDS; k++)
        for (uint32_t i = 0; i < mesh->vertex_count; i++)
            h->vertex_values[k * h->padded + i] =
                (float)fields[k * positions + mesh->vertex_position[i]];
    free(fields);
    return status;
}

static void sample_plane(fm_heatmap *h, const fmi_ref_mesh *mesh, const double *plane, size_t k) {
    float *row = h->vertex_values + (FM_SHAPE_FIELDS + k) * h->padded;
    for (uint32_t i = 0; i < mesh->vertex_count; i++)
        row[i] =
            (float)fmi_ref_plane_at(plane, h->width, h->height, (double)mesh->uvs[2 * (size_t)i],
                                    (double)mesh->uvs[2 * (size_t)i + 1]);
}

static fm_status run_texture(fm_heatmap *h, const fmi_reference_parts *parts, fm_error *err) {
    size_t texels = (size_t)h->width * h->height;
    double *planes = malloc(3 * texels * sizeof *planes);
    if (!h->host_planes)
        h->host_planes = malloc(3 * texels * sizeof *h->host_planes);
    if (!planes || !h->host_planes) {
        free(planes);
        return no_memory(err);
    }
    for (size_t i = 0; i < texels; i++) {
        double of[3];
        fmi_ref_texture_fields(parts->a, parts->b, i, of);
        for (size_t k = 0; k < 3; k++) {
            planes[k * texels + i] = of[k];
            h->host_planes[k * texels + i] = (float)of[k];
        }
    }
    for (size_t k = 0; k < 3; k++)
        sample_plane(h, parts->mesh, planes + k * texels, k);
    free(planes);
    return FM_OK;
}

fm_status fmi_heatmap_run_ref(fm_heatmap *h, fm_error *err) {
    fmi_reference_parts parts = fmi_raster_ref_parts(h->pair->state);
    fm_status status = run_shape(h, parts.mesh, err);
    return status == FM_OK && h->width != 0 ? run_texture(h, &parts, err) : status;
}

/* What one fine pixel adds to a field's panel. */
static void add_colour(const fm_heatmap *h, const fmi_ref_mesh *mesh, const fmi_ref_seen *seen,
                       fm_field field, uint8_t table[256][3], uint32_t sum[3]) {
    if (seen->triangle == UINT32_MAX) {
        for (int c = 0; c < 3; c++)
            sum[c] += 255;
        return;
    }
    fmi_heatmap_map map = fmi_heatmap_map_of(h, field);
    const float *row = h->vertex_values + (size_t)field * h->padded;
    double value = 0.0;
    for (size_t k = 0; k < 3; k++)
        value += seen->weight[k] * (double)row[mesh->triangles[3 * (size_t)seen->triangle + k]];
    double entry = floor(256.0 * (value * (double)map.scale + (double)map.shift));
    for (int c = 0; c < 3; c++)
        sum[c] += table[(int)fmin(fmax(entry, 0.0), 255.0)][c];
}

void fmi_heatmap_paint_ref(const fm_heatmap *h, const fmi_ref_mesh *mesh, const fmi_ref_seen *seen,
                           const fm_view *view, fm_field field, uint8_t *out) {
    const uint32_t samples = FMI_HEATMAP_FINE * FMI_HEATMAP_FINE;
    uint8_t table[256][3];
    fm_colormap_table(fm_field_signed(field) ? FM_COLORMAP_COOLWARM : FM_COLORMAP_VIRIDIS, table);
    for (size_t i = 0; i < (size_t)view->width * view->height; i++) {
        size_t x = i % view->width * FMI_HEATMAP_FINE, y = i / view->width * FMI_HEATMAP_FINE;
        uint32_t sum[3] = {0};
        for (size_t s = 0; s < samples; s++) {
            size_t at = (y + s / FMI_HEATMAP_FINE) * view->width * FMI_HEATMAP_FINE + x +
                        s % FMI_HEATMAP_FINE;
            add_colour(h, mesh, &seen[at], field, table, sum);
        }
        for (int c = 0; c < 3; c++)
            out[3 * i + (size_t)c] = (uint8_t)((sum[c] + samples / 2) / samples);
    }
}

fm_status fmi_heatmap_draw_ref(fm_heatmap *h, const fm_view *view, const fmi_camera *camera,
                               fm_error *err) {
    fmi_reference_parts parts = fmi_raster_ref_parts(h->pair->state);
    fmi_ref_camera fine;
    fm_view fine_view = *view;
    size_t pixels = (size_t)view->width * view->height;
    fine_view.width *= FMI_HEATMAP_FINE;
    fine_view.height *= FMI_HEATMAP_FINE;
    fine_view.transparent = false;
    fine_view.samples = 1;
    fmi_raster_ref_camera(&fine, camera, &fine_view);
    free(h->host_panels);
    h->host_panels = malloc(3 * pixels * h->fields);
    fmi_ref_seen *seen = malloc(pixels * FMI_HEATMAP_FINE * FMI_HEATMAP_FINE * sizeof *seen);
    if (!h->host_panels || !seen) {
        free(seen);
        return no_memory(err);
    }
    fm_status status = fmi_ref_see(parts.mesh, &fine, seen, err);
    for (uint32_t k = 0; status == FM_OK && k < h->fields; k++)
        fmi_heatmap_paint_ref(h, parts.mesh, seen, view, (fm_field)k,
                              h->host_panels + 3 * pixels * k);
    free(seen);
    return status;
}
