/* SPDX-License-Identifier: MIT */
/* Frames of a video file, one after another. Files are not trusted: only local regular files, only
 * well-known containers and codecs (probing alone takes a C source for a bitmap), sizes bounded
 * before anything is allocated. */
#include "video_scale.h"
#include "video_write.h"

#include "video_codec.h"

#include "error.h"

#include <libavformat/avformat.h>
#include <libavutil/avstring.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define CONTAINERS "mov,matroska,avi,gif"
#define CODECS \
    "h264,hevc,vp8,vp9,av1,libdav1d,libaom-av1,libvpx,libvpx-vp9,mpeg4,mjpeg,png,gif,ffv1"
#define MAX_PIXELS (FMI_IMAGE_MAX_BYTES / 4)
#define BAD_FRAMES_MAX 100 /* in a row; then the file is called damaged */

struct fmi_video_reader {
    char *path;
    AVFormatContext *file;
    AVCodecContext *codec;
    AVPacket *packet;
    AVFrame *frame;
    fmi_video_scale scale;
    int stream;
    bool drained; /* the end of the file was told to the decoder */
    uint64_t frames;
};

static fm_status fail_read(const fmi_video_reader *reader, const char *what, int code,
                           fm_error *err) {
    char reason[128];
    return fmi_fail(err, code == AVERROR(ENOMEM) ? FM_ERROR_HOST_MEMORY : FM_ERROR_BAD_INPUT,
                    "%s: %s: %s; give a PNG, JPEG, MP4, MOV, MKV, WebM, AVI or GIF file",
                    reader->path, what, fmi_video_reason(reason, code));
}

static fm_status check_file(const char *path, fm_error *err) {
    struct stat info;
    if (stat(path, &info) != 0)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: cannot be opened: %s", path, strerror(errno));
    if (!S_ISREG(info.st_mode))
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: is not a regular file; copy it to one", path);
    return FM_OK;
}

static fm_status open_file(fmi_video_reader *reader, fm_error *err) {
    /* Else a name with a colon would be taken for a protocol. */
    char *url = av_asprintf("file:%s", reader->path);
    if (url == NULL)
        return fail_read(reader, "cannot be opened", AVERROR(ENOMEM), err);
    AVDictionary *options = NULL;
    av_dict_set(&options, "format_whitelist", CONTAINERS, 0);
    av_dict_set(&options, "protocol_whitelist", "file", 0);
    int code = avformat_open_input(&reader->file, url, NULL, &options);
    av_dict_free(&options);
    av_free(url);
    if (code < 0)
        return fail_read(reader, "is no video that can be read", code, err);
    reader->stream = av_find_best_stream(reader->file, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
    if (reader->stream < 0)
        return fail_read(reader, "has no pictures", reader->stream, err);
    return FM_OK;
}

static fm_status check_size(const fmi_video_reader *reader, int width, int height, fm_error *err) {
    if (width > (int)FMI_IMAGE_MAX_EDGE || height > (int)FMI_IMAGE_MAX_EDGE ||
        (uint64_t)width * (uint64_t)height > MAX_PIXELS)
        return fmi_fail(err, FM_ERROR_LIMIT,
                        "%s: frames of %d x %d pixels, the limits are %u an edge and %llu pixels; "
                        "scale it down",
                        reader->path, width, height, FMI_IMAGE_MAX_EDGE,
                        (unsigned long long)MAX_PIXELS);
    return FM_OK;
}

static fm_status open_codec(fmi_video_reader *reader, fm_error *err) {
    const AVCodecParameters *params = reader->file->streams[reader->stream]->codecpar;
    fm_status status = check_size(reader, params->width, params->height, err);
    if (status != FM_OK)
        return status;
    const AVCodec *codec = avcodec_find_decoder(params->codec_id);
    if (codec == NULL)
        return fail_read(reader, "is coded in a way that is not known", AVERROR_DECODER_NOT_FOUND,
                         err);
    reader->codec = avcodec_alloc_context3(codec);
    if (reader->codec == NULL || avcodec_parameters_to_context(reader->codec, params) < 0)
        return fail_read(reader, "no decoder", AVERROR(ENOMEM), err);
    AVDictionary *options = NULL;
    av_dict_set(&options, "codec_whitelist", CODECS, 0);
    av_dict_set_int(&options, "max_pixels", (int64_t)MAX_PIXELS, 0);
    int code = avcodec_open2(reader->codec, codec, &options);
    av_dict_free(&options);
    return code < 0 ? fail_read(reader, "cannot be decoded", code, err) : FM_OK;
}

fm_status fmi_video_read_open(fmi_video_reader **out, const char *path, uint32_t width,
                              uint32_t height, fm_error *err) {
    *out = NULL;
    fm_status status = check_file(path, err);
    if (status != FM_OK)
        return status;
    fmi_video_reader *reader = calloc(1, sizeof *reader);
    if (reader == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", path);
    av_log_set_level(AV_LOG_QUIET);
    reader->scale.width = width;
    reader->scale.height = height;
    reader->path = strdup(path);
    reader->packet = av_packet_alloc();
    reader->frame = av_frame_alloc();
    if (reader->path == NULL || reader->packet == NULL || reader->frame == NULL)
        status = fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for a video", path);
    if (status == FM_OK)
        status = open_file(reader, err);
    if (status == FM_OK)
        status = open_codec(reader, err);
    if (status == FM_OK)
        *out = reader;
    else
        fmi_video_read_close(&reader);
    return status;
}

/* Gives the decoder its next packet, or the end of the file. Damaged packets are passed over. */
static fm_status feed(fmi_video_reader *reader, uint32_t *bad, fm_error *err) {
    int code = av_read_frame(reader->file, reader->packet);
    if (code == AVERROR_EOF || (code < 0 && reader->frames > 0)) {
        reader->drained = true;
        (void)avcodec_send_packet(reader->codec, NULL);
        return FM_OK;
    }
    if (code < 0)
        return fail_read(reader, "cannot be read", code, err);
    if (reader->packet->stream_index == reader->stream) {
        code = avcodec_send_packet(reader->codec, reader->packet);
        *bad = code < 0 ? *bad + 1 : 0;
    }
    av_packet_unref(reader->packet);
    return *bad > BAD_FRAMES_MAX ? fail_read(reader, "is damaged", code, err) : FM_OK;
}

fm_status fmi_video_read_frame(fmi_video_reader *reader, uint8_t *rgb, bool *end, fm_error *err) {
    uint32_t bad = 0;
    fm_status status = FM_OK;
    *end = false;
    while (status == FM_OK) {
        int code = avcodec_receive_frame(reader->codec, reader->frame);
        if (code == 0) {
            status = check_size(reader, reader->frame->width, reader->frame->height, err);
            if (status == FM_OK)
                status =
                    fmi_video_scale_cover(&reader->scale, reader->frame, rgb, reader->path, err);
            av_frame_unref(reader->frame);
            reader->frames++;
            return status;
        }
        if (code == AVERROR_EOF || (code != AVERROR(EAGAIN) && reader->drained)) {
            *end = true;
            return reader->frames > 0
                       ? FM_OK
                       : fail_read(reader, "holds no frame", AVERROR_INVALIDDATA, err);
        }
        if (code != AVERROR(EAGAIN) && ++bad > BAD_FRAMES_MAX)
            return fail_read(reader, "is damaged", code, err);
        status = feed(reader, &bad, err);
    }
    return status;
}

void fmi_video_read_close(fmi_video_reader **out) {
    fmi_video_reader *reader = *out;
    if (reader == NULL)
        return;
    avformat_close_input(&reader->file);
    avcodec_free_context(&reader->codec);
    av_packet_free(&reader->packet);
    av_frame_free(&reader->frame);
    sws_freeContext(reader->scale.context);
    free(reader->path);
    free(reader);
    *out = NULL;
}
