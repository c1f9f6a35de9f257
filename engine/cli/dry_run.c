/* SPDX-License-Identifier: MIT */
/* What a run would do, without doing it. */
#include "run.h"
#include "text.h"

#include "error.h"

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
    printf("batch     %u frames a launch, limited by %s\n", plan->batch,
           fm_limit_name(plan->limited_by));
    printf("kernels   %s, level %s, tiles of %u pixels\n",
           fm_specialisation_name(plan->specialisation), fm_level_name(options->level), plan->tile);
    printf("memory    %" PRIu64 " bytes: %" PRIu64 " fixed, %" PRIu64 " a frame; budget %" PRIu64
           "\n",
           plan->bytes_fixed + plan->batch * plan->bytes_per_frame, plan->bytes_fixed,
           plan->bytes_per_frame, plan->budget_bytes);
}

fm_status fmi_run_print_plan(const fmi_run *run, fm_error *err) {
    print_job(run);
    for (uint32_t i = 0; !run->options->raw && i < run->options->frames; i++) {
        char name[FMI_NAME_FRAME];
        fmi_names_frame(&run->names, i, run->options->frames, name, sizeof name);
        printf("%s/png/%s\n", run->folder, name);
    }
    return fmi_text_flush(err);
}
