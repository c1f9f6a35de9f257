/* SPDX-License-Identifier: MIT */
/* fmorph blend: a base, targets and a table of weights in, rendered frames out. */
#include "again.h"
#include "blend_run.h"
#include "commands.h"
#include "interrupt.h"
#include "runtime.h"
#include "session.h"
#include "text.h"

#include "clock.h"
#include "error.h"

#include <stdlib.h>
#include <string.h>

static const char help[] =
    "usage: fmorph blend BASE TARGET... --weights W.csv [options]\n"
    "\n"
    "Renders base + weights x (targets - base), a frame for each row of the weights. The meshes\n"
    "(FBX, OBJ, GLB, glTF, PLY) share one topology; texture and framing are those of the base and\n"
    "of all targets.\n"
    "\n"
    "  -w, --weights FILE    CSV: a row per frame, a column per target in their order; or with a\n"
    "                        first row that names each column after a target file, without folder\n"
    "                        and extension (a column \"frame\" is skipped)\n"
    "output\n"
    "  -o, --output DIR      frames go to DIR/BASE_W/png/frame-NNNN.png (default ./fmorph-out)\n"
    "  -o - --raw            frames as plain RGB bytes on stdout, in order, nothing else\n"
    "      --contact-sheet on|off   all frames on one picture (default off)\n"
    "      --force           replace an existing run folder when the new run is complete\n"
    "      --json            print run.json on stdout\n"
    "      --dry-run         print the plan and the file names, render nothing\n"
    "      --trace FILE      write a time line for a trace viewer\n"
    "frames\n"
    "      --size WxH | N    pixels, 1 to 8192 (default 512)\n"
    "      --background C    #rrggbb, a colour name, transparent, or a picture or video file\n"
    "      --camera yaw=,pitch=,distance=,fov=   degrees; defaults 0, 0, 2.5, 60\n"
    "      --fit on|off      scale so that base and targets fill 90 % of the picture (default on)\n"
    "      --cull on|off     leave out back faces (default on)\n"
    "      --samples 1|4     coverage samples a pixel (default 1)\n"
    "      --filter F        nearest-mip (default) or trilinear\n"
    "      --precision P     fp32 (default) or fp16: targets stored in half the bytes\n"
    "heads\n"
    "      --align none|rigid|similarity   move each target onto the base first (default none)\n"
    "      --texture-a FILE  PNG or JPEG instead of the base's material\n"
    "      --fill-background on|off   as in fmorph morph\n"
    "machine\n"
    "      --device, --level, --specialisation, --batch, --mem-limit, --threads as in fmorph "
    "morph\n"
    "\n" FMI_HELP_COMMON;

static double since_start(void) {
    return fmi_clock_since_start();
}

/* What the steps share beside the run. */
typedef struct blend {
    fmi_blend_options *options;
    fmi_blend_load load;
} blend;

/* Opens the device while the loading threads read; then waits for them. */
static fm_status open_inputs(fmi_run *run, blend *b, const fmi_runtime *runtime, fm_error *err) {
    fm_log log = fmi_console_sink(run->console);
    fm_error engine_err = {0};
    fmi_stages_enter(&run->stages, FMI_STAGE_BUILD, since_start());
    fm_status status = fmi_blend_load_start(&b->load, b->options, &log, err);
    fm_status engine_status = FM_OK;
    if (status == FM_OK)
        engine_status =
            fmi_morph_engine(&run->engine, runtime, run->options, run->console, &engine_err);
    fmi_stages_leave(&run->stages, since_start());
    if (status != FM_OK)
        return status;
    fmi_stages_enter(&run->stages, FMI_STAGE_IMPORT, since_start());
    status = fmi_blend_load_wait(&b->load, err);
    fmi_stages_leave(&run->stages, since_start());
    for (uint32_t i = 0; i < b->load.count; i++)
        fmi_stages_span(&run->stages, FMI_STAGE_IMPORT, b->load.job[i].begin, b->load.job[i].end);
    if (status == FM_OK && engine_status != FM_OK) {
        *err = engine_err;
        status = engine_status;
    }
    return status;
}

/* What run.json and the log say about a morph's pair, for the base. */
static fm_status keep_facts(fmi_run *run, const fmi_side *base, fm_error *err) {
    fm_shapes_info info;
    fmi_input_facts *facts = &run->input[0];
    fm_status status = fm_shapes_info_get(run->shapes, &info);
    if (status != FM_OK)
        return fmi_fail(err, status, "no facts about the shapes; report this");
    facts->uvs = base->blob->uv_count;
    facts->width = info.texture_width;
    facts->height = info.texture_height;
    if (!info.textured)
        snprintf(facts->reason, sizeof facts->reason, "%s", base->reason);
    run->info = (fm_pair_info){.positions = info.positions,
                               .vertices = info.vertices,
                               .triangles = info.triangles,
                               .degenerate_triangles = info.degenerate_triangles,
                               .coincident_positions = info.coincident_positions,
                               .textured = info.textured,
                               .texture_width = info.texture_width,
                               .texture_height = info.texture_height,
                               .filled_texels = info.filled_texels,
                               .align = {1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}};
    memcpy(run->info.center, info.center, sizeof info.center);
    fmi_session_step(run, "topology matches: %u targets, %u positions, %u vertices, %u triangles",
                     info.targets, info.positions, info.vertices, info.triangles);
    if (!info.textured)
        fmi_session_step(run, "no texture, shape only: %s", facts->reason);
    return FM_OK;
}

static fm_status make_shapes(fmi_run *run, fm_error *err) {
    blend *b = run->make_user;
    const fmi_side *base = &b->load.job[0].side;
    const fm_shapes_params params = {
        .struct_size = sizeof params,
        .image = base->texture.view.pixels != NULL ? &base->texture.view : NULL,
        .keep_background = run->options->keep_background,
        .align = run->options->align,
        .half = run->options->half,
    };
    uint32_t count = b->options->count;
    fm_mesh *targets = malloc(sizeof *targets * count);
    if (targets == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u targets", count);
    for (uint32_t i = 0; i < count; i++)
        targets[i] = b->load.job[i + 1].side.mesh;
    double built = fmi_run_build_seconds(run);
    fmi_stages_enter(&run->stages, FMI_STAGE_UPLOAD, since_start());
    fm_status status =
        fm_shapes_create(&run->shapes, run->engine, &base->mesh, targets, count, &params, err);
    if (status == FM_OK)
        status = keep_facts(run, base, err);
    fmi_blend_load_free(&b->load);
    fmi_stages_leave(&run->stages, since_start());
    fmi_stages_move(&run->stages, FMI_STAGE_UPLOAD, FMI_STAGE_BUILD,
                    fmi_run_build_seconds(run) - built);
    free(targets);
    return status;
}

static void say_done(const fmi_run *run) {
    const fmi_morph_options *options = run->options;
    fmi_console_log(run->console, FM_LOG_INFO, "%s: %u frames of %ux%u in %.2f s",
                    options->raw ? "stdout" : run->folder, options->frames, options->view.width,
                    options->view.height, since_start());
}

static fm_status run_steps(fmi_run *run, blend *b, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fmi_runtime runtime;
    char *json = NULL;
    fm_status status = fmi_run_begin(run, NULL, err);
    run->names.numbered = true;
    if (status == FM_OK) {
        fmi_interrupt_install();
        fmi_runtime_prepare(&runtime, options->threads);
    }
    fmi_stages_leave(&run->stages, since_start());
    if (status == FM_OK)
        status = open_inputs(run, b, &runtime, err);
    if (status == FM_OK)
        status = fmi_run_make(run, &json, err);
    if (status == FM_OK && options->json)
        status = fmi_text_print(json, err);
    if (status == FM_OK && !options->dry_run)
        say_done(run);
    free(json);
    return status;
}

static int run_blend(fmi_blend_options *options, const float *weights, fmi_console *console) {
    blend b = {.options = options};
    fmi_again again;
    fmi_trace trace;
    fm_error err = {0};
    fmi_again_read(&again);
    fmi_trace_init(&trace);
    fmi_run run = {.options = &options->run,
                   .console = console,
                   .again = &again,
                   .trace = options->run.trace != NULL ? &trace : NULL,
                   .trace_file = options->run.trace,
                   .make = make_shapes,
                   .make_user = &b,
                   .weights = weights,
                   .targets = options->targets,
                   .target_count = options->count};
    fmi_trace_stages(run.trace, &run.stages);
    fmi_stages_enter(&run.stages, FMI_STAGE_START, 0.0);
    fm_status status = run_steps(&run, &b, &err);
    int code = status == FM_OK ? 0 : fmi_console_fail(console, &err);
    if (status == FM_ERROR_CANCELLED && fmi_interrupt_exit_code() != 0)
        code = fmi_interrupt_exit_code();
    fm_engine *engine = run.engine;
    fmi_run_end(&run);
    fm_engine_destroy(&engine);
    fmi_blend_load_free(&b.load);
    fmi_trace_free(&trace);
    return code;
}

static int read_and_run(fmi_blend_options *options, fmi_command *command) {
    float *weights = NULL;
    fm_status status = fmi_blend_weights_read(options->run.path_b, options->targets, options->count,
                                              &weights, &options->run.frames, &command->err);
    int code = status == FM_OK ? run_blend(options, weights, &command->console)
                               : fmi_console_fail(&command->console, &command->err);
    free(weights);
    return code;
}

int fmi_cmd_blend(int argc, char **argv) {
    static fmi_blend_options options;
    static fmi_command command; /* large: it has room for many targets */
    int code = 0;
    if (!fmi_command_begin(&command, fmi_blend_table, fmi_blend_table_make(), help, argc, argv,
                           &code))
        return code;
    fm_status status = fmi_blend_options_read(&options, &command.args, &command.err);
    code = status == FM_OK ? read_and_run(&options, &command)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
