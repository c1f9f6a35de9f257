/* SPDX-License-Identifier: MIT */
/* The end of a good run: session log, time line, run.json, and the folder under its name. */
#include "interrupt.h"
#include "run.h"
#include "run_json.h"
#include "session.h"

#include "clock.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

static void warn_rejected(const fmi_run *run) {
    if (run->report.rejected_triangles != 0)
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "%llu triangles of all frames are left out: across the near plane or far "
                        "outside the picture; move the camera back or use --fit on",
                        (unsigned long long)run->report.rejected_triangles);
}

static fm_status write_session(fmi_run *run, fm_error *err) {
    char path[FMI_RUN_PATH + 16];
    warn_rejected(run);
    fmi_session_end(run, fmi_clock_since_start());
    snprintf(path, sizeof path, "%s/session.log", run->dir.work_path);
    return fmi_console_session_save(run->console, path, err);
}

/* The last thing measured: what follows is this one write and the rename. */
static fm_status write_json(fmi_run *run, char **json, fm_error *err) {
    char path[FMI_RUN_PATH + 16];
    fm_status status = fmi_run_json(run, fmi_clock_since_start(), json, err);
    if (status != FM_OK)
        return status;
    snprintf(path, sizeof path, "%s/run.json", run->dir.work_path);
    return fmi_output_write(path, *json, strlen(*json), err);
}

fm_status fmi_run_publish(fmi_run *run, char **json, fm_error *err) {
    fm_status status = FM_OK;
    *json = NULL;
    fmi_stages_enter(&run->stages, FMI_STAGE_ENCODE, fmi_clock_since_start());
    if (run->trace != NULL && run->trace_file != NULL)
        status = fmi_trace_write(run->trace, run->trace_file, err);
    if (status == FM_OK && !run->options->raw) {
        status = write_session(run, err);
        if (status == FM_OK)
            status = write_json(run, json, err);
        if (status == FM_OK)
            status = fmi_interrupt_check(err);
        if (status == FM_OK)
            status = fmi_output_dir_commit(&run->dir, err);
        if (status == FM_OK && run->dir.left)
            fmi_console_log(run->console, FM_LOG_WARNING,
                            "%s: the old run, which cannot be removed, is left there; remove it",
                            run->dir.work_path);
    }
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    return status;
}
