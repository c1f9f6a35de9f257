/* SPDX-License-Identifier: MIT */
/* fmorph morph: two head meshes in, rendered frames out. */
#include "commands.h"
#include "guard.h"
#include "interrupt.h"
#include "run.h"
#include "run_json.h"
#include "runtime.h"
#include "step.h"
#include "text.h"

#include "clock.h"
#include "error.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: fmorph morph A B [options]\n"
    "\n"
    "Renders the morph from mesh B to mesh A (FBX, OBJ, GLB, glTF, PLY; one topology) as PNG\n"
    "frames. Frame 0 is 100 % B.\n"
    "\n"
    "output\n"
    "  -o, --output DIR      frames go to DIR/A_B/png (default ./fmorph-out)\n"
    "  -o - --raw            frames as plain RGB bytes on stdout, in order, nothing else\n"
    "      --minimal         frames only, no heatmaps\n"
    "      --full            also meshes, morph.glb, animation.mp4 and three tables (CSV)\n"
    "      --heatmaps on|off     default on, off with --minimal\n"
    "      --contact-sheet on|off   all frames on one picture (default off)\n"
    "      --force           replace an existing run folder when the new run is complete\n"
    "      --json            print run.json on stdout\n"
    "      --dry-run         print the plan and the file names, render nothing\n"
    "      --trace FILE      write a time line for a trace viewer\n"
    "frames\n"
    "      --frames N        number of frames, at least 2 (default 41)\n"
    "      --step PERMILLE   distance of frames instead; divides 1000\n"
    "      --size WxH | N    pixels, 1 to 8192 (default 512)\n"
    "      --background C    #rrggbb, a colour name, transparent, or a picture or video file\n"
    "                        (default white); a video goes frame by frame and starts again\n"
    "      --camera yaw=,pitch=,distance=,fov=   degrees; defaults 0, 0, 2.5, 60\n"
    "      --fit on|off      scale the heads to 90 % of the picture (default on)\n"
    "      --cull on|off     leave out back faces (default on)\n"
    "      --samples 1|4     coverage samples a pixel (default 1)\n"
    "      --filter F        nearest-mip (default): one texture level a triangle; trilinear: two\n"
    "                        levels blended by pixel\n"
    "      --precision fp32  the only one so far\n"
    "full mode\n"
    "      --fps N           frames a second of the video (default 30)\n"
    "      --crf N           its quality, 0 best to 63 (default by codec)\n"
    "      --codec NAME      libx264, libsvtav1, libvpx-vp9 or mpeg4 (default: the first there "
    "is)\n"
    "      --mesh-format fbx|glb|obj|ply    default fbx\n"
    "      --mesh-textures ends|all|none    those of A and B (default), a blend a frame, or none\n"
    "heads\n"
    "      --align none|rigid|similarity   move B onto A first (default none)\n"
    "      --texture-a FILE, --texture-b FILE   PNG or JPEG instead of the material's\n"
    "      --fill-background on|off   nearly black texels outside the face become skin "
    "(default on)\n"
    "machine\n"
    "      --device SEL      index, id, part of a name, cpu, gpu, auto (default) or ref\n"
    "      --level L         low, medium (default), high, extreme\n"
    "      --specialisation cpu|gpu   form of the kernels (default by device)\n"
    "      --batch N         frames in one launch (default: planned)\n"
    "      --mem-limit SIZE  bytes, with K, M or G\n"
    "      --threads N       worker threads (default: by the machine)\n"
    "\n" FMI_HELP_COMMON "\n"
    "A variable FMORPH_SIZE, FMORPH_FRAMES and so on sets an option's default.\n";

static double since_start(void) {
    return fmi_clock_since_start();
}

static void keep_facts(fmi_run *run) {
    for (uint32_t i = 0; i < 2; i++) {
        const fmi_side *side = &run->load.job[i].side;
        const fmi_side *other = &run->load.job[1 - i].side;
        fmi_input_facts *facts = &run->input[i];
        facts->uvs = side->blob->uv_count;
        if (side->texture.view.pixels == NULL)
            snprintf(facts->reason, sizeof facts->reason, "%s", side->reason);
        else if (other->texture.view.pixels == NULL)
            snprintf(facts->reason, sizeof facts->reason,
                     "the other side has no texture, so both are grey");
        else {
            facts->width = side->texture.view.width;
            facts->height = side->texture.view.height;
        }
    }
}

/* Opens the device while the loading threads read; then waits for them. */
static fm_status open_inputs(fmi_run *run, const fmi_runtime *runtime, fm_error *err) {
    fm_log log = fmi_console_sink(run->console);
    fm_engine_params params = fmi_runtime_engine_params(runtime, run->console);
    fm_error engine_err = {0};
    params.device = run->options->device;
    params.level = run->options->level;
    params.specialisation = run->options->specialisation;
    params.mem_limit_bytes = run->options->mem_limit_bytes;
    fmi_stages_enter(&run->stages, FMI_STAGE_BUILD, since_start());
    fm_status status = fmi_load_start(&run->load, run->options, &log, err);
    if (status != FM_OK)
        return status;
    fm_status engine_status = fm_engine_create(&run->engine, &params, &engine_err);
    fmi_stages_leave(&run->stages, since_start());
    fmi_stages_enter(&run->stages, FMI_STAGE_IMPORT, since_start());
    status = fmi_load_wait(&run->load, err);
    fmi_stages_leave(&run->stages, since_start());
    for (uint32_t i = 0; i < 2; i++)
        fmi_stages_span(&run->stages, FMI_STAGE_IMPORT, run->load.job[i].begin,
                        run->load.job[i].end);
    if (status == FM_OK && engine_status != FM_OK) {
        *err = engine_err;
        status = engine_status;
    }
    return status;
}

static double build_seconds(const fmi_run *run) {
    fm_stats stats = {0};
    return fm_engine_stats(run->engine, &stats) == FM_OK ? stats.build_seconds : 0.0;
}

static fm_status make_pair(fmi_run *run, fm_error *err) {
    const fmi_side *a = &run->load.job[0].side;
    const fmi_side *b = &run->load.job[1].side;
    const fm_pair_params params = {
        .struct_size = sizeof params,
        .image_a = a->texture.view.pixels != NULL ? &a->texture.view : NULL,
        .image_b = b->texture.view.pixels != NULL ? &b->texture.view : NULL,
        .keep_background = run->options->keep_background,
        .align = run->options->align,
    };
    double built = build_seconds(run);
    keep_facts(run);
    fmi_stages_enter(&run->stages, FMI_STAGE_UPLOAD, since_start());
    fm_status status = fm_pair_create(&run->pair, run->engine, &a->mesh, &b->mesh, &params, err);
    if (!run->options->full)
        fmi_load_free(&run->load); /* the exports of a full run want meshes and textures again */
    fmi_stages_leave(&run->stages, since_start());
    fmi_stages_move(&run->stages, FMI_STAGE_UPLOAD, FMI_STAGE_BUILD, build_seconds(run) - built);
    if (status == FM_OK)
        status = fm_pair_info_get(run->pair, &run->info);
    return status;
}

static void log_job(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    const fm_caps *caps = fm_engine_caps(run->engine);
    fmi_console *console = run->console;
    fmi_console_log(console, FM_LOG_DEBUG, "fmorph %s on %s, %s, driver %s", fm_version(),
                    caps->name, caps->platform, caps->driver);
    fmi_console_log(console, FM_LOG_DEBUG, "A is %s, B is %s", options->path_a, options->path_b);
    fmi_console_log(console, FM_LOG_DEBUG,
                    "%u positions, %u triangles, %s, %" PRIu64 " background texels filled",
                    run->info.positions, run->info.triangles,
                    run->info.textured ? "textured" : "grey", run->info.filled_texels);
    fmi_console_log(console, FM_LOG_DEBUG, "%u frames a launch, limited by %s", run->plan.batch,
                    fm_limit_name(run->plan.limited_by));
}

static fm_status make_plan(fmi_run *run, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fm_status status = fm_render_plan(run->pair, options->frames, &options->view, &run->plan, err);
    uint32_t asked = options->view.batch < options->frames ? options->view.batch : options->frames;
    if (status == FM_OK && asked > run->plan.batch)
        fmi_console_log(run->console, FM_LOG_WARNING,
                        "--batch: %u frames do not fit; %u are rendered at once (limit: %s)",
                        options->view.batch, run->plan.batch, fm_limit_name(run->plan.limited_by));
    if (status == FM_OK)
        status = fm_engine_stats(run->engine, &run->stats);
    if (status == FM_OK)
        log_job(run);
    return status;
}

static fm_status render_frames(fmi_run *run, char **json, fm_error *err) {
    double built = build_seconds(run);
    fm_status status = fmi_run_frames(run, err);
    if (status != FM_OK)
        return status;
    fmi_stages_move(&run->stages, FMI_STAGE_RENDER, FMI_STAGE_BUILD, build_seconds(run) - built);
    run->plan = run->report.plan;
    status = fm_engine_stats(run->engine, &run->stats);
    return status == FM_OK ? fmi_run_publish(run, json, err) : status;
}

static fm_status dry_run(fmi_run *run, char **json, fm_error *err) {
    return run->options->json ? fmi_run_json(run, since_start(), json, err)
                              : fmi_run_print_plan(run, err);
}

static void say_done(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    fmi_console_log(run->console, FM_LOG_INFO, "%s: %u frames of %ux%u in %.2f s",
                    options->raw ? "stdout" : run->folder, options->frames, options->view.width,
                    options->view.height, since_start());
}

static fm_status run_steps(fmi_run *run, const fmi_runtime *runtime, fm_error *err) {
    const fmi_morph_options *options = run->options;
    char *json = NULL;
    fm_status status = open_inputs(run, runtime, err);
    if (status == FM_OK)
        status = fmi_interrupt_check(err);
    if (status == FM_OK)
        status = make_pair(run, err);
    if (status == FM_OK)
        status = make_plan(run, err);
    if (status == FM_OK)
        status = options->dry_run ? dry_run(run, &json, err) : render_frames(run, &json, err);
    if (status == FM_OK && options->json)
        status = fmi_text_print(json, err);
    if (status == FM_OK && !options->dry_run)
        say_done(run);
    free(json);
    return status;
}

static fm_status prepare(fmi_run *run, fmi_runtime *runtime, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fmi_names_make(&run->names, options->path_a, options->path_b);
    if (!options->raw) {
        if (strlen(options->output) > FMI_RUN_PATH - 256)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "-o: the path is longer than %d bytes; choose a shorter one",
                            FMI_RUN_PATH - 256);
        fmi_names_folder(&run->names, options->output, run->folder, sizeof run->folder);
    }
    fm_status status = fmi_guard_outputs(run, err);
    if (status != FM_OK)
        return status;
    fmi_interrupt_install();
    fmi_runtime_prepare(runtime, options->threads);
    return FM_OK;
}

void fmi_run_end(fmi_run *run) {
    fmi_progress_end(&run->progress);
    fmi_steps_end(run);
    fmi_backdrop_close(&run->backdrop);
    fm_pair_destroy(&run->pair);
    fm_engine_destroy(&run->engine);
    fmi_load_free(&run->load);
    fmi_output_dir_abort(&run->dir);
    free(run->batches);
    memset(run, 0, sizeof *run);
}

static int run_morph(const fmi_morph_options *options, fmi_console *console) {
    fmi_run run = {.options = options, .console = console};
    fmi_runtime runtime;
    fm_error err = {0};
    fmi_stages_enter(&run.stages, FMI_STAGE_START, 0.0);
    fm_status status = prepare(&run, &runtime, &err);
    fmi_stages_leave(&run.stages, since_start());
    if (status == FM_OK)
        status = run_steps(&run, &runtime, &err);
    int code = status == FM_OK ? 0 : fmi_console_fail(console, &err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fmi_run_end(&run);
    return code;
}

int fmi_cmd_morph(int argc, char **argv) {
    fmi_morph_options options;
    fmi_command command;
    int code = 0;
    if (!fmi_command_begin(&command, fmi_morph_table, fmi_morph_table_count, help, argc, argv,
                           &code))
        return code;
    fm_status status = fmi_morph_options_read(&options, &command.args, &command.err);
    code = status == FM_OK ? run_morph(&options, &command.console)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
