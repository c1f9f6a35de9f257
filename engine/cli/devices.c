/* SPDX-License-Identifier: MIT */
/* fmorph devices: what there is to run on. */
#include "commands.h"
#include "runtime.h"

#include "error.h"
#include "io/json.h"
#include "io/text.h"

#include <fm/device.h>

#include <inttypes.h>

static const char help[] = "usage: fmorph devices [--json]\n"
                           "\n"
                           "Lists every usable OpenCL device. Each of index, id and part of the\n"
                           "name selects it: fmorph morph A B --device SEL.\n"
                           "\n"
                           "      --json            one object on stdout\n" FMI_HELP_COMMON;

enum { ROW_JSON = FMI_ARG_COMMON };
static const fmi_option table[] = {{"json", 0, FMI_OPTION_FLAG}};

static const char *type_name(fm_device_type type) {
    static const char *const names[] = {"other", "cpu", "gpu", "accelerator"};
    return names[type];
}

static void print_list(const fm_caps *caps, size_t count) {
    for (size_t i = 0; i < count; i++) {
        const fm_caps *c = &caps[i];
        printf("%u  %s\n", c->index, c->name);
        printf("   id %s, %s, %u units, %.1f GiB\n", c->id, type_name(c->type), c->compute_units,
               (double)c->global_bytes / (1024.0 * 1024.0 * 1024.0));
        printf("   %s, driver %s, %s\n", c->platform, c->driver, c->version);
    }
}

static void write_device(fmi_json *json, const fm_caps *caps) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_uint(json, "index", caps->index);
    fmi_json_string(json, "id", caps->id);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "vendor", caps->vendor);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_string(json, "version", caps->version);
    fmi_json_string(json, "type", type_name(caps->type));
    fmi_json_string(json, "specialisation", fm_specialisation_name(caps->preferred));
    fmi_json_uint(json, "units", caps->compute_units);
    fmi_json_uint(json, "clock_mhz", caps->clock_mhz);
    fmi_json_uint(json, "global_bytes", caps->global_bytes);
    fmi_json_uint(json, "max_alloc_bytes", caps->max_alloc_bytes);
    fmi_json_uint(json, "local_bytes", caps->local_bytes);
    fmi_json_uint(json, "max_group_size", caps->max_group_size);
    fmi_json_bool(json, "compiler", caps->compiler);
    fmi_json_bool(json, "unified_memory", caps->unified_memory);
    fmi_json_bool(json, "fp64", caps->fp64);
    fmi_json_bool(json, "fp16", caps->fp16);
    fmi_json_bool(json, "images", caps->images);
    fmi_json_end(json);
}

static fm_status print_json(const fm_caps *caps, size_t count, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "facemorph/devices/1");
    fmi_json_string(&json, "version", fm_version());
    fmi_json_begin(&json, "devices", '[');
    for (size_t i = 0; i < count; i++)
        write_device(&json, &caps[i]);
    fmi_json_end(&json);
    fmi_json_end(&json);
    const char *text = fmi_json_text(&json);
    fm_status status = text != NULL ? fmi_text_print(text, err)
                                    : fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for the list");
    fmi_json_free(&json);
    return status;
}

static fm_status list_devices(bool as_json, fm_error *err) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_status status = fm_devices(&caps, &count, err);
    if (status == FM_OK && as_json)
        status = print_json(caps, count, err);
    else if (status == FM_OK)
        print_list(caps, count);
    if (status == FM_OK)
        status = fmi_text_flush(err);
    fm_devices_free(&caps);
    if (status == FM_OK && count == 0)
        status =
            fmi_fail(err, FM_ERROR_NO_DEVICE,
                     "no OpenCL device; install a driver: any CPU pocl-opencl-icd, Intel "
                     "intel-opencl-icd, AMD mesa-opencl-icd, NVIDIA nvidia-opencl-icd (non-free); "
                     "--device ref needs none, slowly");
    return status;
}

int fmi_cmd_devices(int argc, char **argv) {
    fmi_command command;
    fmi_runtime runtime;
    int code = 0;
    if (!fmi_command_begin(&command, table, 1, help, argc, argv, &code))
        return code;
    fm_status status = FM_OK;
    if (command.args.operands > 0)
        status =
            fmi_fail(&command.err, FM_ERROR_INVALID_ARGUMENT,
                     "'%.60s': devices takes no arguments; see --help", command.args.operand[0]);
    fmi_runtime_prepare(&runtime, 0);
    if (status == FM_OK)
        status = list_devices(command.args.value[ROW_JSON] != NULL, &command.err);
    if (status != FM_OK)
        code = fmi_console_fail(&command.console, &command.err);
    fmi_command_end(&command);
    return code;
}
