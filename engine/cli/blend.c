/* SPDX-License-Identifier: MIT */
/* fmorph blend: a base, targets and a table of weights in, rendered frames out. */
#include "again.h"
#include "blend_run.h"
#include "commands.h"
#include "session.h"
#include "single.h"

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
    "      --device, --level, --specialisation, --batch, --mem-limit, --keep-free, --threads\n"
    "                        as in fmorph morph\n"
    "\n" FMI_HELP_COMMON;

static fm_status open_device(fmi_run *run, const fmi_runtime *runtime, fm_error *err) {
    return fmi_morph_engine(&run->engine, runtime, run->options, run->console, err);
}

static void note_loads(fmi_run *run) {
    for (uint32_t i = 0; i < run->own->count; i++)
        fmi_stages_span(&run->stages, FMI_STAGE_IMPORT, run->own->job[i].begin,
                        run->own->job[i].end);
}

/* What run.json and the log say about a morph's pair, for the base. */
static fm_status keep_facts(fmi_run *run, const fmi_side *base, fm_error *err) {
    fm_shapes_info info;
    fmi_input_facts *facts = &run->input[0];
    fm_status status = fm_shapes_info_get(run->shapes, &info);
    if (status != FM_OK)
        return fmi_fail(err, status, "no facts about the shapes; report this");
    facts->uvs = base->blob->uv_count;
    facts->hash = run->own->job[0].hash;
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
    const fmi_side *base = &run->own->job[0].side;
    const fm_shapes_params params = {
        .struct_size = sizeof params,
        .image = base->texture.view.pixels != NULL ? &base->texture.view : NULL,
        .keep_background = run->options->keep_background,
        .align = run->options->align,
        .half = run->options->half,
    };
    uint32_t count = run->target_count;
    fm_mesh *targets = malloc(sizeof *targets * count);
    if (targets == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u targets", count);
    for (uint32_t i = 0; i < count; i++)
        targets[i] = run->own->job[i + 1].side.mesh;
    double built = fmi_run_build_seconds(run);
    fmi_stages_enter(&run->stages, FMI_STAGE_UPLOAD, fmi_clock_since_start());
    fm_status status =
        fm_shapes_create(&run->shapes, run->engine, &base->mesh, targets, count, &params, err);
    if (status == FM_OK)
        status = keep_facts(run, base, err);
    fmi_loads_free(run->own);
    fmi_stages_leave(&run->stages, fmi_clock_since_start());
    fmi_stages_move(&run->stages, FMI_STAGE_UPLOAD, FMI_STAGE_BUILD,
                    fmi_run_build_seconds(run) - built);
    free(targets);
    return status;
}

static uint32_t choose_loaders(const fmi_morph_options *options) {
    return options->threads > 0 ? options->threads : fmi_usable_cores();
}

static int run_blend(const fmi_blend_options *options, const fmi_load_file *files,
                     const float *weights, fmi_console *console, const fmi_again *again,
                     char **argv) {
    fmi_run run = {.options = &options->run,
                   .console = console,
                   .again = again,
                   .make = make_shapes,
                   .weights = weights,
                   .targets = options->targets,
                   .target_count = options->count};
    const fmi_single single = {.run = &run,
                               .files = files,
                               .file_count = options->count + 1,
                               .loaders = choose_loaders(&options->run),
                               .open = open_device,
                               .loaded = note_loads};
    return fmi_single_run(&single, argv);
}

/* The base, then the targets. */
static fm_status list_files(fmi_load_file **files, const fmi_blend_options *options,
                            fm_error *err) {
    *files = calloc(options->count + 1, sizeof **files);
    if (*files == NULL)
        return fmi_fail(err, FM_ERROR_HOST_MEMORY, "no memory for %u names", options->count);
    (*files)[0] = (fmi_load_file){options->run.path_a, options->run.texture_a};
    for (uint32_t i = 0; i < options->count; i++)
        (*files)[i + 1].path = options->targets[i];
    return FM_OK;
}

static int read_and_run(fmi_blend_options *options, fmi_command *command, char **argv) {
    fmi_again again;
    float *weights = NULL;
    fmi_load_file *files = NULL;
    fm_error *err = &command->err;
    fmi_again_read(&again);
    fmi_again_limit(&again, &options->run.view.batch);
    fm_status status = fmi_blend_weights_read(options->run.path_b, options->targets, options->count,
                                              &weights, &options->run.frames, err);
    if (status == FM_OK)
        status = list_files(&files, options, err);
    int code = status == FM_OK ? run_blend(options, files, weights, &command->console, &again, argv)
                               : fmi_console_fail(&command->console, err);
    free(files);
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
    code = status == FM_OK ? read_and_run(&options, &command, argv)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
