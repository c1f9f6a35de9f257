/* SPDX-License-Identifier: MIT */
/* What a run would do, without doing it. */
#include "run.h"
#include "run_json.h"

#include "error.h"

#include "io/text.h"

#include <inttypes.h>
#include <stdio.h>

static void print_job(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    const fm_plan *plan = &run->plan;
    printf("folder    %s\n", options->raw ? "none: plain bytes on stdout" : run->folder);
    printf("device    %s\n", fm_engine_caps(run->engine)->name);
    printf("pair      %u positions, %u triangles, %s\n", run->info.positions, run->info.triangles,
           run->info.textured ? "textured" : "grey");
    printf("frames    %u of %u x %u, %s\n", options->frames, options->view.width,
           options->view.height, options->view.transparent ? "RGBA" : "RGB");
    if (plan->strips > 1)
        printf("strips    %u a frame\n", plan->strips);
    printf("batch     %u %s a launch, limited by %s\n", plan->batch,
           plan->batch == 1 ? "frame" : "frames", fmi_run_limit(run));
    if (plan->in_flight > 1)
        printf("in flight %u batches\n", plan->in_flight);
    printf("kernels   %s, level %s, tiles of %u pixels\n",
           fm_specialisation_name(plan->specialisation), fm_level_name(options->level), plan->tile);
    printf("memory    %" PRIu64 " bytes: %" PRIu64 " fixed, %" PRIu64 " a frame; budget ",
           plan->bytes_fixed + plan->batch * plan->bytes_per_frame, plan->bytes_fixed,
           plan->bytes_per_frame);
    if (fmi_run_knows_budget(run))
        printf("%" PRIu64 " bytes\n", plan->budget_bytes);
    else
        printf("unknown\n");
}

static fm_status print_name(void *user, const char *name, fm_error *err) {
    const fmi_run *run = user;
    (void)err;
    printf("%s/%s\n", run->folder, name);
    return FM_OK;
}

fm_status fmi_run_print_plan(fmi_run *run, fm_error *err) {
    print_job(run);
    fm_status status = fmi_run_list(run, print_name, run, err);
    if (status == FM_OK && !run->options->raw)
        status = print_name(run, "run.json", err);
    return status == FM_OK ? fmi_text_flush(err) : status;
}
