/* SPDX-License-Identifier: MIT */
#include "video_codec.h"

#include "error.h"

#include <libavutil/opt.h>

#include <string.h>

/* Encoders are found by name: an id may choose a hardware wrapper that fails without its hardware.
 * Of x264's presets veryfast gives smaller files than the slower "medium" does on these pictures,
 * in half the time. cpu-independent: SSE and AVX forms of x264 round differently otherwise. */
static const struct {
    const char *name;
    uint32_t crf, crf_max;
    const char *options[4][2];
} codecs[] = {
    {"libx264", 23, 51, {{"preset", "veryfast"}, {"x264-params", "cpu-independent=1"}}},
    {"libsvtav1", 35, 63, {{"preset", "10"}}},
    {"libvpx-vp9", 31, 63, {{"deadline", "good"}, {"cpu-used", "5"}, {"row-mt", "1"}}},
    {"mpeg4", 3, 30, {{NULL, NULL}}},
};
#define CODECS (sizeof codecs / sizeof codecs[0])

char *fmi_video_reason(char out[128], int code) {
    if (av_strerror(code, out, 128) < 0)
        snprintf(out, 128, "code %d", code);
    return out;
}

static void set_picture(AVCodecContext *context, const fmi_video_params *params) {
    context->width = (int)((params->width + 1) & ~1U);
    context->height = (int)((params->height + 1) & ~1U);
    context->pix_fmt = AV_PIX_FMT_YUV420P;
    context->time_base = (AVRational){1, (int)params->fps};
    context->framerate = (AVRational){(int)params->fps, 1};
    context->sample_aspect_ratio = (AVRational){1, 1};
    context->color_range = AVCOL_RANGE_MPEG;
    context->colorspace = AVCOL_SPC_BT709;
    context->color_primaries = AVCOL_PRI_BT709;
    context->color_trc = AVCOL_TRC_BT709;
    context->thread_count = (int)params->threads;
    context->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
}

static void set_quality(AVCodecContext *context, size_t i, uint32_t crf, AVDictionary **options) {
    char text[16];
    if (strcmp(codecs[i].name, "mpeg4") == 0) {
        context->flags |= AV_CODEC_FLAG_QSCALE;
        context->global_quality = FF_QP2LAMBDA * ((int)crf + 1);
        return;
    }
    snprintf(text, sizeof text, "%u", crf);
    av_dict_set(options, "crf", text, 0);
    for (size_t k = 0; k < 4 && codecs[i].options[k][0] != NULL; k++)
        av_dict_set(options, codecs[i].options[k][0], codecs[i].options[k][1], 0);
}

static fm_status open_one(AVCodecContext **context, size_t i, const fmi_video_params *params,
                          fm_error *err) {
    char reason[128];
    const char *name = codecs[i].name;
    const AVCodec *codec = avcodec_find_encoder_by_name(name);
    if (codec == NULL)
        return fmi_fail(err, FM_ERROR_IO, "%s: the FFmpeg libraries here have no such encoder",
                        name);
    *context = avcodec_alloc_context3(codec);
    if (*context == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for an encoder", name);
    AVDictionary *options = NULL;
    set_picture(*context, params);
    set_quality(*context, i, params->crf_set ? params->crf : codecs[i].crf, &options);
    int code = avcodec_open2(*context, codec, &options);
    const AVDictionaryEntry *left = av_dict_get(options, "", NULL, AV_DICT_IGNORE_SUFFIX);
    fm_status status = FM_OK;
    if (code < 0)
        status = fmi_fail(err, FM_ERROR_IO, "%s: the encoder does not open: %s", name,
                          fmi_video_reason(reason, code));
    else if (left != NULL)
        status = fmi_fail(err, FM_ERROR_IO, "%s: the encoder does not know its option %s", name,
                          left->key);
    av_dict_free(&options);
    if (status != FM_OK)
        avcodec_free_context(context);
    return status;
}

static fm_status check_crf(size_t i, const fmi_video_params *params, fm_error *err) {
    if (params->crf_set && params->crf > codecs[i].crf_max)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--crf: %u does not fit %s; allowed: whole numbers from 0 to %u",
                        params->crf, codecs[i].name, codecs[i].crf_max);
    return FM_OK;
}

fm_status fmi_video_codec_open(AVCodecContext **context, const fmi_video_params *params,
                               fm_error *err) {
    fm_status status = FM_ERROR_IO;
    *context = NULL;
    for (size_t i = 0; i < CODECS && *context == NULL; i++) {
        if (params->codec != NULL && strcmp(params->codec, codecs[i].name) != 0)
            continue;
        fm_error one = {0};
        status = check_crf(i, params, &one);
        if (status == FM_OK)
            status = open_one(context, i, params, &one);
        if (status != FM_OK && err != NULL && (params->codec != NULL || i == 0))
            *err = one;
        if (status == FM_ERROR_INVALID_ARGUMENT)
            return status;
    }
    return status;
}
