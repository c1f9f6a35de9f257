/* SPDX-License-Identifier: MIT */
/** @file live_room.h What a live comparison needs besides its sides: a device, inputs, workers. */
#ifndef FMI_LIVE_ROOM_H
#define FMI_LIVE_ROOM_H

#include "runner.h"
#include "store_live.h"

/** Zeroed = nothing. Free with fmi_live_room_free. */
typedef struct fmi_live_room {
    fmi_runner *runner;
    fm_caps caps;
    fmi_environment environment;
    fmi_input *input[FMI_AXIS_MAX];
    uint32_t input_count;
    fm_log log;
    char started[32];
} fmi_live_room;

/** Opens the device, reads the environment. device NULL = auto. argc, argv: for the workers. */
fm_status fmi_live_room_open(fmi_live_room *room, const fmi_options *options, const char *device,
                             int argc, char *const *argv, fm_error *err);
/** Makes the inputs that options names; skins: textures are seen. */
fm_status fmi_live_room_inputs(fmi_live_room *room, const fmi_options *options, bool skins,
                               fm_error *err);
/** The input that a stored cell had; NULL when there is none like it. */
fmi_input *fmi_live_room_find(const fmi_live_room *room, const char *label, uint32_t vertices);
void fmi_live_room_free(fmi_live_room *room);

#endif
