/* SPDX-License-Identifier: MIT */
/* Frames to an MP4 file, one after another on the caller's thread. */
#include "video_write.h"

#include "video_codec.h"

#include "error.h"

#include <libavformat/avformat.h>
#include <libavutil/avstring.h>
#include <libswscale/swscale.h>

#include <stdlib.h>
#include <string.h>

struct fmi_video_writer {
    char *path;
    char *url; /* "file:" and the path: a name with a colon would be taken for a protocol */
    AVCodecContext *codec;
    AVFormatContext *file;
    AVStream *stream; /* of file */
    AVPacket *packet;
    AVFrame *frame; /* what the encoder takes: yuv420p, even edges */
    struct SwsContext *convert;
    uint8_t *padded; /* RGB with even edges; NULL when the frames have them */
    uint32_t width, height;
    int64_t count;
};

static fm_status fail_write(const fmi_video_writer *writer, const char *what, int code,
                            fm_error *err) {
    char reason[128];
    return fmi_fail(err, code == AVERROR(ENOMEM) ? FM_ERROR_HOST_MEMORY : FM_ERROR_IO,
                    "%s: %s failed: %s", writer->path, what, fmi_video_reason(reason, code));
}

/* ---- open ---- */

static fm_status open_file(fmi_video_writer *writer, fm_error *err) {
    int code = avformat_alloc_output_context2(&writer->file, NULL, "mp4", writer->url);
    if (code < 0)
        return fail_write(writer, "preparing the MP4 file", code, err);
    writer->file->flags |= AVFMT_FLAG_BITEXACT;
    writer->stream = avformat_new_stream(writer->file, NULL);
    if (writer->stream == NULL)
        return fail_write(writer, "preparing the MP4 file", AVERROR(ENOMEM), err);
    writer->stream->time_base = writer->codec->time_base;
    writer->stream->avg_frame_rate = writer->codec->framerate;
    code = avcodec_parameters_from_context(writer->stream->codecpar, writer->codec);
    if (code < 0)
        return fail_write(writer, "preparing the MP4 file", code, err);
    code = avio_open(&writer->file->pb, writer->url, AVIO_FLAG_WRITE);
    if (code < 0)
        return fail_write(writer, "making the file", code, err);
    AVDictionary *options = NULL;
    av_dict_set(&options, "movflags", "+faststart", 0);
    code = avformat_write_header(writer->file, &options);
    av_dict_free(&options);
    return code < 0 ? fail_write(writer, "writing the header", code, err) : FM_OK;
}

static fm_status open_convert(fmi_video_writer *writer, fm_error *err) {
    int width = writer->codec->width;
    int height = writer->codec->height;
    writer->convert =
        sws_getContext(width, height, AV_PIX_FMT_RGB24, width, height, AV_PIX_FMT_YUV420P,
                       SWS_AREA | SWS_ACCURATE_RND, NULL, NULL, NULL);
    if (writer->convert == NULL)
        return fail_write(writer, "preparing the colour conversion", AVERROR(ENOMEM), err);
    const int *bt709 = sws_getCoefficients(SWS_CS_ITU709);
    if (sws_setColorspaceDetails(writer->convert, bt709, 1, bt709, 0, 0, 1 << 16, 1 << 16) < 0)
        return fail_write(writer, "preparing the colour conversion", AVERROR(EINVAL), err);
    if ((writer->width | writer->height) & 1U) {
        writer->padded = malloc((size_t)width * (size_t)height * 3 + FMI_IMAGE_SLACK);
        if (writer->padded == NULL)
            return fail_write(writer, "padding the frames", AVERROR(ENOMEM), err);
    }
    return FM_OK;
}

static fm_status open_frame(fmi_video_writer *writer, fm_error *err) {
    writer->frame = av_frame_alloc();
    writer->packet = av_packet_alloc();
    if (writer->frame == NULL || writer->packet == NULL)
        return fail_write(writer, "preparing the encoder", AVERROR(ENOMEM), err);
    writer->frame->format = writer->codec->pix_fmt;
    writer->frame->width = writer->codec->width;
    writer->frame->height = writer->codec->height;
    writer->frame->color_range = writer->codec->color_range;
    writer->frame->colorspace = writer->codec->colorspace;
    writer->frame->color_primaries = writer->codec->color_primaries;
    writer->frame->color_trc = writer->codec->color_trc;
    int code = av_frame_get_buffer(writer->frame, 0);
    return code < 0 ? fail_write(writer, "preparing the encoder", code, err) : FM_OK;
}

fm_status fmi_video_write_open(fmi_video_writer **out, const fmi_video_params *params,
                               fm_error *err) {
    *out = NULL;
    fmi_video_writer *writer = calloc(1, sizeof *writer);
    if (writer == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", params->path);
    av_log_set_level(AV_LOG_QUIET);
    writer->width = params->width;
    writer->height = params->height;
    writer->path = strdup(params->path);
    writer->url = av_asprintf("file:%s", params->path);
    fm_status status = FM_OK;
    if (writer->path == NULL || writer->url == NULL)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", params->path);
    if (status == FM_OK)
        status = fmi_video_codec_open(&writer->codec, params, err);
    if (status == FM_OK)
        status = open_convert(writer, err);
    if (status == FM_OK)
        status = open_frame(writer, err);
    if (status == FM_OK)
        status = open_file(writer, err);
    if (status == FM_OK)
        *out = writer;
    else
        fmi_video_write_close(&writer);
    return status;
}

const char *fmi_video_write_codec(const fmi_video_writer *writer) {
    return writer->codec->codec->name;
}

/* ---- frames ---- */

/* Moves what the encoder has finished into the file. */
static fm_status drain(fmi_video_writer *writer, fm_error *err) {
    for (;;) {
        int code = avcodec_receive_packet(writer->codec, writer->packet);
        if (code == AVERROR(EAGAIN) || code == AVERROR_EOF)
            return FM_OK;
        if (code < 0)
            return fail_write(writer, "encoding a frame", code, err);
        writer->packet->duration = 1; /* else the player guesses how long the last one lasts */
        writer->packet->stream_index = writer->stream->index;
        av_packet_rescale_ts(writer->packet, writer->codec->time_base, writer->stream->time_base);
        code = av_interleaved_write_frame(writer->file, writer->packet);
        if (code < 0)
            return fail_write(writer, "writing a frame", code, err);
    }
}

/* Repeats the last column and row up to even edges. */
static void pad(fmi_video_writer *writer, const fm_image *image) {
    size_t even = (size_t)writer->codec->width * 3;
    size_t row = (size_t)image->width * 3;
    for (uint32_t y = 0; y < (uint32_t)writer->codec->height; y++) {
        uint32_t from = y < image->height ? y : image->height - 1;
        uint8_t *to = writer->padded + y * even;
        memcpy(to, image->pixels + (size_t)from * image->row_bytes, row);
        if (even > row)
            memcpy(to + row, to + row - 3, 3);
    }
}

fm_status fmi_video_write_frame(fmi_video_writer *writer, const fm_image *image, fm_error *err) {
    int code = av_frame_make_writable(writer->frame);
    if (code < 0)
        return fail_write(writer, "encoding a frame", code, err);
    const uint8_t *from[4] = {image->pixels};
    int stride[4] = {(int)image->row_bytes};
    if (writer->padded != NULL) {
        pad(writer, image);
        from[0] = writer->padded;
        stride[0] = writer->codec->width * 3;
    }
    sws_scale(writer->convert, from, stride, 0, writer->codec->height, writer->frame->data,
              writer->frame->linesize);
    writer->frame->pts = writer->count++;
    code = avcodec_send_frame(writer->codec, writer->frame);
    if (code < 0)
        return fail_write(writer, "encoding a frame", code, err);
    return drain(writer, err);
}

/* A full disk may show in the last packets, in the index, or when the file is closed. */
fm_status fmi_video_write_end(fmi_video_writer *writer, fm_error *err) {
    if (writer->count == 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: a video of no frames; push some",
                        writer->path);
    int code = avcodec_send_frame(writer->codec, NULL);
    if (code < 0)
        return fail_write(writer, "ending the video", code, err);
    fm_status status = drain(writer, err);
    if (status != FM_OK)
        return status;
    code = av_write_trailer(writer->file);
    int closed = avio_closep(&writer->file->pb);
    if (code < 0 || closed < 0)
        return fail_write(writer, "ending the video", code < 0 ? code : closed, err);
    return FM_OK;
}

void fmi_video_write_close(fmi_video_writer **out) {
    fmi_video_writer *writer = *out;
    if (writer == NULL)
        return;
    if (writer->file != NULL)
        avio_closep(&writer->file->pb);
    avformat_free_context(writer->file);
    avcodec_free_context(&writer->codec);
    av_packet_free(&writer->packet);
    av_frame_free(&writer->frame);
    sws_freeContext(writer->convert);
    free(writer->padded);
    free(writer->path);
    av_free(writer->url);
    free(writer);
    *out = NULL;
}
