/* SPDX-License-Identifier: MIT */
/* fmorph selftest: a small made-up pair on the device and by the reference, compared. */
#include "commands.h"
#include "compare.h"
#include "interrupt.h"
#include "runtime.h"
#include "sample.h"

#include "error.h"
#include "io/json.h"
#include "io/text.h"

#include <fm/render.h>

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define EDGE 193 /* odd, so that tiles end inside the picture */
#define FRAMES 3
#define VERTICES 3000
#define TEXTURE 256
#define FRAME_BYTES ((size_t)EDGE * EDGE * 4)

static const char help[] =
    "usage: fmorph selftest [--device SEL] [--json]\n"
    "\n"
    "Renders a small pair on the device and by the double-precision reference, and compares.\n"
    "Exit code 1 when a check fails, 4 when there is no usable device.\n"
    "\n"
    "      --device SEL      index, id, part of a name, cpu, gpu, auto (default)\n"
    "      --json            one object on stdout\n" FMI_HELP_COMMON;

enum { ROW_DEVICE = FMI_ARG_COMMON, ROW_JSON };
static const fmi_option table[] = {{"device", 0, FMI_OPTION_VALUE}, {"json", 0, FMI_OPTION_FLAG}};

/* One head as fm_pair_create takes it. Zeroed = none. */
typedef struct test_head {
    fmi_sample_head head;
    float *positions, *uvs;
    fm_mesh mesh;
    fm_image image;
} test_head;

typedef struct selftest {
    test_head head[2];
    uint8_t *want, *got; /* FRAMES pictures each */
    uint32_t passed, failed;
    bool as_json;
    fmi_json json; /* with as_json: in its list of checks */
} selftest;

static fm_status make_head(test_head *h, uint32_t identity, fm_error *err) {
    const fmi_sample_params params = {.vertices = VERTICES, .texture = TEXTURE};
    fm_status status = fmi_sample_shape(&h->head, &params, identity, err);
    if (status == FM_OK)
        status = fmi_sample_texture(&h->head, &params, identity, err);
    if (status == FM_OK)
        status = fmi_sample_corners(&h->head, &h->positions, &h->uvs, err);
    h->mesh = (fm_mesh){.positions = h->positions,
                        .uvs = h->uvs,
                        .polygon_sizes = h->head.polygon_sizes,
                        .corner_count = h->head.corner_count,
                        .polygon_count = h->head.polygon_count,
                        .label = identity == 0 ? "head_a" : "head_b"};
    h->image = (fm_image){.pixels = h->head.texture,
                          .width = h->head.texture_edge,
                          .height = h->head.texture_edge,
                          .channels = 3,
                          .row_bytes = h->head.texture_edge * 3};
    return status;
}

static fm_status keep_frame(void *user, const fm_frame *frame, fm_error *err) {
    uint8_t *out = (uint8_t *)user + frame->index * FRAME_BYTES;
    if (frame->channels != 4 || frame->width != EDGE || frame->height != EDGE)
        return fmi_fail(err, FM_ERROR_INTERNAL, "a frame of %ux%ux%u came; please report",
                        frame->width, frame->height, frame->channels);
    for (uint32_t y = 0; y < EDGE; y++)
        memcpy(out + (size_t)y * EDGE * 4, frame->pixels + y * frame->row_bytes, (size_t)EDGE * 4);
    return FM_OK;
}

static fm_status render(const selftest *test, fm_engine *engine, uint32_t batch, uint8_t *out,
                        fm_error *err) {
    static const float t[FRAMES] = {1.0F, 0.5F, 0.0F};
    fm_pair *pair = NULL;
    const fm_pair_params params = {.struct_size = sizeof params,
                                   .image_a = &test->head[0].image,
                                   .image_b = &test->head[1].image};
    const fm_view view = {.struct_size = sizeof view,
                          .width = EDGE,
                          .height = EDGE,
                          .transparent = true,
                          .batch = batch};
    fm_status status =
        fm_pair_create(&pair, engine, &test->head[0].mesh, &test->head[1].mesh, &params, err);
    if (status == FM_OK)
        status = fm_render(pair, t, FRAMES, &view, keep_frame, out, NULL, err);
    fm_pair_destroy(&pair);
    return status;
}

__attribute__((format(printf, 3, 4))) static void check(selftest *test, bool ok, const char *format,
                                                        ...) {
    char text[400];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (test->as_json) {
        fmi_json_begin(&test->json, NULL, '{');
        fmi_json_bool(&test->json, "passed", ok);
        fmi_json_string(&test->json, "what", text);
        fmi_json_end(&test->json);
    } else {
        printf("%s  %s\n", ok ? "pass" : "FAIL", text);
    }
    test->passed += ok;
    test->failed += !ok;
}

static void check_pictures(selftest *test) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        fmi_difference d =
            fmi_compare(test->got + i * FRAME_BYTES, test->want + i * FRAME_BYTES, EDGE, EDGE);
        bool ok = d.far * 1000 <= d.pixels && d.holes == 0 && d.covered * 20 > d.pixels;
        check(test, ok,
              "frame %u: %.3f %% within 1 of 255, largest distance %u, %" PRIu64
              " holes, %.1f %% covered",
              i, 100.0 * (double)(d.pixels - d.far) / (double)d.pixels, d.largest, d.holes,
              100.0 * (double)d.covered / (double)d.pixels);
    }
}

static fm_status run_reference(const selftest *test, fm_engine_params params, fm_error *err) {
    fm_engine *engine = NULL;
    params.device = "ref";
    params.log = (fm_log){0}; /* that it is slow is no news here */
    fm_status status = fm_engine_create(&engine, &params, err);
    if (status == FM_OK)
        status = render(test, engine, 0, test->want, err);
    fm_engine_destroy(&engine);
    return status;
}

static void begin_json(selftest *test, const fm_caps *caps) {
    fmi_json *json = &test->json;
    if (!test->as_json)
        return;
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "schema", "facemorph/selftest/1");
    fmi_json_begin(json, "device", '{');
    fmi_json_string(json, "id", caps->id);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_end(json);
    fmi_json_begin(json, "checks", '[');
}

static fm_status end_json(selftest *test, fm_error *err) {
    if (!test->as_json)
        return FM_OK;
    fmi_json_end(&test->json);
    fmi_json_uint(&test->json, "passed", test->passed);
    fmi_json_uint(&test->json, "failed", test->failed);
    fmi_json_end(&test->json);
    const char *text = fmi_json_text(&test->json);
    if (!text)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the JSON of a selftest");
    (void)fputs(text, stdout);
    return FM_OK;
}

/* Twice, the second time one frame a launch. */
static fm_status run_device(selftest *test, fm_engine *engine, uint8_t *again, fm_stats *stats,
                            fm_error *err) {
    const fm_caps *caps = fm_engine_caps(engine);
    begin_json(test, caps);
    check(test, true, "device: %s, %s, driver %s", caps->name, caps->platform, caps->driver);
    fm_status status = render(test, engine, 0, test->got, err);
    if (status == FM_OK)
        status = render(test, engine, 1, again, err);
    if (status == FM_OK)
        status = fm_engine_stats(engine, stats);
    return status;
}

static void check_device(selftest *test, const uint8_t *again, const fm_stats *stats) {
    /* The probe runs with the first program and stops the render when anything differs. */
    if (stats->builds + stats->cache_hits > 0)
        check(test, true, "structs: host and kernels agree on every size and offset");
    check_pictures(test);
    check(test, memcmp(again, test->got, FRAMES * FRAME_BYTES) == 0,
          "batches: one frame a launch gives the same bytes");
    check(test, stats->loop_to_device_bytes == 0, "transfers: nothing goes up in the frame loop");
}

/* The device comes first: what is wrong with it shows before the slow reference. */
static fm_status compare_both(selftest *test, fm_engine *engine, const fm_engine_params *params,
                              fm_error *err) {
    fm_stats stats = {0};
    uint8_t *again = malloc(FRAMES * FRAME_BYTES);
    if (again == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the test pictures");
    fm_status status = run_device(test, engine, again, &stats, err);
    if (status == FM_OK)
        status = run_reference(test, *params, err);
    if (status == FM_OK)
        check_device(test, again, &stats);
    free(again);
    return status;
}

static fm_status run_checks(selftest *test, const fm_engine_params *params, fm_error *err) {
    const fm_view view = {.struct_size = sizeof view, .transparent = true};
    fm_engine *engine = NULL;
    fm_status status = FM_OK;
    test->want = malloc(FRAMES * FRAME_BYTES);
    test->got = malloc(FRAMES * FRAME_BYTES);
    if (test->want == NULL || test->got == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the test pictures");
    status = fm_engine_create(&engine, params, err);
    if (status == FM_OK)
        status = fm_render_prepare(engine, &view, true, false, err);
    for (uint32_t i = 0; i < 2 && status == FM_OK; i++)
        status = make_head(&test->head[i], i, err);
    if (status == FM_OK)
        status = compare_both(test, engine, params, err);
    fm_engine_destroy(&engine);
    if (status == FM_OK)
        status = end_json(test, err);
    if (status == FM_OK)
        status = fmi_text_flush(err);
    if (status == FM_OK && test->failed > 0)
        status = fmi_fail(err, FM_ERROR_NUMERIC,
                          "selftest: %u checks failed; do not trust this device, please report",
                          test->failed);
    return status;
}

static void free_test(selftest *test) {
    for (uint32_t i = 0; i < 2; i++) {
        fmi_sample_free(&test->head[i].head);
        free(test->head[i].positions);
        free(test->head[i].uvs);
    }
    free(test->want);
    free(test->got);
    fmi_json_free(&test->json);
}

int fmi_cmd_selftest(int argc, char **argv) {
    fmi_command command;
    fmi_runtime runtime;
    selftest test = {0};
    int code = 0;
    if (!fmi_command_begin(&command, table, 2, help, argc, argv, &code))
        return code;
    fm_status status = FM_OK;
    if (command.args.operands > 0)
        status =
            fmi_fail(&command.err, FM_ERROR_INVALID_ARGUMENT,
                     "'%.60s': selftest takes no arguments; see --help", command.args.operand[0]);
    fmi_interrupt_install();
    fmi_runtime_prepare(&runtime, 0);
    fm_engine_params params = fmi_runtime_engine_params(&runtime, &command.console);
    params.device = command.args.value[ROW_DEVICE];
    test.as_json = command.args.value[ROW_JSON] != NULL;
    if (status == FM_OK)
        status = run_checks(&test, &params, &command.err);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    if (status != FM_OK && test.failed > 0)
        code = 1;
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    free_test(&test);
    return fmi_command_end_device(&command, code);
}
