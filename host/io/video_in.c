/* SPDX-License-Identifier: MIT */
/* Pictures are decoded by our own readers, videos by the module; the module scales both. */
#include "video_load.h"

#include "error.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct fmi_video_in {
    const fmi_video_module *module;
    fmi_video_reader *reader; /* NULL = a picture */
    char *path;
    uint8_t *rgb;
    uint32_t width, height;
};

/* Told by the first bytes, as fmi_image_decode does. */
static bool is_picture(const char *path) {
    static const unsigned char png[4] = {0x89, 'P', 'N', 'G'};
    static const unsigned char jpeg[3] = {0xFF, 0xD8, 0xFF};
    unsigned char head[4] = {0};
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return true; /* the picture reader says why */
    ssize_t n = read(fd, head, sizeof head);
    close(fd);
    return n == (ssize_t)sizeof head &&
           (memcmp(head, png, sizeof png) == 0 || memcmp(head, jpeg, sizeof jpeg) == 0);
}

static fm_status load_picture(fmi_video_in *video, fm_error *err) {
    fmi_image image;
    fm_status status = fmi_image_load(&image, video->path, err);
    if (status == FM_OK)
        status = video->module->cover(&image.view, video->rgb, video->width, video->height, err);
    fmi_image_free(&image);
    return status;
}

fm_status fmi_video_in_open(fmi_video_in **out, const char *path, uint32_t width, uint32_t height,
                            fm_error *err) {
    *out = NULL;
    fmi_video_in *video = calloc(1, sizeof *video);
    if (video != NULL) {
        video->width = width;
        video->height = height;
        video->path = strdup(path);
        video->rgb = malloc((size_t)width * height * 3);
    }
    if (video == NULL || video->path == NULL || video->rgb == NULL) {
        fmi_video_in_close(&video);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for %u x %u pixels", path, width,
                        height);
    }
    fm_status status = fmi_video_load(&video->module, err);
    if (status == FM_OK && is_picture(path))
        status = load_picture(video, err);
    else if (status == FM_OK)
        status = video->module->read_open(&video->reader, path, width, height, err);
    if (status == FM_OK)
        *out = video;
    else
        fmi_video_in_close(&video);
    return status;
}

/* From the start again; the file may have changed meanwhile, so its failure is one, too. */
static fm_status rewind_video(fmi_video_in *video, fm_error *err) {
    video->module->read_close(&video->reader);
    return video->module->read_open(&video->reader, video->path, video->width, video->height, err);
}

fm_status fmi_video_in_next(fmi_video_in *video, const uint8_t **rgb, fm_error *err) {
    bool end = false;
    fm_status status = FM_OK;
    *rgb = video->rgb;
    if (video->reader == NULL)
        return FM_OK;
    status = video->module->read_frame(video->reader, video->rgb, &end, err);
    if (status == FM_OK && end) {
        status = rewind_video(video, err);
        if (status == FM_OK)
            status = video->module->read_frame(video->reader, video->rgb, &end, err);
    }
    return status;
}

void fmi_video_in_close(fmi_video_in **out) {
    fmi_video_in *video = *out;
    if (video == NULL)
        return;
    if (video->reader != NULL)
        video->module->read_close(&video->reader);
    free(video->path);
    free(video->rgb);
    free(video);
    *out = NULL;
}
