/* SPDX-License-Identifier: MIT */
#include "cold.h"

#include "clock.h"
#include "engine_impl.h"
#include "error.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define TOUCH_BYTES (UINT64_C(32) << 20)

static void add(fmi_cold *cold, const char *name, bool cached, uint64_t start, const char *note) {
    const double seconds = 1e-9 * (double)(fmi_clock_ns() - start);
    if (cold->count == FMI_COLD_STAGES)
        return;
    fmi_cold_stage *stage = &cold->stage[cold->count++];
    *stage = (fmi_cold_stage){.seconds = seconds};
    (void)snprintf(stage->name, sizeof stage->name, "%s%s", name, cached ? ", cached" : "");
    (void)snprintf(stage->note, sizeof stage->note, "%s", note);
}

/* Loader, platforms, devices. */
static fm_status platform(fmi_cold *cold, bool cached, fm_error *err) {
    const uint64_t start = fmi_clock_ns();
    fmi_device *list = NULL;
    size_t count = 0;
    const fm_status status = fmi_device_list(&list, &count, err);
    free(list);
    if (!cached)
        add(cold, "platform", false, start, "loader, platforms, devices");
    return status;
}

static fm_status context(fmi_cold *cold, const fmi_case_params *params, const char *cache_dir,
                         bool cached, fm_engine **engine, fm_error *err) {
    const uint64_t start = fmi_clock_ns();
    const fm_engine_params how = {.struct_size = sizeof how,
                                  .device = params->device,
                                  .cache_dir = cache_dir,
                                  .kernel_dir = getenv("FM_CL_DIR"),
                                  .log = params->log};
    const fm_status status = fm_engine_create(engine, &how, err);
    if (!cached)
        add(cold, "context", false, start, "context, queue, device facts");
    return status;
}

/* Two frames alone: the first pays for programs, launches and buffers, the second does not. */
static fm_status frames(fmi_cold *cold, const fmi_case_params *params, fm_engine *engine,
                        bool cached, fm_error *err) {
    fm_pair *pair = NULL;
    uint64_t start = fmi_clock_ns();
    fm_status status = fmi_input_pair(params->input, engine, false, false, &pair, err);
    if (!cached)
        add(cold, "upload", false, start, "two heads and their textures");
    const fm_view view = {.struct_size = sizeof view, .width = 256, .height = 256, .batch = 1};
    const float t[1] = {0.5F};
    fm_stats stats = {0};
    start = fmi_clock_ns();
    if (status == FM_OK)
        status = fm_render(pair, t, 1, &view, NULL, NULL, NULL, err);
    add(cold, "first frame", cached, start,
        cached ? "programs from the cache" : "programs compiled from source");
    if (status == FM_OK && fm_engine_stats(engine, &stats) == FM_OK && cold->count) {
        fmi_cold_stage *stage = &cold->stage[cold->count - 1];
        (void)snprintf(stage->note, sizeof stage->note, "of it %.3f s building %llu programs",
                       stats.build_seconds, (unsigned long long)(stats.builds + stats.cache_hits));
    }
    start = fmi_clock_ns();
    if (status == FM_OK)
        status = fm_render(pair, t, 1, &view, NULL, NULL, NULL, err);
    if (cached)
        add(cold, "second frame", true, start, "nothing new to build");
    fm_pair_destroy(&pair);
    return status;
}

/* The same bytes written twice to a new buffer. */
static fm_status touch(fmi_cold *cold, fm_engine *engine, fm_error *err) {
    fmi_buffer buffer = {0};
    void *bytes = calloc(1, TOUCH_BYTES);
    if (!bytes)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the first touch");
    fm_status status = fmi_buffer_create(&buffer, engine->queue, CL_MEM_READ_WRITE, TOUCH_BYTES,
                                         "first touch", err);
    for (int i = 0; status == FM_OK && i < 2; ++i) {
        const uint64_t start = fmi_clock_ns();
        status = fmi_buffer_write(&buffer, 0, TOUCH_BYTES, bytes, err);
        add(cold, i ? "second touch" : "first touch", false, start, "32 MiB into a new buffer");
    }
    fmi_buffer_destroy(&buffer);
    free(bytes);
    return status;
}

fm_status fmi_cold_measure(fmi_cold *cold, const fmi_case_params *params, const char *cache_dir,
                           bool cached, fm_error *err) {
    *cold = (fmi_cold){0};
    fm_engine *engine = NULL;
    (void)setenv("POCL_CACHE_DIR", cache_dir, 1);
    fm_status status = platform(cold, cached, err);
    if (status == FM_OK)
        status = context(cold, params, cache_dir, cached, &engine, err);
    const bool renders = params->input && !params->input->points_only;
    if (status == FM_OK && renders)
        status = frames(cold, params, engine, cached, err);
    if (status == FM_OK && !cached)
        status = touch(cold, engine, err);
    fm_engine_destroy(&engine);
    return fmi_while(err, status, "while measuring a cold start");
}
