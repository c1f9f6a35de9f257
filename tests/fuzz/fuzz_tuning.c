/* SPDX-License-Identifier: MIT */
#include "fuzz.h"

#include "tuning.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const fm_caps caps = {.id = "id", .name = "name", .driver = "driver"};
static const fm_tuning known = {.specialisation = FM_SPECIALISATION_GPU,
                                .tile = 32,
                                .group = 64,
                                .morph_group = 128,
                                .batch = {16, 8, 24, 32},
                                .half_arithmetic = true,
                                .rate = 123.5};
static char name[256]; /* of the device's file */

static void usable(const fm_tuning *t) {
    fm_tuning again;
    char text[4096];
    fuzz_expect(t->specialisation == FM_SPECIALISATION_CPU ||
                    t->specialisation == FM_SPECIALISATION_GPU,
                "a tuning chooses a form");
    fuzz_expect(t->tile <= 128 && t->tile % 16 == 0, "a tile is a multiple of 16 up to 128");
    fuzz_expect(t->group <= 1024 && t->morph_group <= 1024, "groups have up to 1024 items");
    for (int i = 0; i < 4; i++)
        fuzz_expect(t->batch[i] <= 65536, "batches have up to 65536 frames");
    fuzz_expect(isfinite(t->rate) && t->rate >= 0, "a rate is a number");
    fuzz_expect(fmi_tuning_text(&caps, t, text, sizeof text) > 0 &&
                    !fmi_tuning_parse(text, &caps, &again) && again.tile == t->tile &&
                    again.group == t->group && again.batch[3] == t->batch[3],
                "what is written reads back");
}

static void try_text(const char *text) {
    static const fm_tuning none;
    fm_tuning tuning;
    if (!fmi_tuning_parse(text, &caps, &tuning))
        usable(&tuning);
    else
        fuzz_expect(memcmp(&tuning, &none, sizeof none) == 0, "what is refused leaves nothing");
}

/* The digest that makes any text whole. */
static uint64_t digest_of(const char *text) {
    uint64_t hash = UINT64_C(0xCBF29CE484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001B3);
    return hash;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    fm_tuning tuning;
    fuzz_put(name, data, size);
    if (fmi_tuning_read(fuzz_folder(), &caps, &tuning, NULL))
        usable(&tuning);
    char *text = malloc(size + 64);
    if (!text)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    try_text(text);
    char *digest = strstr(text, "\ndigest ");
    if (digest)
        digest[1] = '\0';
    size_t length = strlen(text);
    snprintf(text + length, 64, "digest %016" PRIx64 "\n", digest_of(text));
    try_text(text);
    free(text);
    return 0;
}

void fuzz_seeds(void) {
    char path[1200], text[4096];
    fm_tuning back;
    fuzz_expect(fmi_tuning_write(fuzz_folder(), &caps, &known, path, sizeof path, NULL) == FM_OK,
                "it is written");
    memcpy(name, strrchr(path, '/') + 1, strlen(strrchr(path, '/')));
    fuzz_expect(fmi_tuning_read(fuzz_folder(), &caps, &back, NULL) && back.batch[2] == 24,
                "it reads back");
    fuzz_seed(text, fmi_tuning_text(&caps, &known, text, sizeof text));
    fm_tuning other = known;
    other.specialisation = FM_SPECIALISATION_CPU;
    other.rate = 0;
    fuzz_seed(text, fmi_tuning_text(&caps, &other, text, sizeof text));
}
