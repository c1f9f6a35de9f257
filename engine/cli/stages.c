/* SPDX-License-Identifier: MIT */
#include "stages.h"

#include <stddef.h>

const char *fmi_stage_name(fmi_stage stage) {
    static const char *const names[FMI_STAGE_COUNT] = {"start",    "import", "upload",   "build",
                                                       "render",   "encode", "heatmaps", "meshes",
                                                       "textures", "video",  "tables"};
    return names[stage];
}

static void pause_top(fmi_stages *stages, double now) {
    if (stages->depth == 0)
        return;
    fmi_stage top = stages->stack[stages->depth - 1];
    if (now > stages->since)
        stages->exclusive[top] += now - stages->since;
    if (now > stages->since && stages->segment != NULL)
        stages->segment(stages->user, top, stages->since, now);
    if (now > stages->last[top])
        stages->last[top] = now;
}

void fmi_stages_enter(fmi_stages *stages, fmi_stage stage, double now) {
    pause_top(stages, now);
    if (stages->depth < FMI_STAGES_DEPTH)
        stages->stack[stages->depth++] = stage;
    stages->since = now;
    fmi_stages_span(stages, stage, now, now);
}

void fmi_stages_leave(fmi_stages *stages, double now) {
    pause_top(stages, now);
    if (stages->depth > 0)
        stages->depth--;
    stages->since = now;
}

void fmi_stages_span(fmi_stages *stages, fmi_stage stage, double begin, double end) {
    if (!stages->ran[stage] || begin < stages->first[stage])
        stages->first[stage] = begin;
    if (!stages->ran[stage] || end > stages->last[stage])
        stages->last[stage] = end;
    stages->ran[stage] = true;
}

void fmi_stages_move(fmi_stages *stages, fmi_stage from, fmi_stage to, double seconds) {
    if (seconds > stages->exclusive[from])
        seconds = stages->exclusive[from];
    if (seconds <= 0.0)
        return;
    stages->exclusive[from] -= seconds;
    stages->exclusive[to] += seconds;
    if (!stages->ran[to])
        fmi_stages_span(stages, to, stages->first[from], stages->first[from] + seconds);
}

void fmi_stages_device(fmi_stages *stages, fmi_stage stage, double seconds) {
    stages->device[stage] = seconds;
    stages->device_known[stage] = seconds >= 0.0;
}

static bool on_top(const fmi_stages *stages, fmi_stage stage) {
    return stages->depth > 0 && stages->stack[stages->depth - 1] == stage;
}

double fmi_stages_exclusive(const fmi_stages *stages, fmi_stage stage, double now) {
    double running = on_top(stages, stage) && now > stages->since ? now - stages->since : 0.0;
    return stages->exclusive[stage] + running;
}

double fmi_stages_end(const fmi_stages *stages, fmi_stage stage, double now) {
    return on_top(stages, stage) && now > stages->last[stage] ? now : stages->last[stage];
}
