/* SPDX-License-Identifier: MIT */
#include "video_probe.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct decoder {
    AVFormatContext *file;
    AVCodecContext *codec;
    AVStream *stream;
    AVPacket *packet;
    AVFrame *frame;
    struct SwsContext *sws;
    video_probe *probe;
    uint32_t max;
} decoder;

/* Order of the boxes at the top level of an MP4 file. */
static bool index_first(const char *path) {
    FILE *file = fopen(path, "rb");
    unsigned char head[8];
    bool first = false;
    while (file != NULL && fread(head, 1, 8, file) == 8) {
        uint64_t size = (uint64_t)head[0] << 24 | (uint64_t)head[1] << 16 | (uint64_t)head[2] << 8 |
                        (uint64_t)head[3];
        first = memcmp(head + 4, "moov", 4) == 0;
        if (first || memcmp(head + 4, "mdat", 4) == 0 || size < 8)
            break;
        fseek(file, (long)size - 8, SEEK_CUR);
    }
    if (file != NULL)
        fclose(file);
    return first;
}

static bool open_decoder(decoder *d, const char *path) {
    if (avformat_open_input(&d->file, path, NULL, NULL) < 0 ||
        avformat_find_stream_info(d->file, NULL) < 0)
        return false;
    int at = av_find_best_stream(d->file, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (at < 0)
        return false;
    d->stream = d->file->streams[at];
    const AVCodec *codec = avcodec_find_decoder(d->stream->codecpar->codec_id);
    d->codec = avcodec_alloc_context3(codec);
    d->packet = av_packet_alloc();
    d->frame = av_frame_alloc();
    return avcodec_parameters_to_context(d->codec, d->stream->codecpar) >= 0 &&
           avcodec_open2(d->codec, codec, NULL) >= 0;
}

static void note_facts(const decoder *d) {
    video_probe *probe = d->probe;
    const AVCodecContext *c = d->codec;
    snprintf(probe->codec, sizeof probe->codec, "%s", avcodec_get_name(c->codec_id));
    snprintf(probe->format, sizeof probe->format, "%s", av_get_pix_fmt_name(c->pix_fmt));
    snprintf(probe->tags, sizeof probe->tags, "%s %s %s %s", av_color_range_name(c->color_range),
             av_color_space_name(c->colorspace), av_color_primaries_name(c->color_primaries),
             av_color_transfer_name(c->color_trc));
    probe->width = c->width;
    probe->height = c->height;
    probe->rate_num = d->stream->avg_frame_rate.num;
    probe->rate_den = d->stream->avg_frame_rate.den;
}

static bool keep_frame(decoder *d) {
    video_probe *probe = d->probe;
    size_t bytes = (size_t)d->frame->width * (size_t)d->frame->height * 3;
    if (probe->frames >= d->max)
        return true;
    uint8_t *rgb = realloc(probe->rgb, bytes * (probe->frames + 1));
    if (rgb == NULL)
        return false;
    probe->rgb = rgb;
    d->sws =
        sws_getCachedContext(d->sws, d->frame->width, d->frame->height, d->codec->pix_fmt,
                             d->frame->width, d->frame->height, AV_PIX_FMT_RGB24,
                             SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INT, NULL, NULL, NULL);
    const int *bt709 = sws_getCoefficients(SWS_CS_ITU709);
    sws_setColorspaceDetails(d->sws, bt709, 0, bt709, 1, 0, 1 << 16, 1 << 16);
    uint8_t *to[4] = {probe->rgb + bytes * probe->frames};
    const int stride[4] = {d->frame->width * 3};
    sws_scale(d->sws, (const uint8_t *const *)d->frame->data, d->frame->linesize, 0,
              d->frame->height, to, stride);
    return true;
}

static void check_time(decoder *d) {
    AVRational frame = {d->probe->rate_den, d->probe->rate_num};
    int64_t want = av_rescale_q(d->probe->frames, frame, d->stream->time_base);
    if (d->frame->best_effort_timestamp != want)
        d->probe->even_times = false;
}

static bool take_frames(decoder *d) {
    while (avcodec_receive_frame(d->codec, d->frame) == 0) {
        if (d->probe->frames == 0)
            note_facts(d);
        check_time(d);
        if (!keep_frame(d))
            return false;
        d->probe->frames++;
    }
    return true;
}

static bool decode(decoder *d) {
    bool ok = true;
    while (ok && av_read_frame(d->file, d->packet) == 0) {
        ok = avcodec_send_packet(d->codec, d->packet) == 0 && take_frames(d);
        av_packet_unref(d->packet);
    }
    ok = ok && avcodec_send_packet(d->codec, NULL) == 0 && take_frames(d);
    AVRational frame = {d->probe->rate_den, d->probe->rate_num};
    if (av_rescale_q(d->probe->frames, frame, d->stream->time_base) != d->stream->duration)
        d->probe->even_times = false;
    return ok && d->probe->frames > 0;
}

bool video_probe_read(video_probe *probe, const char *path, uint32_t max) {
    decoder d = {.probe = probe, .max = max};
    memset(probe, 0, sizeof *probe);
    av_log_set_level(AV_LOG_QUIET);
    probe->even_times = true;
    probe->faststart = index_first(path);
    bool ok = open_decoder(&d, path) && decode(&d);
    avformat_close_input(&d.file);
    avcodec_free_context(&d.codec);
    av_packet_free(&d.packet);
    av_frame_free(&d.frame);
    sws_freeContext(d.sws);
    return ok;
}

double video_psnr(const uint8_t *a, const uint8_t *b, uint64_t count) {
    double sum = 0.0;
    for (uint64_t i = 0; i < count; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum == 0.0 ? 99.0 : 10.0 * log10(255.0 * 255.0 * (double)count / sum);
}
