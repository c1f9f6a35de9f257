/* SPDX-License-Identifier: MIT */
/* fmbench doctor: what will hurt measurements on this machine, and what to do about it. */
#include "doctor.h"
#include "child.h"
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/json.h"
#include "io/text.h"
#include "runner.h"

#include <stdio.h>
#include <stdlib.h>

static void print_findings(const fmi_doctor *d) {
    for (uint32_t i = 0; i < d->count; ++i) {
        (void)printf("%s  %s\n", d->finding[i].good ? "good" : "look", d->finding[i].what);
        if (d->finding[i].advice[0])
            (void)printf("      -> %s\n", d->finding[i].advice);
    }
}

static fm_status print_json(const fmi_doctor *d, fm_error *err) {
    fmi_json json = {0};
    fmi_json_begin(&json, NULL, '{');
    fmi_json_string(&json, "schema", "fmbench/doctor/1");
    fmi_json_begin(&json, "findings", '[');
    for (uint32_t i = 0; i < d->count; ++i) {
        fmi_json_begin(&json, NULL, '{');
        fmi_json_bool(&json, "good", d->finding[i].good);
        fmi_json_string(&json, "what", d->finding[i].what);
        fmi_json_string(&json, "advice", d->finding[i].advice[0] ? d->finding[i].advice : NULL);
        fmi_json_end(&json);
    }
    fmi_json_end(&json);
    fmi_json_end(&json);
    return fmi_console_json(&json, stdout, err);
}

static fm_status print(const fmi_doctor *d, const fmi_options *options, fm_error *err) {
    fm_status status = FM_OK;
    if (options->format == FMI_FORMAT_JSON)
        status = print_json(d, err);
    else
        print_findings(d);
    return status == FM_OK ? fmi_text_flush(err) : status;
}

/* The device is looked at by a worker: a driver that dies is a finding, not an end. */
static fm_status examine(fmi_doctor *d, const fmi_options *options, int argc, char *const *argv,
                         fm_error *err) {
    fmi_environment environment;
    fm_caps caps = {0};
    fmi_opencl_facts facts = {.clock = "not tested"};
    fmi_runner *runner = NULL;
    const fmi_runner_params how = {.options = options,
                                   .argc = argc,
                                   .argv = argv,
                                   .log = fmi_console_logger(options->log_level)};
    fm_status status = fmi_runner_create(&runner, &how, err);
    if (status != FM_OK)
        return status;
    status = fmi_runner_device(runner, options->device, &caps, &facts, err);
    fmi_runner_destroy(&runner);
    fmi_environment_read(&environment, &caps, &facts);
    fmi_doctor_machine(d, &environment, "");
    if (status == FM_OK)
        fmi_doctor_device(d, &caps, facts.clock);
    else
        fmi_doctor_no_device(d, err->message);
    fmi_doctor_peers(d);
    return status;
}

static int no_memory(void) {
    fm_error err;
    (void)fmi_fail(&err, FM_ERROR_HOST_MEMORY, "no memory for the findings");
    return fmi_console_error(&err);
}

int fmi_command_doctor(const fmi_options *options, int argc, char *const *argv) {
    fmi_doctor *d = calloc(1, sizeof *d);
    fm_error err = {0};
    if (!d)
        return no_memory();
    fmi_runtime_settings((uint32_t)options->threads.value[0].a);
    fmi_signals_install();
    fmi_signals_at_once();
    const fm_status status = examine(d, options, argc, argv, &err);
    if (status == FM_ERROR_CANCELLED) {
        free(d);
        return fmi_console_error(&err);
    }
    if (print(d, options, &err) != FM_OK) {
        free(d);
        return fmi_console_error(&err);
    }
    (void)fprintf(stderr, "verdict=%s findings=%u\n", d->bad ? "look" : "good", d->bad);
    free(d);
    return status == FM_OK ? 0 : fmi_exit_code(status);
}
