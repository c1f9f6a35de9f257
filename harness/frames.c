/* SPDX-License-Identifier: MIT */
#include "frames.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <xxhash.h>

fm_view fmi_frames_view(const fmi_case_params *params) {
    return (fm_view){.struct_size = sizeof(fm_view),
                     .width = params->width,
                     .height = params->height,
                     .batch = params->batch,
                     .samples = params->samples,
                     .trilinear = params->filter == FMI_FILTER_TRILINEAR};
}

fmi_picture_kind fmi_frames_kind(const fmi_case_params *params) {
    return (fmi_picture_kind){.width = params->width,
                              .height = params->height,
                              .samples = params->samples,
                              .trilinear = params->filter == FMI_FILTER_TRILINEAR,
                              .untextured = params->untextured};
}

fm_status fmi_frames_create(fmi_frames *frames, fm_pair *pair, const fmi_case_params *params,
                            fm_error *err) {
    *frames = (fmi_frames){.pair = pair, .params = params};
    frames->t = malloc(sizeof *frames->t * params->batch);
    frames->hash = calloc(params->batch, sizeof *frames->hash);
    if (!frames->t || !frames->hash) {
        fmi_frames_free(frames);
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", params->batch);
    }
    for (uint32_t i = 0; i < params->batch; ++i)
        frames->t[i] = fmi_case_weight(i, params->batch);
    return FM_OK;
}

void fmi_frames_free(fmi_frames *frames) {
    free(frames->t);
    free(frames->hash);
    *frames = (fmi_frames){0};
}

fm_image fmi_frames_image(const fm_frame *frame) {
    return (fm_image){.pixels = frame->pixels,
                      .width = frame->width,
                      .height = frame->height,
                      .channels = frame->channels,
                      .row_bytes = (uint32_t)frame->row_bytes};
}

uint64_t fmi_frames_hash(const fm_image *image) {
    uint64_t hash = 0;
    for (uint32_t y = 0; y < image->height; ++y)
        hash = XXH3_64bits_withSeed(image->pixels + (size_t)y * image->row_bytes,
                                    (size_t)image->width * image->channels, hash);
    return hash;
}

/* What the sinks below need. */
typedef struct collector {
    fmi_frames *frames;
    fmi_check *check;
    fmi_difference difference;
    const uint32_t *chosen; /* frames to compare, ascending */
    uint32_t chosen_count;
    uint32_t seen; /* frames that came */
} collector;

static bool frame_is_sound(collector *c, const fm_frame *frame) {
    const fmi_case_params *params = c->frames->params;
    if (frame->index != c->seen || frame->index >= params->batch)
        fmi_check_failed(c->check, "frame %u came where frame %u was due", frame->index, c->seen);
    else if (frame->width != params->width || frame->height != params->height ||
             frame->channels != 3)
        fmi_check_failed(c->check, "frame %u is %u x %u x %u instead of %u x %u x 3", frame->index,
                         frame->width, frame->height, frame->channels, params->width,
                         params->height);
    else
        return true;
    return false;
}

static void judge_frame(collector *c, const fm_frame *frame, const fmi_difference *d) {
    const double share = (double)d->beyond / (double)d->pixels;
    const bool half = c->frames->params->precision == FMI_FP16; /* judged as a whole, by its PSNR */
    if (d->holes > 0 && !half)
        fmi_check_failed(c->check, "frame %u has %llu holes", frame->index,
                         (unsigned long long)d->holes);
    if (share > FMI_FRAMES_SHARE && !half)
        fmi_check_failed(c->check,
                         "frame %u differs from the reference by more than %d/255 on "
                         "%.3f %% of its pixels; at most %.1f %% may",
                         frame->index, FMI_FRAMES_LEVELS, 100.0 * share, 100.0 * FMI_FRAMES_SHARE);
    if (share > c->check->share)
        c->check->share = share;
    c->check->compared++;
}

static fm_status compare_frame(collector *c, const fm_frame *frame, fm_error *err) {
    fmi_input *input = c->frames->params->input;
    const fmi_picture_kind kind = fmi_frames_kind(c->frames->params);
    fmi_reference want;
    const fm_status status =
        fmi_input_reference(input, &kind, c->frames->t[frame->index], &want, err);
    if (status != FM_OK)
        return fmi_while(err, status, "while rendering reference frame %u", frame->index);
    const fm_image got = fmi_frames_image(frame);
    fmi_difference one = {0};
    fmi_frames_compare(&want, &got, &one);
    judge_frame(c, frame, &one);
    c->difference.pixels += one.pixels;
    c->difference.squares += one.squares;
    if (one.max > c->difference.max)
        c->difference.max = one.max;
    fmi_input_release(input, &want);
    return FM_OK;
}

static bool is_chosen(const collector *c, uint32_t index) {
    for (uint32_t i = 0; i < c->chosen_count; ++i)
        if (c->chosen[i] == index)
            return true;
    return false;
}

/* First pass: remembers the hash of every frame and compares the chosen ones. */
static fm_status take_frame(void *user, const fm_frame *frame, fm_error *err) {
    collector *c = user;
    const bool sound = frame_is_sound(c, frame);
    c->seen++;
    if (!sound)
        return FM_OK;
    const fm_image image = fmi_frames_image(frame);
    c->frames->hash[frame->index] = fmi_frames_hash(&image);
    return is_chosen(c, frame->index) ? compare_frame(c, frame, err) : FM_OK;
}

/* Later passes: the same bytes as in the first one? */
static fm_status repeat_frame(void *user, const fm_frame *frame, fm_error *err) {
    (void)err;
    collector *c = user;
    const bool sound = frame_is_sound(c, frame);
    c->seen++;
    if (!sound || is_chosen(c, frame->index))
        return FM_OK;
    const fm_image image = fmi_frames_image(frame);
    if (fmi_frames_hash(&image) != c->frames->hash[frame->index])
        fmi_check_failed(c->check, "frame %u has other bytes than before", frame->index);
    c->check->hashed++;
    return FM_OK;
}

static fm_status render(collector *c, uint32_t batch, fm_sink_fn sink, fm_error *err) {
    const fmi_case_params *params = c->frames->params;
    fm_view view = fmi_frames_view(params);
    view.batch = batch;
    c->seen = 0;
    const fm_status status =
        fm_render(c->frames->pair, c->frames->t, params->batch, &view, sink, c, NULL, err);
    if (status == FM_OK && c->seen != params->batch)
        fmi_check_failed(c->check, "%u of %u frames came", c->seen, params->batch);
    return status;
}

fm_status fmi_frames_poison(fmi_frames *frames, fm_error *err) {
    const uint32_t n = frames->params->batch;
    float *other = malloc(sizeof *other * n);
    if (!other)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u weights", n);
    for (uint32_t i = 0; i < n; ++i)
        other[i] = fmi_case_other_weight(frames->t[i]);
    const fm_view view = fmi_frames_view(frames->params);
    fmi_case_poison(frames->params, true);
    const fm_status status = fm_render(frames->pair, other, n, &view, NULL, NULL, NULL, err);
    fmi_case_poison(frames->params, false);
    free(other);
    return status;
}

static void sum_up(const fmi_difference *d, bool half, fmi_check *check) {
    check->unit = "level";
    check->max = d->max;
    const double mean_square = d->squares / (3.0 * (double)d->pixels);
    check->psnr = d->squares > 0.0 ? 10.0 * log10(255.0 * 255.0 / mean_square) : (double)INFINITY;
    if (half && check->psnr < FMI_FRAMES_HALF_PSNR)
        fmi_check_failed(check, "16-bit vertices: %.1f dB PSNR, at least %.0f are needed",
                         check->psnr, FMI_FRAMES_HALF_PSNR);
}

fm_status fmi_frames_check(fmi_frames *frames, const fmi_check_params *how, fmi_check *check,
                           fm_error *err) {
    uint32_t *chosen = malloc(sizeof *chosen * ((size_t)how->random_frames + 2));
    if (!chosen)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the choice of frames");
    collector c = {.frames = frames, .check = check, .chosen = chosen};
    c.chosen_count = fmi_check_choose(how, frames->params->batch, chosen);
    check->passed = true;
    fm_status status = fmi_frames_poison(frames, err);
    if (status == FM_OK)
        status = render(&c, frames->params->batch, take_frame, err);
    if (status == FM_OK && check->passed && c.chosen_count != check->compared)
        fmi_check_failed(check, "%u of %u frames were compared", check->compared, c.chosen_count);
    if (status == FM_OK && check->passed && how->hash_others && frames->params->batch > 1)
        status = render(&c, 1, repeat_frame, err);
    sum_up(&c.difference, frames->params->precision == FMI_FP16, check);
    free(chosen);
    return status;
}

fm_status fmi_frames_recheck(fmi_frames *frames, fmi_check *check, fm_error *err) {
    const uint32_t hashed = check->hashed;
    collector c = {.frames = frames, .check = check};
    const fm_status status = render(&c, frames->params->batch, repeat_frame, err);
    check->hashed = hashed;
    return status;
}

/* True when the reference shows a surface here and at the 8 neighbours inside the picture. */
static bool inside_surface(const fmi_reference *want, uint32_t x, uint32_t y) {
    for (int dy = -1; dy <= 1; ++dy)
        for (int dx = -1; dx <= 1; ++dx) {
            const int64_t nx = (int64_t)x + dx;
            const int64_t ny = (int64_t)y + dy;
            if (nx < 0 || ny < 0 || nx >= want->kind.width || ny >= want->kind.height)
                continue;
            if (want->owner[(size_t)ny * want->kind.width + (size_t)nx] == UINT32_MAX)
                return false;
        }
    return true;
}

static bool is_background(const uint8_t *pixel) {
    return pixel[0] == 255 && pixel[1] == 255 && pixel[2] == 255;
}

void fmi_frames_compare(const fmi_reference *want, const fm_image *got,
                        fmi_difference *difference) {
    for (uint32_t y = 0; y < got->height; ++y) {
        const uint8_t *g = got->pixels + (size_t)y * got->row_bytes;
        const uint8_t *w = want->pixels + (size_t)y * want->kind.width * 3;
        for (uint32_t x = 0; x < got->width; ++x, g += 3, w += 3) {
            uint32_t largest = 0;
            for (int c = 0; c < 3; ++c) {
                const uint32_t d = (uint32_t)abs((int)g[c] - (int)w[c]);
                difference->squares += (double)(d * d);
                largest = d > largest ? d : largest;
            }
            difference->max = largest > difference->max ? largest : difference->max;
            if (largest <= FMI_FRAMES_LEVELS)
                continue;
            difference->beyond++;
            if (is_background(g) && inside_surface(want, x, y))
                difference->holes++;
        }
    }
    difference->pixels += (uint64_t)got->width * got->height;
}
