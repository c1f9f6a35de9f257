/* SPDX-License-Identifier: MIT */
#include "saved_impl.h"

#include "error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

fmi_input *fmi_saved_input(fmi_saved *run, const char *label, uint32_t vertices, bool textures) {
    static uint8_t texel[4];
    uint8_t *pixels = textures ? texel : NULL; /* whether they are used is in the point */
    for (uint32_t i = 0; i < run->input_count; ++i)
        if (run->input[i]->vertices == vertices && run->input[i]->image[0].pixels == pixels &&
            strcmp(run->input[i]->label, label) == 0)
            return run->input[i];
    fmi_input **grown = realloc(run->input, sizeof *grown * (run->input_count + 1));
    if (!grown)
        return NULL;
    run->input = grown;
    fmi_input *input = calloc(1, sizeof *input);
    if (!input)
        return NULL;
    (void)snprintf(input->label, sizeof input->label, "%s", label);
    input->vertices = vertices;
    input->image[0].pixels = pixels;
    run->input[run->input_count++] = input;
    return input;
}

const char *fmi_saved_text(fmi_saved *run, const char *text) {
    for (uint32_t i = 0; i < run->text_count; ++i)
        if (strcmp(run->text[i], text) == 0)
            return run->text[i];
    char **grown = realloc(run->text, sizeof *grown * (run->text_count + 1));
    char *copy = grown ? strdup(text) : NULL;
    if (grown)
        run->text = grown;
    if (copy)
        run->text[run->text_count++] = copy;
    return copy;
}

fm_level fmi_saved_level(const char *word) {
    static const fm_level levels[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                      FM_LEVEL_EXTREME};
    for (size_t i = 0; i < 4; ++i)
        if (strcmp(word, fm_level_name(levels[i])) == 0)
            return levels[i];
    return FM_LEVEL_MEDIUM;
}

const fmi_peer *fmi_saved_peer(const char *name, const char *op, uint32_t *index) {
    for (*index = 0; fmi_peers[*index]; ++*index)
        if (strcmp(fmi_peers[*index]->name, name) == 0 && strcmp(fmi_peers[*index]->op, op) == 0)
            return fmi_peers[*index];
    return NULL;
}

fm_status fmi_saved_add(fmi_saved *run, const fmi_cell *cell, const char *key, int64_t id,
                        fm_error *err) {
    fmi_cells *cells = &run->cells;
    if (cells->count == cells->capacity) {
        const uint32_t wanted = cells->capacity ? 2 * cells->capacity : 64;
        fmi_cell *grown = realloc(cells->cell, sizeof *grown * wanted);
        if (grown)
            cells->cell = grown;
        char(*keys)[FMI_POINT_TEXT] = realloc(run->key, sizeof *keys * wanted);
        if (keys)
            run->key = keys;
        int64_t *ids = realloc(run->cell_id, sizeof *ids * wanted);
        if (ids)
            run->cell_id = ids;
        if (!grown || !keys || !ids)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u stored cells", wanted);
        cells->capacity = wanted;
    }
    (void)snprintf(run->key[cells->count], sizeof run->key[0], "%s", key);
    run->cell_id[cells->count] = id;
    cells->cell[cells->count++] = *cell;
    return FM_OK;
}

fm_status fmi_saved_sample(fmi_bench *bench, const fmi_sample *sample, fm_error *err) {
    if (bench->count == bench->capacity) {
        const size_t capacity = bench->capacity ? 2 * bench->capacity : 64;
        fmi_sample *grown = realloc(bench->samples, sizeof *grown * capacity);
        if (!grown)
            return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for stored samples");
        bench->samples = grown;
        bench->capacity = capacity;
    }
    bench->samples[bench->count++] = *sample;
    bench->warm_ups += sample->warm_up;
    return FM_OK;
}

void fmi_saved_finish(fmi_saved *run) {
    run->report = (fmi_report){.cells = &run->cells,
                               .keys = run->key,
                               .environment = &run->environment,
                               .roofs = &run->roofs,
                               .cold = &run->cold,
                               .run = run->name,
                               .started = run->started,
                               .status = run->status,
                               .command = run->command,
                               .order = run->order,
                               .seed = run->seed,
                               .quick = run->quick,
                               .resolution = run->resolution};
}

void fmi_saved_free(fmi_saved **run) {
    if (!run || !*run)
        return;
    fmi_cells_free(&(*run)->cells);
    for (uint32_t i = 0; i < (*run)->input_count; ++i)
        free((*run)->input[i]);
    free((*run)->input);
    for (uint32_t i = 0; i < (*run)->text_count; ++i)
        free((*run)->text[i]);
    free((*run)->text);
    free((*run)->key);
    free((*run)->cell_id);
    free(*run);
    *run = NULL;
}
