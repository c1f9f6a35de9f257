/* SPDX-License-Identifier: MIT */
#include "json_blocks.h"

#include "recovered.h"

void fmi_json_device(fmi_json *json, const fm_caps *caps) {
    fmi_json_begin(json, "device", '{');
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_string(json, "id", caps->id);
    fmi_json_end(json);
}

static void write_direction(fmi_json *json, const char *key, uint64_t count, uint64_t bytes) {
    fmi_json_begin(json, key, '{');
    fmi_json_uint(json, "count", count);
    fmi_json_uint(json, "bytes", bytes);
    fmi_json_end(json);
}

void fmi_json_transfers(fmi_json *json, const fm_stats *stats) {
    fmi_json_begin(json, "transfers", '{');
    write_direction(json, "to_device", stats->to_device_count, stats->to_device_bytes);
    write_direction(json, "from_device", stats->from_device_count, stats->from_device_bytes);
}

void fmi_json_recovery(fmi_json *json, const fm_recovery *r) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_string(json, "stage", r->stage);
    fmi_json_uint(json, "frame", r->frame);
    fmi_json_uint(json, "from", r->from);
    fmi_json_uint(json, "to", r->to);
    fmi_json_uint(json, "strips", r->strips);
    fmi_json_int(json, "code", r->cl_code);
    fmi_json_end(json);
}

void fmi_json_again(fmi_json *json, const fmi_again *again) {
    for (uint32_t i = 0; i < again->count; i++) {
        uint32_t from = again->batch[i];
        fmi_json_recovery(json, &(fm_recovery){.stage = "new process",
                                               .from = from,
                                               .to = from > 1 ? from / 2 : from,
                                               .strips = 1,
                                               .cl_code = again->code[i]});
    }
}

void fmi_json_recovered(fmi_json *json, const fm_engine *engine) {
    uint32_t count = 0;
    const fm_recovery *list = fmi_recovered_list(engine, &count);
    for (uint32_t i = 0; i < count; i++)
        fmi_json_recovery(json, &list[i]);
}
