/* SPDX-License-Identifier: MIT */
/* fmorph morph: two head meshes in, rendered frames out. */
#include "again.h"
#include "commands.h"
#include "guess.h"
#include "single.h"

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
    "      --verify          compare three frames with the reference (slow) and sums of all of "
    "them\n"
    "                        with the device's; exit 1 when they differ\n"
    "      --dry-run         print the plan and the file names, render nothing\n"
    "      --trace FILE      write a time line for a trace viewer\n"
    "      --cache DIR       keep finished files there, and take what was made from the same "
    "meshes,\n"
    "                        textures and options on the same device (default: no cache)\n"
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
    "      --precision P     fp32 (default) or fp16: vertices and heatmap fields in half the "
    "bytes;\n"
    "                        the difference is measured and told\n"
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
    "      --mem-limit SIZE  caps the budget of fmorph mem: bytes, with K, M or G\n"
    "      --keep-free SIZE  of the device's free memory, this much stays free\n"
    "      --threads N       worker threads (default: by the machine)\n"
    "\n" FMI_HELP_COMMON "\n"
    "A variable FMORPH_SIZE, FMORPH_FRAMES and so on sets an option's default.\n";

/* Opens the device and builds the kernels. The comparison of fp16 with fp32 begins with fp32. */
static fm_status open_device(fmi_run *run, const fmi_runtime *runtime, fm_error *err) {
    const fmi_morph_options *options = run->options;
    fm_status status = fmi_morph_engine(&run->engine, runtime, options, run->console, err);
    if (status != FM_OK || options->dry_run)
        return status;
    return fm_render_prepare(run->engine, &options->view, fmi_guess_textured(options), false, err);
}

static void take_sides(fmi_run *run) {
    for (uint32_t i = 0; i < 2; i++) {
        fmi_load_job *job = &run->own->job[i];
        run->side[i] = &job->side;
        run->input[i].begin = job->begin;
        run->input[i].end = job->end;
        run->input[i].hash = job->hash;
    }
}

fm_status fmi_morph_engine(fm_engine **engine, const fmi_runtime *runtime,
                           const fmi_morph_options *options, fmi_console *console, fm_error *err) {
    fm_engine_params params = fmi_runtime_engine_params(runtime, console);
    params.device = options->device;
    params.level = options->level;
    params.specialisation = options->specialisation;
    params.mem_limit_bytes = options->mem_limit_bytes;
    params.keep_free_bytes = options->keep_free_bytes;
    return fm_engine_create(engine, &params, err);
}

static int run_morph(const fmi_morph_options *options, fmi_console *console, const fmi_again *again,
                     char **argv) {
    const fmi_load_file files[2] = {{options->path_a, options->texture_a},
                                    {options->path_b, options->texture_b}};
    fmi_run run = {.options = options, .console = console, .again = again};
    const fmi_single single = {.run = &run,
                               .files = files,
                               .file_count = 2,
                               .loaders = options->threads == 1 ? 1 : 2,
                               .open = open_device,
                               .loaded = take_sides};
    return fmi_single_run(&single, argv);
}

int fmi_cmd_morph(int argc, char **argv) {
    fmi_morph_options options;
    fmi_command command;
    int code = 0;
    if (!fmi_command_begin(&command, fmi_morph_table, fmi_morph_table_count, help, argc, argv,
                           &code))
        return code;
    fm_status status = fmi_morph_options_read(&options, &command.args, &command.err);
    fmi_again again;
    fmi_again_read(&again);
    fmi_again_limit(&again, &options.view.batch);
    code = status == FM_OK ? run_morph(&options, &command.console, &again, argv)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
