/* SPDX-License-Identifier: MIT */
#include "recipe_wire.h"

#include "error.h"

#include <stdlib.h>
#include <string.h>

typedef struct head {
    uint32_t programs, launches, incomplete;
} head;

typedef struct program_head {
    char file[FMI_RECIPE_NAME];
    char options[FMI_RECIPE_OPTIONS];
    uint64_t bytes; /* of the text, which follows */
} program_head;

static unsigned char *put(unsigned char *at, const void *from, size_t bytes) {
    memcpy(at, from, bytes);
    return at + bytes;
}

unsigned char *fmi_recipe_pack(const fmi_recipe *recipe, size_t *bytes) {
    const head h = {recipe->programs, recipe->launches, recipe->incomplete};
    *bytes = sizeof h + recipe->launches * sizeof *recipe->launch;
    for (uint32_t i = 0; i < recipe->programs; ++i)
        *bytes += sizeof(program_head) + strlen(recipe->program[i].text);
    unsigned char *block = malloc(*bytes);
    if (!block)
        return NULL;
    unsigned char *at = put(block, &h, sizeof h);
    for (uint32_t i = 0; i < recipe->programs; ++i) {
        const fmi_recipe_program *p = &recipe->program[i];
        program_head ph = {.bytes = strlen(p->text)};
        memcpy(ph.file, p->file, sizeof ph.file);
        memcpy(ph.options, p->options, sizeof ph.options);
        at = put(at, &ph, sizeof ph);
        at = put(at, p->text, ph.bytes);
    }
    if (recipe->launches)
        (void)put(at, recipe->launch, recipe->launches * sizeof *recipe->launch);
    return block;
}

static bool take(void *to, size_t bytes, const unsigned char **at, size_t *left) {
    if (bytes > *left)
        return false;
    memcpy(to, *at, bytes);
    *at += bytes;
    *left -= bytes;
    return true;
}

static bool take_program(fmi_recipe *recipe, const unsigned char **at, size_t *left) {
    program_head h;
    if (!take(&h, sizeof h, at, left) || h.bytes > *left || !memchr(h.file, 0, sizeof h.file) ||
        !memchr(h.options, 0, sizeof h.options))
        return false;
    char *text = calloc(h.bytes + 1, 1);
    if (!text)
        return false;
    (void)take(text, h.bytes, at, left);
    fmi_recipe_add_program(recipe, h.file, h.options, text, NULL);
    free(text);
    return !recipe->incomplete;
}

fm_status fmi_recipe_unpack(fmi_recipe *recipe, const unsigned char *block, size_t bytes,
                            fm_error *err) {
    head h;
    size_t left = bytes;
    *recipe = (fmi_recipe){0};
    bool good = take(&h, sizeof h, &block, &left) && h.launches <= FMI_RECIPE_LAUNCHES;
    for (uint32_t i = 0; good && i < h.programs; ++i)
        good = take_program(recipe, &block, &left);
    const size_t launches = good ? h.launches * sizeof *recipe->launch : 0;
    if (good && launches) {
        recipe->launch = malloc(launches);
        good = recipe->launch && take(recipe->launch, launches, &block, &left);
        recipe->launches = good ? h.launches : 0;
    }
    if (!good || left) {
        fmi_recipe_free(recipe);
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "a recipe of %zu bytes is damaged", bytes);
    }
    recipe->incomplete = h.incomplete != 0;
    return FM_OK;
}
