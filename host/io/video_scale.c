/* SPDX-License-Identifier: MIT */
#include "video_scale.h"

#include "video_codec.h"
#include "video_write.h"

#include "error.h"

#include <libavutil/pixdesc.h>

/* The largest middle part with the aspect of the target. Sub-sampled chroma wants even offsets. */
static void crop_middle(AVFrame *frame, uint32_t width, uint32_t height) {
    uint64_t w = (uint64_t)frame->width;
    uint64_t h = (uint64_t)frame->height;
    uint64_t keep_w = w * height > h * width ? (h * width + height / 2) / height : w;
    uint64_t keep_h = w * height > h * width ? h : (w * height + width / 2) / width;
    keep_w = keep_w > 0 ? keep_w : 1;
    keep_h = keep_h > 0 ? keep_h : 1;
    frame->crop_left = (size_t)((w - keep_w) / 2) & ~(size_t)1;
    frame->crop_top = (size_t)((h - keep_h) / 2) & ~(size_t)1;
    frame->crop_right = (size_t)(w - keep_w) - frame->crop_left;
    frame->crop_bottom = (size_t)(h - keep_h) - frame->crop_top;
}

/* What a picture does not say about its colours is guessed as players do: small ones are BT.601. */
static int matrix_of(const AVFrame *frame) {
    switch (frame->colorspace) {
    case AVCOL_SPC_BT709:
        return SWS_CS_ITU709;
    case AVCOL_SPC_BT470BG:
    case AVCOL_SPC_SMPTE170M:
        return SWS_CS_ITU601;
    case AVCOL_SPC_SMPTE240M:
        return SWS_CS_SMPTE240M;
    case AVCOL_SPC_BT2020_NCL:
    case AVCOL_SPC_BT2020_CL:
        return SWS_CS_BT2020;
    default:
        return frame->height >= 720 ? SWS_CS_ITU709 : SWS_CS_ITU601;
    }
}

/* The old full-range formats have the range in their name; scaling wants plain ones. */
static enum AVPixelFormat plain_format(const AVFrame *frame, bool *full) {
    *full = frame->color_range == AVCOL_RANGE_JPEG;
    switch (frame->format) {
    case AV_PIX_FMT_YUVJ420P:
        *full = true;
        return AV_PIX_FMT_YUV420P;
    case AV_PIX_FMT_YUVJ422P:
        *full = true;
        return AV_PIX_FMT_YUV422P;
    case AV_PIX_FMT_YUVJ444P:
        *full = true;
        return AV_PIX_FMT_YUV444P;
    default:
        return (enum AVPixelFormat)frame->format;
    }
}

fm_status fmi_video_scale_cover(fmi_video_scale *scale, AVFrame *frame, uint8_t *rgb,
                                const char *label, fm_error *err) {
    bool full = false;
    enum AVPixelFormat format = plain_format(frame, &full);
    const int *from = sws_getCoefficients(matrix_of(frame));
    crop_middle(frame, scale->width, scale->height);
    int code = av_frame_apply_cropping(frame, AV_FRAME_CROP_UNALIGNED);
    if (code < 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: a frame cannot be cropped; convert the file",
                        label);
    scale->context = sws_getCachedContext(
        scale->context, frame->width, frame->height, format, (int)scale->width, (int)scale->height,
        AV_PIX_FMT_RGB24, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT | SWS_FULL_CHR_H_INP,
        NULL, NULL, NULL);
    if (scale->context == NULL)
        return fmi_fail(err, FM_ERROR_BAD_INPUT,
                        "%s: frames of %d x %d in a pixel format that cannot be scaled; convert "
                        "the file to H.264",
                        label, frame->width, frame->height);
    /* The matrix is for YUV; on RGB pictures it would change the colours. */
    const AVPixFmtDescriptor *kind = av_pix_fmt_desc_get(format);
    if (kind != NULL && (kind->flags & AV_PIX_FMT_FLAG_RGB) == 0)
        (void)sws_setColorspaceDetails(scale->context, from, full, from, 1, 0, 1 << 16, 1 << 16);
    uint8_t *to[4] = {rgb};
    const int stride[4] = {(int)scale->width * 3};
    sws_scale(scale->context, (const uint8_t *const *)frame->data, frame->linesize, 0,
              frame->height, to, stride);
    return FM_OK;
}

fm_status fmi_video_cover(const fm_image *image, uint8_t *rgb, uint32_t width, uint32_t height,
                          fm_error *err) {
    fmi_video_scale scale = {.width = width, .height = height};
    AVFrame *frame = av_frame_alloc();
    if (frame == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory to scale a picture");
    frame->width = (int)image->width;
    frame->height = (int)image->height;
    frame->format = image->channels == 4 ? AV_PIX_FMT_RGB0 : AV_PIX_FMT_RGB24;
    frame->data[0] = (uint8_t *)image->pixels;
    frame->linesize[0] = (int)image->row_bytes;
    fm_status status = fmi_video_scale_cover(&scale, frame, rgb, "background", err);
    sws_freeContext(scale.context);
    av_frame_free(&frame);
    return status;
}
