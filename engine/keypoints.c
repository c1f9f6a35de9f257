/* SPDX-License-Identifier: MIT */
#include "keypoints_impl.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_CLIPS 65535
#define MAX_FRAMES (1U << 31)

const char *const fmi_kp_names[FMI_KP_KERNELS] = {
    "fm_keypoints_pose_clips", "fm_keypoints_scale", "fm_keypoints_pairs", "fm_keypoints_spread",
    "fm_keypoints_live_clips", "fm_keypoints_wide",  "fm_keypoints_each",  "fm_keypoints_compat",
    "fm_keypoints_pose",       "fm_keypoints_live",  "fm_keypoints_status"};

uint32_t fmi_kp_in_floats(const fm_keypoints *kp) {
    return kp->head + kp->values;
}

static fm_status check_params(const fm_keypoints_params *how, uint32_t points, fm_error *err) {
    if (how->struct_size != sizeof *how)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_create: struct_size is %zu, not %zu; built against another "
                        "version?",
                        how->struct_size, sizeof *how);
    if ((unsigned)how->model > FM_KEYPOINTS_LIVEPORTRAIT ||
        (unsigned)how->area > FM_KEYPOINTS_HULL || (unsigned)how->region > FM_KEYPOINTS_REGION_EYES)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_create: model %d, area %d or region %d is out of range",
                        (int)how->model, (int)how->area, (int)how->region);
    if (points > FM_KEYPOINTS_MAX || (how->model == FM_KEYPOINTS_LIVEPORTRAIT && points != 21))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_create: %u points; 1 to %d are possible, 21 for LivePortrait",
                        points, FM_KEYPOINTS_MAX);
    if (how->area == FM_KEYPOINTS_HULL && points > FM_KEYPOINTS_MAX_HULL)
        return fmi_fail(
            err, FM_ERROR_INVALID_ARGUMENT,
            "fm_keypoints_create: a hull of %u points; at most %d, use the bounding box", points,
            FM_KEYPOINTS_MAX_HULL);
    if (how->clips > MAX_CLIPS || !isfinite(how->multiplier))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_create: %u clips, multiplier %g; at most %d clips and a "
                        "finite multiplier are possible",
                        how->clips, (double)how->multiplier, MAX_CLIPS);
    return FM_OK;
}

/* What the family and the switches leave to compute. */
static void set_work(fm_keypoints *kp) {
    const fm_keypoints_params *how = &kp->how;
    if (how->model == FM_KEYPOINTS_LIVEPORTRAIT || how->no_relative_movement)
        return;
    kp->work = FMI_KP_VALUES;
    if (kp->has_jacobian && !how->no_relative_jacobian)
        kp->work |= FMI_KP_MATRICES;
}

static fm_status check_source(fm_keypoints *kp, const fm_keypoints_set *source, fm_error *err) {
    const fm_keypoints_params *how = &kp->how;
    const bool live = how->model == FM_KEYPOINTS_LIVEPORTRAIT;
    const bool posed = how->model == FM_KEYPOINTS_SADTALKER && source->motion != NULL;
    const bool compute = !how->no_relative_movement && !how->no_relative_jacobian;
    if (live ? source->motion == NULL : !posed && source->value == NULL)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "keypoints: the source has no %s",
                        live ? "motion" : "value");
    if (how->model == FM_KEYPOINTS_FOMM && source->jacobian == NULL && compute)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "keypoints: the source has no jacobian; give one, or switch the relative "
                        "Jacobian off");
    if (posed && source->canonical == NULL)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "keypoints: motions need the source's canonical points");
    if (live && source->canonical == NULL && (how->expression_friendly || how->multiplier != 1.0F))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "keypoints: expression-friendly and a multiplier change values, which need "
                        "the source's canonical points");
    return FM_OK;
}

/* Shapes that the first source fixes. */
static void set_shape(fm_keypoints *kp, const fm_keypoints_set *source) {
    const fm_keypoints_model model = kp->how.model;
    const uint32_t span = 3 * kp->points;
    kp->d = model == FM_KEYPOINTS_FOMM ? 2 : 3;
    kp->values = kp->d * kp->points;
    kp->has_jacobian = model == FM_KEYPOINTS_FOMM && source->jacobian != NULL;
    kp->has_canonical = model != FM_KEYPOINTS_FOMM && source->canonical != NULL;
    if (model == FM_KEYPOINTS_LIVEPORTRAIT)
        kp->head = FM_KP_LIVE_HEAD;
    else if (model == FM_KEYPOINTS_SADTALKER && source->motion != NULL)
        kp->head = FM_KP_POSE_HEAD;
    fm_kp_record *r = &kp->record;
    if (model != FM_KEYPOINTS_LIVEPORTRAIT) {
        r->initial_value = kp->values;
        r->floats = 2 * kp->values;
    }
    r->source_jacobian = r->floats;
    r->initial_jacobian = r->floats + 4 * kp->points;
    r->floats += kp->has_jacobian ? 8 * kp->points : 0;
    r->canonical = r->floats;
    r->floats += kp->head > 0 && kp->has_canonical ? span : 0;
    r->source_motion = r->floats;
    r->initial_motion = r->floats + kp->head + span;
    r->floats += kp->head > 0 ? 2 * (kp->head + span) : 0;
    kp->table_floats = model == FM_KEYPOINTS_LIVEPORTRAIT ? FM_KP_LIVE_TABLE(kp->points)
                                                          : FM_KP_TABLE(kp->values, kp->points);
    set_work(kp);
}

static fm_status make(fm_keypoints *kp, const fm_keypoints_set *source, fm_error *err) {
    set_shape(kp, source);
    kp->records = calloc((size_t)kp->clips * kp->record.floats, sizeof *kp->records);
    kp->table = calloc((size_t)kp->clips * kp->table_floats, sizeof *kp->table);
    if (!kp->records || !kp->table)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the keypoints of %u clips",
                        kp->clips);
    if (kp->engine->reference)
        return FM_OK;
    fm_status status = fmi_engine_program(kp->engine, "keypoint.cl", "", &kp->program, err);
    for (int i = 0; status == FM_OK && i < FMI_KP_KERNELS; i++)
        status = fmi_kernel_create(&kp->kernel[i], kp->program, fmi_kp_names[i], err);
    return status;
}

static fm_status begin(fm_keypoints *kp, const fm_keypoints_set *source,
                       const fm_keypoints_set *initial, fm_error *err) {
    fm_status status = FM_OK;
    kp->ready = false;
    if (source)
        status = fmi_kp_take(kp, source, 1, false, err);
    if (status == FM_OK && initial)
        status = fmi_kp_take(kp, initial, 1, true, err);
    return status == FM_OK && initial ? fmi_kp_prepare(kp, err) : status;
}

fm_status fm_keypoints_create(fm_keypoints **kp, fm_engine *engine,
                              const fm_keypoints_params *params, const fm_keypoints_set *source,
                              const fm_keypoints_set *initial, fm_error *err) {
    static const uint32_t usual[] = {10, 15, 21};
    if (!kp)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_keypoints_create: kp is NULL");
    *kp = NULL;
    if (!engine || !params || !source)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_create: engine, params or source is NULL");
    const bool known = (unsigned)params->model <= FM_KEYPOINTS_LIVEPORTRAIT;
    const uint32_t points = params->points || !known ? params->points : usual[params->model];
    fm_status status = check_params(params, points, err);
    if (status != FM_OK)
        return status;
    fm_keypoints *k = calloc(1, sizeof *k);
    if (!k)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for keypoints");
    k->engine = engine;
    k->how = *params;
    k->points = k->how.points = points;
    k->clips = k->how.clips = params->clips ? params->clips : 1;
    if (params->multiplier == 0.0F)
        k->how.multiplier = 1.0F;
    if (params->host_below == 0)
        k->how.host_below = FM_KEYPOINTS_HOST_BELOW;
    status = check_source(k, source, err);
    if (status == FM_OK)
        status = make(k, source, err);
    if (status == FM_OK)
        status = begin(k, source, initial, err);
    if (status != FM_OK)
        fm_keypoints_destroy(&k);
    *kp = k;
    return status;
}

void fm_keypoints_destroy(fm_keypoints **kp) {
    if (!kp || !*kp)
        return;
    fm_keypoints *k = *kp;
    for (int i = 0; i < FMI_KP_KERNELS; i++)
        if (k->kernel[i])
            clReleaseKernel(k->kernel[i]);
    if (k->program)
        clReleaseProgram(k->program);
    fmi_buffer_destroy(&k->records_buffer);
    fmi_buffer_destroy(&k->table_buffer);
    fmi_buffer_destroy(&k->wide_buffer);
    fmi_kp_stage_free(&k->stage);
    free(k->records);
    free(k->table);
    free(k);
    *kp = NULL;
}

fm_status fm_keypoints_restart(fm_keypoints *kp, const fm_keypoints_set *source,
                               const fm_keypoints_set *initial, fm_error *err) {
    if (!kp)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_keypoints_restart: kp is NULL");
    return begin(kp, source, initial, err);
}

static bool missing(const fm_keypoints *kp, const fm_keypoints_set *in,
                    const fm_keypoints_out *out) {
    return (kp->head > 0 ? in->motion == NULL : in->value == NULL) ||
           (kp->has_jacobian && out->jacobian && in->jacobian == NULL);
}

static fm_status check_push(const fm_keypoints *kp, const fm_keypoints_set *in,
                            const fm_keypoints_out *out, uint32_t n, fm_error *err) {
    if (!kp || !in || !out)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_keypoints_push: a NULL");
    if (n > MAX_FRAMES)
        return fmi_fail(err, FM_ERROR_LIMIT, "fm_keypoints_push: %u frames; at most %u at once", n,
                        MAX_FRAMES);
    if (n > 0 && missing(kp, in, out))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "fm_keypoints_push: the frames have no %s",
                        kp->head > 0        ? "motion"
                        : in->value == NULL ? "value"
                                            : "jacobian");
    if (out->value && kp->how.model == FM_KEYPOINTS_LIVEPORTRAIT && !kp->has_canonical)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_push: values need the source's canonical points");
    return FM_OK;
}

fm_status fm_keypoints_push(fm_keypoints *kp, const fm_keypoints_set *in,
                            const fm_keypoints_out *out, uint32_t n, fm_error *err) {
    fm_status status = check_push(kp, in, out, n, err);
    if (status != FM_OK || n == 0)
        return status;
    if (!kp->ready) {
        status = fmi_kp_take(kp, in, n, true, err);
        if (status == FM_OK)
            status = fmi_kp_prepare(kp, err);
        if (status != FM_OK)
            return status;
    }
    const uint64_t frames = (uint64_t)n * kp->clips;
    if (kp->engine->reference) {
        fmi_kp_push_ref(kp, in, out, n);
    } else if (frames < kp->how.host_below) {
        fmi_kp_push_host(kp, in, out, n);
    } else {
        status = fmi_kp_push_pieces(kp, in, out, n, err);
    }
    kp->stats.frames += status == FM_OK ? frames : 0;
    return status;
}

fm_status fm_keypoints_clip_facts(fm_keypoints *kp, uint32_t clip, fm_keypoints_clip *facts,
                                  fm_error *err) {
    if (!kp || !facts || clip >= kp->clips || !kp->ready)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "fm_keypoints_clip_facts: clip %u of %u, %s", clip, kp ? kp->clips : 0,
                        kp && kp->ready ? "or a NULL" : "no initial frame yet");
    const float *table = kp->table + (size_t)clip * kp->table_floats;
    const bool planar = kp->how.model != FM_KEYPOINTS_LIVEPORTRAIT;
    *facts = (fm_keypoints_clip){.scale = table[FM_KP_SCALE],
                                 .scale_bbox = planar ? table[FM_KP_SCALE_BBOX] : NAN,
                                 .scale_hull = planar ? table[FM_KP_SCALE_HULL] : NAN};
    return FM_OK;
}

fm_status fm_keypoints_get_stats(const fm_keypoints *kp, fm_keypoints_stats *stats) {
    if (!kp || !stats)
        return FM_ERROR_INVALID_ARGUMENT;
    *stats = kp->stats;
    return FM_OK;
}
