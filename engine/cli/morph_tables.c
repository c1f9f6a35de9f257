/* SPDX-License-Identifier: MIT */
/* The three tables of a full run: statistics, displacements, colour differences. */
#include "run_heatmap.h"
#include "step.h"

#include "error.h"
#include "io/csv.h"

#include <stdlib.h>

#define STATISTICS_FILE "statistics.csv"
#define VERTEX_FILE "vertex_displacements.csv"
#define TEXTURE_FILE "texture_differences.csv"
#define TEXEL_STEP 4U /* every 4th texel of every 4th row */

static bool wanted(const fmi_morph_options *options) {
    return options->full;
}

static fm_status list(fmi_run *run, fm_error *err) {
    fm_status status = fmi_run_output(run, STATISTICS_FILE, err);
    if (status == FM_OK)
        status = fmi_run_output(run, VERTEX_FILE, err);
    return status == FM_OK && run->info.textured ? fmi_run_output(run, TEXTURE_FILE, err) : status;
}

static fmi_csv_out start_table(const char *const *header, size_t columns) {
    fmi_csv_out out = {.crlf = true};
    for (size_t i = 0; i < columns; i++)
        fmi_csv_put_text(&out, header[i]);
    fmi_csv_end_row(&out);
    return out;
}

static fm_status write_table(const fmi_run *run, const char *name, fmi_csv_out *out,
                             fm_error *err) {
    char path[FMI_RUN_FILE];
    fmi_run_path(run, name, path);
    fm_status status = fmi_csv_write_part(out, path, err);
    fmi_csv_out_free(out);
    return status;
}

static fm_status write_statistics(fmi_run *run, fm_error *err) {
    static const char *const header[] = {"metric", "component", "mean", "std", "min", "max",
                                         "p25",    "p50",       "p75",  "p95", "p99"};
    fmi_csv_out out = start_table(header, 11);
    for (uint32_t i = 0; i < run->statistics; i++) {
        const fmi_statistic *s = &run->statistic[i];
        const double values[] = {s->mean, s->std, s->min, s->max, s->p25,
                                 s->p50,  s->p75, s->p95, s->p99};
        fmi_csv_put_text(&out, i < FM_SHAPE_FIELDS ? "shape" : "texture");
        fmi_csv_put_text(&out, s->name);
        for (size_t k = 0; k < 9; k++)
            fmi_csv_put_float(&out, (float)values[k]);
        fmi_csv_end_row(&out);
    }
    return write_table(run, STATISTICS_FILE, &out, err);
}

/* Three fields side by side; they have count values each. */
static fm_status get_fields(fmi_run *run, fm_field first, const float *fields[3], uint64_t *count,
                            fm_error *err) {
    fm_status status = FM_OK;
    for (uint32_t k = 0; k < 3 && status == FM_OK; k++)
        status = fm_heatmap_values(run->heatmap, (fm_field)(first + k), &fields[k], count, err);
    return status;
}

static void put_vertices(fmi_csv_out *out, const float *a, const float *b,
                         const float *const fields[3], uint64_t count) {
    for (uint64_t i = 0; i < count; i++) {
        fmi_csv_put_uint(out, i);
        for (uint64_t k = 0; k < 3; k++)
            fmi_csv_put_float(out, a[3 * i + k]);
        for (uint64_t k = 0; k < 3; k++)
            fmi_csv_put_float(out, b[3 * i + k]);
        for (uint64_t k = 0; k < 3; k++)
            fmi_csv_put_float(out, fields[k][i]);
        fmi_csv_end_row(out);
    }
}

static fm_status write_vertices(fmi_run *run, fm_error *err) {
    static const char *const header[] = {"vertex_id",    "x_a",       "y_a", "z_a",
                                         "x_b",          "y_b",       "z_b", "normal_disp",
                                         "tangent_disp", "total_disp"};
    const float *fields[3];
    uint64_t count = 0;
    fm_status status = get_fields(run, FM_FIELD_NORMAL, fields, &count, err);
    if (status != FM_OK)
        return status;
    float *a = malloc(6 * count * sizeof *a), *b = a != NULL ? a + 3 * count : NULL;
    if (a == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for the table", VERTEX_FILE);
    status = fm_heatmap_positions(run->heatmap, a, b, (uint32_t)count, err);
    if (status == FM_OK) {
        fmi_csv_out out = start_table(header, 10);
        put_vertices(&out, a, b, fields, count);
        status = write_table(run, VERTEX_FILE, &out, err);
    }
    free(a);
    return status;
}

static void put_texel(fmi_csv_out *out, uint32_t x, uint32_t y, const float *const fields[3],
                      size_t at) {
    if (fields[0][at] == 0.0F && fields[1][at] == 0.0F && fields[2][at] == 0.0F)
        return;
    fmi_csv_put_uint(out, x);
    fmi_csv_put_uint(out, y);
    for (uint32_t k = 0; k < 3; k++)
        fmi_csv_put_float(out, fields[k][at]);
    fmi_csv_end_row(out);
}

static fm_status write_texels(fmi_run *run, fm_error *err) {
    static const char *const header[] = {"pixel_x", "pixel_y", "luminance_diff", "chroma_diff",
                                         "delta_e"};
    const float *fields[3];
    uint64_t count = 0;
    fm_status status = get_fields(run, FM_FIELD_LUMINANCE, fields, &count, err);
    if (status != FM_OK)
        return status;
    fmi_csv_out out = start_table(header, 5);
    for (uint32_t y = 0; y < run->info.texture_height; y += TEXEL_STEP)
        for (uint32_t x = 0; x < run->info.texture_width; x += TEXEL_STEP)
            put_texel(&out, x, y, fields, (size_t)y * run->info.texture_width + x);
    return write_table(run, TEXTURE_FILE, &out, err);
}

static fm_status finish(fmi_run *run, void *state, fm_error *err) {
    (void)state;
    fm_status status = fmi_run_heatmap(run, err);
    if (status == FM_OK)
        status = fmi_run_statistics(run, err);
    if (status == FM_OK)
        status = write_statistics(run, err);
    if (status == FM_OK)
        status = write_vertices(run, err);
    if (status == FM_OK && run->info.textured)
        status = write_texels(run, err);
    return status;
}

const fmi_step fmi_step_tables = {
    .name = "tables",
    .stage = FMI_STAGE_TABLES,
    .wanted = wanted,
    .list = list,
    .finish = finish,
};
