/* SPDX-License-Identifier: MIT */
#include "session.h"

#include "step.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>

#define BANNER "======================================================================"

static const char *mode(const fmi_morph_options *options) {
    if (options->full)
        return "full: frames, heatmaps, meshes, video, tables";
    return options->heatmaps ? "default: frames and heatmaps" : "minimal: frames only";
}

void fmi_session_begin(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    fmi_console_note(run->console, BANNER);
    fmi_console_note(run->console, "fmorph %s, %s", fm_version(), mode(options));
    fmi_console_note(run->console, BANNER);
    fmi_console_note(run->console, "started: %s", run->again->started);
    fmi_console_note(run->console, "%s: %s", run->target_count ? "base" : "A", options->path_a);
    for (uint32_t i = 0; i < run->target_count; i++)
        fmi_console_note(run->console, "target %u: %s", i + 1, run->targets[i]);
    fmi_console_note(run->console, "%s: %s", run->target_count ? "weights" : "B", options->path_b);
}

void fmi_session_step(fmi_run *run, const char *format, ...) {
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    fmi_console_note(run->console, "step %u: %s", ++run->session_step, text);
}

/* Files of a run, summed by the folder or the name that they show under. */
typedef struct file_sum {
    const fmi_run *run;
    uint64_t files, bytes;
} file_sum;

static fm_status add_file(void *user, const char *name, fm_error *err) {
    file_sum *sum = user;
    char path[FMI_RUN_FILE];
    struct stat info;
    (void)err;
    fmi_run_path(sum->run, name, path);
    if (stat(path, &info) != 0)
        return FM_OK;
    sum->files++;
    sum->bytes += (uint64_t)info.st_size;
    if (strchr(name, '/') == NULL)
        fmi_console_note(sum->run->console, "  file      %s, %" PRIu64 " bytes", name,
                         (uint64_t)info.st_size);
    return FM_OK;
}

static void note_transfers(const fmi_run *run) {
    const fm_stats *stats = &run->stats;
    fmi_console_note(run->console,
                     "  transfers %" PRIu64 " to the device (%" PRIu64 " bytes, %" PRIu64
                     " of them in the frame loop), %" PRIu64 " from it (%" PRIu64 " bytes)",
                     stats->to_device_count, stats->to_device_bytes, stats->loop_to_device_bytes,
                     stats->from_device_count, stats->from_device_bytes);
}

static void note_times(const fmi_run *run, double now) {
    double known = 0.0;
    for (uint32_t i = 0; i < FMI_STAGE_COUNT; i++) {
        double seconds = fmi_stages_exclusive(&run->stages, (fmi_stage)i, now);
        known += seconds;
        if (run->stages.ran[i])
            fmi_console_note(run->console, "  %-9s %.3f s", fmi_stage_name((fmi_stage)i), seconds);
    }
    double total = now - run->origin;
    fmi_console_note(run->console, "  total     %.3f s, %.3f s of it in no stage", total,
                     total > known ? total - known : 0.0);
}

void fmi_session_end(fmi_run *run, double now) {
    const fmi_morph_options *options = run->options;
    file_sum sum = {.run = run};
    fmi_console_note(run->console, BANNER);
    fmi_console_note(run->console, "RESULTS");
    fmi_console_note(run->console, "  pair      %s, %s", run->names.a, run->names.b);
    fmi_console_note(run->console, "  frames    %u of %u x %u", options->frames,
                     options->view.width, options->view.height);
    fmi_console_note(run->console, "  textures  %s", run->info.textured ? "yes" : "no, shape only");
    fmi_console_note(run->console, "  folder    %s", run->folder);
    (void)fmi_run_list(run, add_file, &sum, NULL);
    fmi_console_note(run->console, "  files     %" PRIu64 ", %" PRIu64 " bytes", sum.files,
                     sum.bytes);
    if (run->rendered)
        fmi_console_note(run->console,
                         "  covered   %.4f of the picture, %" PRIu64 " clipped pixels",
                         run->report.covered_fraction, run->report.clipped_pixels);
    note_transfers(run);
    note_times(run, now);
    fmi_console_note(run->console, BANNER);
    fmi_console_note(run->console, "SUCCESS");
    fmi_console_note(run->console, BANNER);
}
