/* SPDX-License-Identifier: MIT */
/**
 * @file run.h
 * One run of `fmorph morph`: what its steps share. Zeroed at birth; fmi_run_end frees all of it.
 */
#ifndef FMI_CLI_RUN_H
#define FMI_CLI_RUN_H

#include "console.h"
#include "load_pair.h"
#include "morph_options.h"
#include "names.h"
#include "progress.h"
#include "stages.h"

#include "io/encoder.h"
#include "io/output.h"

#include <fm/render.h>

#define FMI_RUN_PATH 1024

/** What run.json says about one input after its arrays are freed. */
typedef struct fmi_input_facts {
    uint32_t uvs;           /**< distinct texture coordinates in the file; 0 = none */
    uint32_t width, height; /**< of the texture in use; 0 = none */
    char reason[256];       /**< why there is no texture; "" = there is one */
} fmi_input_facts;

/** One finished batch. */
typedef struct fmi_batch_time {
    uint32_t frames;
    double begin, end; /**< seconds since process start */
} fmi_batch_time;

typedef struct fmi_run {
    const fmi_morph_options *options;
    fmi_console *console;
    fmi_names names;
    char folder[FMI_RUN_PATH]; /**< the run folder; "" with raw output */
    fmi_stages stages;
    fmi_progress progress;

    fmi_load_pair load;
    fmi_input_facts input[2];
    fm_engine *engine;
    fm_pair *pair;
    fm_pair_info info;
    fm_plan plan;

    fmi_output_dir dir;
    fmi_encoder *encoder;
    fmi_encoder_report encoded;
    fmi_batch_time *batches;
    uint32_t batch_count, batch_room;
    bool rendered; /**< report holds numbers */
    fm_render_report report;
    fm_stats stats;
} fmi_run;

/** Renders every frame into the run folder's png/, or to stdout. */
fm_status fmi_run_frames(fmi_run *run, fm_error *err);
/** Writes session.log and run.json and moves the folder to its name; *json is run.json's text, to
 *  be freed with free(). */
fm_status fmi_run_publish(fmi_run *run, char **json, fm_error *err);
/** What --dry-run prints. */
fm_status fmi_run_print_plan(const fmi_run *run, fm_error *err);
/** Removes what is unfinished and frees everything. */
void fmi_run_end(fmi_run *run);

#endif
