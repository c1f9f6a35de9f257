/* SPDX-License-Identifier: MIT */
#include "trace.h"

#include "error.h"
#include "io/json.h"
#include "io/output.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void fmi_trace_init(fmi_trace *trace) {
    memset(trace, 0, sizeof *trace);
    pthread_mutex_init(&trace->lock, NULL);
}

void fmi_trace_free(fmi_trace *trace) {
    free(trace->events);
    pthread_mutex_destroy(&trace->lock);
    memset(trace, 0, sizeof *trace);
}

static bool make_room(fmi_trace *trace) {
    if (trace->count < trace->room)
        return true;
    size_t room = trace->room * 2 + 256;
    fmi_trace_event *larger = realloc(trace->events, room * sizeof *larger);
    trace->failed = trace->failed || larger == NULL;
    if (larger == NULL)
        return false;
    trace->events = larger;
    trace->room = room;
    return true;
}

void fmi_trace_add(fmi_trace *trace, uint32_t track, const char *name, double begin, double end) {
    if (trace == NULL)
        return;
    pthread_mutex_lock(&trace->lock);
    if (make_room(trace)) {
        fmi_trace_event *event = &trace->events[trace->count++];
        snprintf(event->name, sizeof event->name, "%s", name);
        event->track = track;
        event->begin = begin;
        event->end = end;
    }
    pthread_mutex_unlock(&trace->lock);
}

static void take_segment(void *user, fmi_stage stage, double begin, double end) {
    fmi_trace_add(user, FMI_TRACK_MAIN, fmi_stage_name(stage), begin, end);
}

void fmi_trace_stages(fmi_trace *trace, fmi_stages *stages) {
    stages->segment = trace != NULL ? take_segment : NULL;
    stages->user = trace;
}

static void write_event(fmi_json *json, const fmi_trace_event *event) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", event->name);
    fmi_json_string(json, "ph", "X");
    fmi_json_uint(json, "pid", 1);
    fmi_json_uint(json, "tid", event->track);
    fmi_json_double(json, "ts", event->begin * 1e6);
    fmi_json_double(json, "dur", (event->end - event->begin) * 1e6);
    fmi_json_end(json);
}

/* The viewer shows this name beside the row. */
static void write_track(fmi_json *json, uint32_t track) {
    static const char *const names[FMI_TRACK_ENCODERS] = {
        "", "main thread", "batches", "load A", "load B", "video", "next pair"};
    char name[32];
    snprintf(name, sizeof name, "encoder %u", track - FMI_TRACK_ENCODERS);
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "name", "thread_name");
    fmi_json_string(json, "ph", "M");
    fmi_json_uint(json, "pid", 1);
    fmi_json_uint(json, "tid", track);
    fmi_json_begin(json, "args", '{');
    fmi_json_string(json, "name", track < FMI_TRACK_ENCODERS ? names[track] : name);
    fmi_json_end(json);
    fmi_json_end(json);
}

static void write_all(fmi_json *json, const fmi_trace *trace) {
    uint32_t last = 0;
    for (size_t i = 0; i < trace->count; i++)
        last = trace->events[i].track > last ? trace->events[i].track : last;
    fmi_json_begin(json, NULL, '{');
    fmi_json_begin(json, "traceEvents", '[');
    for (size_t i = 0; i < trace->count; i++)
        write_event(json, &trace->events[i]);
    for (uint32_t track = 1; track <= last; track++)
        write_track(json, track);
    fmi_json_end(json);
    fmi_json_string(json, "displayTimeUnit", "ms");
    fmi_json_end(json);
}

fm_status fmi_trace_write(fmi_trace *trace, const char *path, fm_error *err) {
    fmi_json json = {.compact = true};
    write_all(&json, trace);
    const char *text = trace->failed ? NULL : fmi_json_text(&json);
    fm_status status = text != NULL
                           ? fmi_output_write(path, text, strlen(text), err)
                           : fmi_fail(err, FM_ERROR_HOST_MEMORY, "%s: no memory for it", path);
    fmi_json_free(&json);
    return status;
}
