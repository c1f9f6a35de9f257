/* SPDX-License-Identifier: MIT */
#include "single.h"

#include "interrupt.h"

#include "clock.h"

#include "io/text.h"

#include <stdlib.h>

static double since_start(void) {
    return fmi_clock_since_start();
}

/* Opens the device while the loading threads read; then waits for them. What is wrong with a file
 * comes before what is wrong with the device. */
static fm_status open_inputs(const fmi_single *single, const fmi_runtime *runtime, fm_error *err) {
    fmi_run *run = single->run;
    fm_log log = fmi_console_sink(run->console);
    fm_error engine_err = {0};
    fmi_stages_enter(&run->stages, FMI_STAGE_BUILD, since_start());
    fm_status status =
        fmi_loads_start(run->own, single->files, single->file_count, single->loaders, &log, err);
    fm_status engine_status = FM_OK;
    if (status == FM_OK)
        engine_status = single->open(run, runtime, &engine_err);
    fmi_stages_leave(&run->stages, since_start());
    if (status != FM_OK)
        return status;
    fmi_stages_enter(&run->stages, FMI_STAGE_IMPORT, since_start());
    status = fmi_loads_wait(run->own, err);
    fmi_stages_leave(&run->stages, since_start());
    single->loaded(run);
    if (status == FM_OK && engine_status != FM_OK) {
        *err = engine_err;
        status = engine_status;
    }
    return status;
}

static void say_done(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    bool cached = false;
    for (int i = 0; i < FMI_RUN_STEPS; i++)
        cached = cached || run->cached[i];
    fmi_console_log(run->console, FM_LOG_INFO, "%s: %u frames of %ux%u in %.2f s%s",
                    options->raw ? "stdout" : run->folder, options->frames, options->view.width,
                    options->view.height, since_start(), cached ? ", with files of the cache" : "");
}

static fm_status run_steps(const fmi_single *single, fm_error *err) {
    fmi_run *run = single->run;
    const fmi_morph_options *options = run->options;
    fmi_runtime runtime;
    char *json = NULL;
    fm_status status = fmi_run_begin(run, NULL, err);
    run->names.numbered = run->target_count > 0;
    if (status == FM_OK) {
        fmi_interrupt_install();
        fmi_runtime_prepare(&runtime, options->threads);
    }
    fmi_stages_leave(&run->stages, since_start());
    if (status == FM_OK)
        status = open_inputs(single, &runtime, err);
    if (status == FM_OK)
        status = fmi_run_make(run, &json, err);
    if (status == FM_OK && options->json)
        status = fmi_text_print(json, err);
    if (status == FM_OK && !options->dry_run)
        say_done(run);
    free(json);
    return status;
}

/* A device that was lost before anything of the run was given away is worth another process. */
static bool may_start_over(const fmi_run *run, fm_status status) {
    return status == FM_ERROR_DEVICE_LOST && !(run->options->raw && run->batch_count > 0);
}

int fmi_single_run(const fmi_single *single, char **argv) {
    fmi_run *run = single->run;
    fmi_console *console = run->console;
    const fmi_again *again = run->again;
    fmi_loads loads = {0};
    fmi_trace trace;
    fm_error err = {0};
    fmi_trace_init(&trace);
    run->own = &loads;
    run->trace_file = run->options->trace;
    run->trace = run->trace_file != NULL ? &trace : NULL;
    fmi_trace_stages(run->trace, &run->stages);
    fmi_stages_enter(&run->stages, FMI_STAGE_START, 0.0);
    fm_status status = run_steps(single, &err);
    bool over = may_start_over(run, status);
    uint32_t batch = run->report.plan.batch;
    int code = status == FM_OK || over ? 0 : fmi_console_fail(console, &err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fm_engine *engine = run->engine;
    fmi_run_end(run);
    fm_engine_destroy(&engine);
    fmi_loads_free(&loads);
    fmi_trace_free(&trace);
    if (over) {
        fmi_again_start(again, console, argv, batch, err.cl_code);
        code = fmi_console_fail(console, &err); /* that was of no use */
    }
    return code;
}
