/* SPDX-License-Identifier: MIT */
/*
 * A texel pair is one 64-bit number, A in its lower half, so that interleaving, box filter and
 * copying move both pictures at once. The picture is made in bands of rows that are whole at their
 * last level; of a level only the source of the next one is kept, because the block is write-only.
 * Bands are independent, and what they keep stays in a cache.
 */
#include "pair_mips.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

#define BAND_LEVELS 6 /* 64 rows of level 0 */
#define STRANDS_A_THREAD 4
#define MOST_STRANDS 64

/** What one task needs: it does a run of bands, one after another. */
typedef struct strand {
    fmi_resizer resizer; /* of B; from NULL = B has A's size */
    uint32_t *texels[2]; /* a row of each picture */
    uint64_t *rows[2];   /* two rows of level 0, each with its extra column */
    uint64_t *level[2];  /* of the band: odd levels in the first, even ones in the second */
} strand;

typedef struct job {
    const fmi_filled *filled; /* A, B */
    const fmi_texture_layout *layout;
    uint8_t *out;
    uint32_t last; /* level that ends a band: one row of it a band */
    uint32_t bands, strands;
    strand strand[MOST_STRANDS];
    uint64_t *top[2]; /* level `last` of all bands; scratch for those above it */
} job;

static void interleave(const uint32_t *a, const uint32_t *b, size_t count, uint64_t *pairs) {
    for (size_t x = 0; x < count; x++)
        pairs[x] = (uint64_t)b[x] << 32 | a[x];
    pairs[count] = pairs[count - 1];
}

/* Rounded mean of each of the 8 bytes: two at a time would overflow, so even and odd apart. */
static uint64_t box(uint64_t a, uint64_t b, uint64_t c, uint64_t d) {
    const uint64_t even = UINT64_C(0x00FF00FF00FF00FF), two = UINT64_C(0x0002000200020002);
    uint64_t low = (a & even) + (b & even) + (c & even) + (d & even) + two;
    uint64_t high = (a >> 8 & even) + (b >> 8 & even) + (c >> 8 & even) + (d >> 8 & even) + two;
    return (low >> 2 & even) | (high >> 2 & even) << 8;
}

/* Half a row from two rows of the level above. The extra column makes odd edges repeat. */
static void halve_rows(const uint64_t *upper, const uint64_t *lower, size_t half, uint64_t *out) {
    for (size_t x = 0; x < half; x++)
        out[x] = box(upper[2 * x], upper[2 * x + 1], lower[2 * x], lower[2 * x + 1]);
    out[half] = out[half - 1];
}

static uint8_t *level_row(const fm_mip *mip, uint8_t *out, size_t y) {
    return out + (mip->offset + y * (size_t)mip->pitch) * FM_TEXEL_BYTES;
}

static void store_row(const fm_mip *mip, uint8_t *out, size_t y, const uint64_t *row) {
    size_t bytes = (size_t)mip->pitch * FM_TEXEL_BYTES;
    memcpy(level_row(mip, out, y), row, bytes);
    if (y + 1 == (size_t)mip->height)
        memcpy(level_row(mip, out, y + 1), row, bytes);
}

static void make_row(const job *j, strand *s, uint32_t y, uint64_t *row) {
    fmi_filled_row(&j->filled[0], y, s->texels[0]);
    if (s->resizer.from)
        fmi_resizer_row(&s->resizer, y, s->texels[1]);
    else
        fmi_filled_row(&j->filled[1], y, s->texels[1]);
    interleave(s->texels[0], s->texels[1], (size_t)j->layout->mip[0].width, row);
}

/* Level 0 to the block, level 1 to scratch. */
static void make_base(const job *j, strand *s, uint32_t first, uint32_t end) {
    const fm_mip *mip = &j->layout->mip[0];
    size_t half = (size_t)(mip->width + 1) / 2;
    for (uint32_t y = first; y < end; y += 2) {
        const uint64_t *lower = s->rows[0];
        make_row(j, s, y, s->rows[0]);
        store_row(mip, j->out, y, s->rows[0]);
        if (y + 1 < end) {
            make_row(j, s, y + 1, s->rows[1]);
            store_row(mip, j->out, y + 1, s->rows[1]);
            lower = s->rows[1];
        }
        if (j->layout->mips > 1)
            halve_rows(s->rows[0], lower, half, s->level[0] + (y - first) / 2 * (half + 1));
    }
}

/* Rows [first, first + count) of level k from scratch to the block, halved to more. */
static void make_level(const job *j, uint32_t k, size_t first, size_t count, const uint64_t *from,
                       uint64_t *more) {
    const fm_mip *mip = &j->layout->mip[k];
    size_t pitch = (size_t)mip->pitch, half = (size_t)(mip->width + 1) / 2;
    for (size_t y = 0; y < count; y++)
        store_row(mip, j->out, first + y, from + y * pitch);
    for (size_t y = 0; more && y < count; y += 2)
        halve_rows(from + y * pitch, from + (y + 1 < count ? y + 1 : y) * pitch, half,
                   more + y / 2 * (half + 1));
}

static void make_band(const job *j, strand *s, uint32_t band) {
    uint32_t height = (uint32_t)j->layout->mip[0].height, rows = 1U << j->last;
    uint32_t first = band * rows, end = height - first < rows ? height : first + rows;
    make_base(j, s, first, end);
    for (uint32_t k = 1; k <= j->last; k++) {
        size_t at = first >> k, left = (size_t)j->layout->mip[k].height - at;
        size_t count = left < rows >> k ? left : rows >> k;
        uint64_t *from = s->level[(k + 1) % 2];
        make_level(j, k, at, count, from, k < j->last ? s->level[k % 2] : NULL);
        if (k == j->last && j->top[0])
            memcpy(j->top[0] + band * (size_t)j->layout->mip[k].pitch, from,
                   (size_t)j->layout->mip[k].pitch * sizeof *from);
    }
}

static void run_strand(void *user, uint32_t index) {
    job *j = user;
    uint32_t first = (uint32_t)((uint64_t)index * j->bands / j->strands);
    uint32_t end = (uint32_t)((uint64_t)(index + 1) * j->bands / j->strands);
    for (uint32_t band = first; band < end; band++)
        make_band(j, &j->strand[index], band);
}

/* What is above the bands: a few rows. */
static void make_top(const job *j) {
    const uint64_t *from = j->top[0];
    uint64_t *more = j->top[1];
    for (uint32_t k = j->last; k + 1 < j->layout->mips; k++) {
        const fm_mip *mip = &j->layout->mip[k + 1];
        size_t pitch = (size_t)j->layout->mip[k].pitch, count = (size_t)j->layout->mip[k].height;
        for (size_t y = 0; y < count; y += 2)
            halve_rows(from + y * pitch, from + (y + 1 < count ? y + 1 : y) * pitch,
                       (size_t)mip->width, more + y / 2 * (size_t)mip->pitch);
        make_level(j, k + 1, 0, (size_t)mip->height, more, NULL);
        more = from == j->top[0] ? j->top[0] : j->top[1];
        from = from == j->top[0] ? j->top[1] : j->top[0];
    }
}

static bool strand_make(strand *s, const fmi_texture_layout *layout, uint32_t last) {
    size_t pitch = (size_t)layout->mip[0].pitch;
    bool complete = true;
    for (uint32_t i = 0; i < 2; i++) {
        bool used = i + 1 <= last;
        size_t pairs = used ? (size_t)layout->mip[i + 1].pitch << (last - i - 1) : 1;
        s->texels[i] = malloc(pitch * sizeof(uint32_t));
        s->rows[i] = malloc(pitch * sizeof(uint64_t));
        s->level[i] = malloc(pairs * sizeof(uint64_t));
        complete = complete && s->texels[i] && s->rows[i] && s->level[i];
    }
    return complete;
}

static void strand_free(strand *s) {
    fmi_resizer_free(&s->resizer);
    for (int i = 0; i < 2; i++) {
        free(s->texels[i]);
        free(s->rows[i]);
        free(s->level[i]);
    }
}

static bool top_make(job *j) {
    const fm_mip *mip = &j->layout->mip[j->last];
    size_t pairs = (size_t)mip->pitch * (size_t)mip->height;
    if (j->last + 1 == j->layout->mips)
        return true;
    j->top[0] = malloc(pairs * sizeof(uint64_t));
    j->top[1] = malloc(pairs * sizeof(uint64_t));
    return j->top[0] && j->top[1];
}

static uint32_t strands_for(uint32_t bands, const fmi_workers *workers) {
    uint64_t wanted = workers && workers->run && workers->threads > 1
                          ? (uint64_t)STRANDS_A_THREAD * workers->threads
                          : 1;
    wanted = wanted < MOST_STRANDS ? wanted : MOST_STRANDS;
    return wanted < bands ? (uint32_t)wanted : bands;
}

static fm_status make_all(job *j, bool resize, fm_error *err) {
    const fm_mip *mip = &j->layout->mip[0];
    fm_status status = FM_OK;
    bool complete = top_make(j);
    for (uint32_t i = 0; i < j->strands && complete && status == FM_OK; i++) {
        complete = strand_make(&j->strand[i], j->layout, j->last);
        if (complete && resize)
            status = fmi_resizer_create(&j->strand[i].resizer, &j->filled[1], (uint32_t)mip->width,
                                        (uint32_t)mip->height, err);
    }
    if (!complete)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY,
                        "no memory for the mip levels of a %d x %d texture; use smaller textures",
                        mip->width, mip->height);
    return status;
}

fm_status fmi_mips_make(const fmi_filled filled[2], const fmi_texture_layout *layout, uint8_t *out,
                        const fmi_workers *workers, fm_error *err) {
    uint32_t most = layout->mips - 1, rows = 0;
    job *j = calloc(1, sizeof *j);
    if (!j)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the mip levels of a texture");
    j->filled = filled;
    j->layout = layout;
    j->out = out;
    j->last = most < BAND_LEVELS ? most : BAND_LEVELS;
    rows = 1U << j->last;
    j->bands = ((uint32_t)layout->mip[0].height + rows - 1) / rows;
    j->strands = strands_for(j->bands, workers);
    bool resize = filled[1].image.width != filled[0].image.width ||
                  filled[1].image.height != filled[0].image.height;
    fm_status status = make_all(j, resize, err);
    if (status == FM_OK)
        fmi_workers_run(workers, j->strands, run_strand, j);
    if (status == FM_OK && j->top[0])
        make_top(j);
    for (uint32_t i = 0; i < j->strands; i++)
        strand_free(&j->strand[i]);
    free(j->top[0]);
    free(j->top[1]);
    free(j);
    return status;
}
