/* SPDX-License-Identifier: MIT */
#include "point.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *fmi_precision_name(fmi_precision precision) {
    return precision == FMI_FP16 ? "fp16" : "fp32";
}

const char *fmi_layout_name(fmi_layout layout) {
    return layout == FMI_LAYOUT_INTERLEAVED ? "interleaved" : "row-major";
}

const char *fmi_caches_name(fmi_caches caches) {
    return caches == FMI_CACHES_COLD ? "cold" : "hot";
}

const char *fmi_filter_name(fmi_filter filter) {
    return filter == FMI_FILTER_TRILINEAR ? "trilinear" : "nearest-mip";
}

const char *fmi_point_texture(const fmi_case_params *params) {
    return params->untextured || !params->input || !params->input->image[0].pixels ? "off" : "on";
}

uint32_t fmi_point_vertices(const fmi_case_params *params) {
    return params->input ? params->input->vertices : 0;
}

/* A text that grows; what does not fit is cut. */
typedef struct text {
    char *out;
    size_t room;
} text;

static void add(text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(text *t, const char *format, ...) {
    const size_t used = strlen(t->out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(t->out + used, t->room - used, format, args);
    va_end(args);
}

static void add_shape(text *t, const fmi_case *op, const fmi_case_params *p) {
    const uint32_t uses = op->uses;
    const char *gap = t->out[0] ? " " : "";
    if (uses & FMI_USES_SIZE)
        add(t, "%s%ux%u", gap, p->width, p->height);
    else if (uses & (FMI_USES_POINTS | FMI_USES_MESH))
        add(t, "%s%u pts", gap, fmi_point_vertices(p));
    if (uses & FMI_USES_MATRICES)
        add(t, "%sn %u", gap, p->n);
    if (uses & FMI_USES_MATRICES && p->pinv_share > 0.0)
        add(t, " %.3g %% singular", 100.0 * p->pinv_share);
    if (uses & FMI_USES_MATRICES && p->layout != FMI_LAYOUT_ROW_MAJOR)
        add(t, " %s", fmi_layout_name(p->layout));
    if (uses & FMI_USES_TARGETS)
        add(t, " %u targets", p->targets);
    if (uses & FMI_USES_SAMPLES && p->samples > 1)
        add(t, " %u samples", p->samples);
    if (uses & FMI_USES_SAMPLES && p->filter != FMI_FILTER_NEAREST_MIP)
        add(t, " %s", fmi_filter_name(p->filter));
    if (uses & FMI_USES_SAMPLES && p->untextured)
        add(t, " grey");
    if (p->precision != FMI_FP32)
        add(t, " %s", fmi_precision_name(p->precision));
    if (p->threads)
        add(t, " %u threads", p->threads);
    if (p->mem_limit_bytes)
        add(t, " limit %llu MiB", (unsigned long long)(p->mem_limit_bytes >> 20));
    if (p->keep_free_bytes)
        add(t, " %llu MiB kept free", (unsigned long long)(p->keep_free_bytes >> 20));
    if (p->compute_units)
        add(t, "%s%u units", t->out[0] ? " " : "", p->compute_units);
    if (p->beside)
        add(t, " %u at once", p->beside);
    if (p->caches == FMI_CACHES_COLD)
        add(t, "%scold caches", t->out[0] ? " " : "");
}

void fmi_point_shape(const fmi_case *op, const fmi_case_params *params, char *out,
                     size_t out_bytes) {
    text t = {.out = out, .room = out_bytes};
    out[0] = '\0';
    add_shape(&t, op, params);
    if (out[0] == '\0')
        add(&t, "-");
}

void fmi_point_text(const fmi_case *op, const fmi_case_params *params, char out[FMI_POINT_TEXT]) {
    text t = {.out = out, .room = FMI_POINT_TEXT};
    out[0] = '\0';
    add(&t, "%s batch %u %s", op->name, params->batch, fm_level_name(params->level));
    add_shape(&t, op, params);
}

void fmi_point_key(const fmi_case *op, const fmi_case_params *params, char out[FMI_POINT_TEXT]) {
    text t = {.out = out, .room = FMI_POINT_TEXT};
    out[0] = '\0';
    add(&t, "%s batch=%u level=%s size=%ux%u vertices=%u n=%u pinv=%.9g layout=%s targets=%u",
        op->name, params->batch, fm_level_name(params->level), params->width, params->height,
        fmi_point_vertices(params), params->n, params->pinv_share, fmi_layout_name(params->layout),
        params->targets);
    add(&t, " precision=%s samples=%u filter=%s grey=%d threads=%u mem=%llu device=%s",
        fmi_precision_name(params->precision), params->samples, fmi_filter_name(params->filter),
        (int)params->untextured, params->threads, (unsigned long long)params->mem_limit_bytes,
        params->device ? params->device : "auto");
    if (params->caches == FMI_CACHES_COLD) /* hot ones keep the keys they always had */
        add(&t, " caches=cold");
    if (params->keep_free_bytes)
        add(&t, " keep=%llu", (unsigned long long)params->keep_free_bytes);
    if (params->compute_units)
        add(&t, " units=%u", params->compute_units);
    if (params->part)
        add(&t, " part=%u", params->part);
    if (params->beside)
        add(&t, " beside=%u", params->beside);
}

bool fmi_point_same_but_level(const fmi_case_params *a, const fmi_case_params *b) {
    return a->input == b->input && a->batch == b->batch && a->width == b->width &&
           a->height == b->height && a->n == b->n && !(a->pinv_share < b->pinv_share) &&
           !(a->pinv_share > b->pinv_share) && a->layout == b->layout && a->targets == b->targets &&
           a->precision == b->precision && a->samples == b->samples && a->filter == b->filter &&
           a->untextured == b->untextured && a->threads == b->threads &&
           a->mem_limit_bytes == b->mem_limit_bytes && a->caches == b->caches &&
           a->keep_free_bytes == b->keep_free_bytes && a->compute_units == b->compute_units &&
           a->beside == b->beside;
}
