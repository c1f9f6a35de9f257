/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "clock.h"
#include "error.h"
#include "io/json.h"

#include <string.h>

/* Rows of the picture. */
enum { TRACK_STAGES = 1, TRACK_BATCHES, TRACK_LOAD_A, TRACK_LOAD_B };

static void write_event(fmi_json *json, const char *name, uint32_t track, double begin,
                        double end) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", name);
    fmi_json_string(json, "ph", "X");
    fmi_json_uint(json, "pid", 1);
    fmi_json_uint(json, "tid", track);
    fmi_json_double(json, "ts", begin * 1e6);
    fmi_json_double(json, "dur", (end - begin) * 1e6);
    fmi_json_end(json);
}

static void write_events(fmi_json *json, const fmi_run *run) {
    char name[32];
    double now = fmi_clock_since_start();
    for (uint32_t i = 0; i < FMI_STAGE_COUNT; i++) {
        fmi_stage stage = (fmi_stage)i;
        if (run->stages.ran[i])
            write_event(json, fmi_stage_name(stage), TRACK_STAGES, run->stages.first[i],
                        fmi_stages_end(&run->stages, stage, now));
    }
    for (uint32_t i = 0; i < run->batch_count; i++) {
        snprintf(name, sizeof name, "batch %u", i);
        write_event(json, name, TRACK_BATCHES, run->batches[i].begin, run->batches[i].end);
    }
    write_event(json, "load A", TRACK_LOAD_A, run->load.job[0].begin, run->load.job[0].end);
    write_event(json, "load B", TRACK_LOAD_B, run->load.job[1].begin, run->load.job[1].end);
}

fm_status fmi_trace_write(const fmi_run *run, const char *path, fm_error *err) {
    fmi_json json = {.compact = true};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_begin(&json, "traceEvents", '[');
    write_events(&json, run);
    fmi_json_end(&json);
    fmi_json_string(&json, "displayTimeUnit", "ms");
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    fm_status status = text != NULL
                           ? fmi_output_write(path, text, strlen(text), err)
                           : fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for it", path);
    fmi_json_free(&json);
    return status;
}
