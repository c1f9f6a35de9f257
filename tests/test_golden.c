/* SPDX-License-Identifier: MIT */
/* Golden hashes: the bytes of a small scene by each specialisation on one known driver, so that a
 * change of the picture is a decision and not an accident.
 *
 * To renew: look at the pictures first (the suites raster and raster_gpu compare them with the
 * reference), then run test_golden, copy the hash of its message into golden[] and say in the
 * commit why the bytes changed. Another driver or version gets a row of its own. */
#include "raster_scene.h"

#include <inttypes.h>

/* Builds the kernels, seconds on a busy machine. */
TestSuite(golden, .timeout = 180);

static const struct {
    const char *platform, *driver; /* what both start with */
    uint64_t cpu, gpu;
} golden[] = {
    {"Portable Computing Language", "3.1", UINT64_C(0x75f2424aa84c7a2b),
     UINT64_C(0x5b827c09771d9bce)},
};

/* 64-bit FNV-1a. */
static uint64_t hash(const uint8_t *bytes, size_t count) {
    uint64_t h = UINT64_C(0xCBF29CE484222325);
    for (size_t i = 0; i < count; i++) {
        h = (h ^ bytes[i]) * UINT64_C(0x100000001B3);
    }
    return h;
}

static void check(fm_specialisation specialisation) {
    const float t[3] = {0.0F, 0.4F, 1.0F};
    raster_scene *s = raster_scene_new(1); /* not the tests' seed: the bytes are known */
    s->specialisation = specialisation;
    raster_scene_ball(s, 24, 16);
    raster_scene_soup(s, 60, 1.0, 0.3);
    raster_scene_textures(s, 60, 40, 50, 50);
    raster_scene_open(s);
    const fm_caps *caps = fm_engine_caps(s->engine);
    bool gpu = specialisation == FM_SPECIALISATION_GPU;
    uint64_t want = 0;
    for (size_t i = 0; i < sizeof golden / sizeof golden[0]; i++) {
        if (strncmp(caps->platform, golden[i].platform, strlen(golden[i].platform)) == 0 &&
            strncmp(caps->driver, golden[i].driver, strlen(golden[i].driver)) == 0) {
            want = gpu ? golden[i].gpu : golden[i].cpu;
        }
    }
    fm_view view = {.struct_size = sizeof view, .width = 128, .height = 96, .transparent = true};
    raster_frames frames = raster_scene_render(s, &view, t, 3);
    uint64_t got = hash(frames.pixels, 3 * frames.frame_bytes);
    raster_frames_free(&frames);
    if (want == 0) {
        cr_skip("skipped: no golden hash for %s %s; here it is %016" PRIx64, caps->platform,
                caps->driver, got);
    }
    cr_assert_eq(got, want,
                 "%s: got %016" PRIx64 ", want %016" PRIx64 "; test_golden.c says what to do",
                 gpu ? "gpu" : "cpu", got, want);
    raster_scene_free(s);
}

Test(golden, the_cpu_form_gives_the_known_bytes) {
    check(FM_SPECIALISATION_CPU);
}

Test(golden, the_gpu_form_gives_the_known_bytes) {
    check(FM_SPECIALISATION_GPU);
}

/* At least one test of a suite runs on every driver. */
Test(golden, the_hash_is_fnv_1a) {
    cr_assert_eq(hash((const uint8_t *)"foobar", 6), UINT64_C(0x85944171f73967e8));
}
