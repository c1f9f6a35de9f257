/* SPDX-License-Identifier: MIT */
/* fmbench devices */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "table.h"

#include <stdlib.h>

static const char *type_name(fm_device_type type) {
    static const char *const names[] = {"other", "cpu", "gpu", "accelerator"};
    return (unsigned)type < 4 ? names[type] : "other";
}

static void add_json(const fm_caps *caps, fmi_json *json) {
    fmi_json_begin(json, NULL, '{');
    fmi_json_uint(json, "index", caps->index);
    fmi_json_string(json, "id", caps->id);
    fmi_json_string(json, "name", caps->name);
    fmi_json_string(json, "type", type_name(caps->type));
    fmi_json_string(json, "vendor", caps->vendor);
    fmi_json_string(json, "platform", caps->platform);
    fmi_json_string(json, "driver", caps->driver);
    fmi_json_string(json, "version", caps->version);
    fmi_json_uint(json, "compute_units", caps->compute_units);
    fmi_json_uint(json, "clock_mhz", caps->clock_mhz);
    fmi_json_uint(json, "global_bytes", caps->global_bytes);
    fmi_json_uint(json, "max_alloc_bytes", caps->max_alloc_bytes);
    fmi_json_uint(json, "timer_resolution_ns", caps->timer_resolution_ns);
    fmi_json_bool(json, "unified_memory", caps->unified_memory);
    fmi_json_bool(json, "compiler", caps->compiler);
    fmi_json_end(json);
}

static fm_status print_json(const fm_caps *caps, size_t count, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/devices/1");
    fmi_json_begin(&json, "devices", '[');
    for (size_t i = 0; i < count; ++i)
        add_json(&caps[i], &json);
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

static void print_table(const fm_caps *caps, size_t count, fmi_format format) {
    static const char *const head[] = {">index", "id",     "type",    "name",      "platform",
                                       "driver", ">units", ">memory", "preferred", NULL};
    fmi_table table = {0};
    fmi_table_head(&table, head);
    for (size_t i = 0; i < count; ++i) {
        fmi_table_add(&table, "%u", caps[i].index);
        fmi_table_add(&table, "%s", caps[i].id);
        fmi_table_add(&table, "%s", type_name(caps[i].type));
        fmi_table_add(&table, "%s", caps[i].name);
        fmi_table_add(&table, "%s", caps[i].platform);
        fmi_table_add(&table, "%s", caps[i].driver);
        fmi_table_add(&table, "%u", caps[i].compute_units);
        fmi_table_add(&table, "%.1f GB", 1e-9 * (double)caps[i].global_bytes);
        fmi_table_add(&table, "%s", fm_specialisation_name(caps[i].preferred));
    }
    fmi_table_print(&table, format, stdout);
    fmi_table_free(&table);
}

int fmi_command_devices(const fmi_options *options) {
    fm_caps *caps = NULL;
    size_t count = 0;
    fm_error err = {0};
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fm_status status = fm_devices(&caps, &count, &err);
    if (status == FM_OK && options->format == FMI_FORMAT_JSON)
        status = print_json(caps, count, &err);
    else if (status == FM_OK && count > 0)
        print_table(caps, count, options->format);
    fm_devices_free(&caps);
    if (status == FM_OK && count == 0)
        status = fmi_fail(&err, FM_ERROR_NO_DEVICE,
                          "no OpenCL device; install a driver, for any CPU pocl-opencl-icd; fmorph "
                          "devices names those of GPUs, fmbench doctor looks for the cause");
    if (status == FM_OK && fflush(stdout) != 0)
        status = fmi_fail(&err, FM_ERROR_IO,
                          "stdout: the list could not be printed; check where it goes");
    return status == FM_OK ? 0 : fmi_console_error(&err);
}
