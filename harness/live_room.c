/* SPDX-License-Identifier: MIT */
#include "live_room.h"

#include "console.h"
#include "error.h"

#include <string.h>

fm_status fmi_live_room_open(fmi_live_room *room, const fmi_options *options, const char *device,
                             int argc, char *const *argv, fm_error *err) {
    char name[32];
    fmi_opencl_facts facts = {0};
    *room = (fmi_live_room){.log = fmi_console_logger(options->log_level)};
    const fmi_runner_params how = {
        .options = options, .argc = argc, .argv = argv, .log = room->log};
    fmi_store_run_id(name, room->started);
    fm_status status = fmi_runner_create(&room->runner, &how, err);
    if (status == FM_OK)
        status = fmi_runner_device(room->runner, device, &room->caps, &facts, err);
    if (status == FM_OK)
        fmi_environment_read(&room->environment, &room->caps, &facts);
    return status;
}

fm_status fmi_live_room_inputs(fmi_live_room *room, const fmi_options *options, bool skins,
                               fm_error *err) {
    fm_status status = FM_OK;
    if (options->input[0]) {
        status = fmi_input_files(&room->input[0], options->input[0], options->input[1], &room->log,
                                 fmi_signals_cancel(), err);
        room->input_count = status == FM_OK;
    }
    for (uint32_t i = 0; status == FM_OK && !options->input[0] && i < options->vertices.count;
         ++i) {
        const fmi_sample_params params = {.vertices = (uint32_t)options->vertices.value[i].a,
                                          .texture = skins ? 2048 : 64};
        status = fmi_input_sample(&room->input[i], &params, err);
        room->input_count += status == FM_OK;
    }
    if (status == FM_OK)
        fmi_runner_inputs(room->runner, room->input, room->input_count);
    return status;
}

fmi_input *fmi_live_room_find(const fmi_live_room *room, const char *label, uint32_t vertices) {
    for (uint32_t i = 0; i < room->input_count; ++i)
        if (room->input[i]->vertices == vertices && strcmp(room->input[i]->label, label) == 0)
            return room->input[i];
    return NULL;
}

void fmi_live_room_free(fmi_live_room *room) {
    fmi_runner_destroy(&room->runner);
    for (uint32_t i = 0; i < room->input_count; ++i)
        fmi_input_destroy(&room->input[i]);
    room->input_count = 0;
}
