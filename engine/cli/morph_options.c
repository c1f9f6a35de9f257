/* SPDX-License-Identifier: MIT */
#include "morph_options.h"

#include "names.h"
#include "values.h"

#include "error.h"
#include "io/video.h"

#include <string.h>

#define DEFAULT_FRAMES 41
#define DEFAULT_EDGE 512
#define DEFAULT_FPS 30
#define MAX_FPS 1000
#define MAX_CRF 63
#define DEFAULT_OUTPUT "fmorph-out"
#define MAX_THREADS 1024

/* Rows of the table, behind the common ones. */
enum {
    ROW_OUTPUT = FMI_ARG_COMMON,
    ROW_RAW,
    ROW_MINIMAL,
    ROW_FRAMES,
    ROW_STEP,
    ROW_SIZE,
    ROW_LEVEL,
    ROW_PRECISION,
    ROW_DEVICE,
    ROW_SPECIALISATION,
    ROW_BATCH,
    ROW_MEM_LIMIT,
    ROW_KEEP_FREE,
    ROW_THREADS,
    ROW_SAMPLES,
    ROW_FILTER,
    ROW_CAMERA,
    ROW_FIT,
    ROW_CULL,
    ROW_ALIGN,
    ROW_BACKGROUND,
    ROW_HEATMAPS,
    ROW_TEXTURE_A,
    ROW_TEXTURE_B,
    ROW_FILL_BACKGROUND,
    ROW_TRACE,
    ROW_DRY_RUN,
    ROW_JSON,
    ROW_FORCE,
    ROW_FULL,
    ROW_MESH_FORMAT,
    ROW_MESH_TEXTURES,
    ROW_FPS,
    ROW_CRF,
    ROW_CODEC,
    ROW_CONTACT_SHEET,
    ROW_VERIFY,
    ROW_CACHE
};

const fmi_option fmi_morph_table[] = {
    {"output", 'o', FMI_OPTION_VALUE},
    {"raw", 0, FMI_OPTION_FLAG},
    {"minimal", 0, FMI_OPTION_FLAG},
    {"frames", 0, FMI_OPTION_VALUE},
    {"step", 0, FMI_OPTION_VALUE},
    {"size", 0, FMI_OPTION_VALUE},
    {"level", 0, FMI_OPTION_VALUE},
    {"precision", 0, FMI_OPTION_VALUE},
    {"device", 0, FMI_OPTION_VALUE},
    {"specialisation", 0, FMI_OPTION_VALUE},
    {"batch", 0, FMI_OPTION_VALUE},
    {"mem-limit", 0, FMI_OPTION_VALUE},
    {"keep-free", 0, FMI_OPTION_VALUE},
    {"threads", 0, FMI_OPTION_VALUE},
    {"samples", 0, FMI_OPTION_VALUE},
    {"filter", 0, FMI_OPTION_VALUE},
    {"camera", 0, FMI_OPTION_VALUE},
    {"fit", 0, FMI_OPTION_VALUE},
    {"cull", 0, FMI_OPTION_VALUE},
    {"align", 0, FMI_OPTION_VALUE},
    {"background", 0, FMI_OPTION_VALUE},
    {"heatmaps", 0, FMI_OPTION_VALUE},
    {"texture-a", 0, FMI_OPTION_VALUE},
    {"texture-b", 0, FMI_OPTION_VALUE},
    {"fill-background", 0, FMI_OPTION_VALUE},
    {"trace", 0, FMI_OPTION_VALUE},
    {"dry-run", 0, FMI_OPTION_FLAG},
    {"json", 0, FMI_OPTION_FLAG},
    {"force", 0, FMI_OPTION_FLAG},
    {"full", 0, FMI_OPTION_FLAG},
    {"mesh-format", 0, FMI_OPTION_VALUE},
    {"mesh-textures", 0, FMI_OPTION_VALUE},
    {"fps", 0, FMI_OPTION_VALUE},
    {"crf", 0, FMI_OPTION_VALUE},
    {"codec", 0, FMI_OPTION_VALUE},
    {"contact-sheet", 0, FMI_OPTION_VALUE},
    {"verify", 0, FMI_OPTION_FLAG},
    {"cache", 0, FMI_OPTION_VALUE},
};
const size_t fmi_morph_table_count = sizeof fmi_morph_table / sizeof fmi_morph_table[0];

/* The words of an option and where the answer goes. */
typedef struct choice {
    size_t row;
    const char *const *words;
    size_t count;
    size_t *index;
} choice;

static fm_status read_choice(const fmi_args *args, const choice *wanted, fm_error *err) {
    char label[48];
    if (args->value[wanted->row] == NULL)
        return FM_OK;
    return fmi_value_choice(fmi_args_label(args, wanted->row, label), args->value[wanted->row],
                            wanted->words, wanted->count, wanted->index, err);
}

static fm_status read_choices(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    static const char *const levels[] = {"low", "medium", "high", "extreme"};
    static const fm_level level_of[] = {FM_LEVEL_LOW, FM_LEVEL_MEDIUM, FM_LEVEL_HIGH,
                                        FM_LEVEL_EXTREME};
    static const char *const aligns[] = {"none", "rigid", "similarity"};
    static const char *const specialisations[] = {"cpu", "gpu"};
    static const char *const precisions[] = {"fp32", "fp16"};
    static const char *const samples[] = {"1", "4"};
    static const char *const filters[] = {"nearest-mip", "trilinear"};
    static const char *const formats[] = {"fbx", "glb", "obj", "ply"};
    static const char *const textures[] = {"ends", "all", "none"};
    size_t level = 1;
    size_t align = FM_ALIGN_NONE;
    size_t specialisation = 0;
    size_t sample = 0;
    size_t filter = 0;
    size_t format = FMI_MESH_FBX;
    size_t texture = FMI_TEXTURES_ENDS;
    size_t precision = 0;
    const choice choices[] = {{ROW_LEVEL, levels, 4, &level},
                              {ROW_ALIGN, aligns, 3, &align},
                              {ROW_SPECIALISATION, specialisations, 2, &specialisation},
                              {ROW_PRECISION, precisions, 2, &precision},
                              {ROW_SAMPLES, samples, 2, &sample},
                              {ROW_FILTER, filters, 2, &filter},
                              {ROW_MESH_FORMAT, formats, 4, &format},
                              {ROW_MESH_TEXTURES, textures, 3, &texture}};
    fm_status status = FM_OK;
    for (size_t i = 0; i < sizeof choices / sizeof choices[0] && status == FM_OK; i++)
        status = read_choice(args, &choices[i], err);
    options->level = level_of[level];
    options->align = (fm_align)align;
    options->half = precision == 1;
    options->view.samples = sample == 0 ? 1 : 4;
    options->view.trilinear = filter == 1;
    if (args->value[ROW_SPECIALISATION] != NULL)
        options->specialisation =
            specialisation == 0 ? FM_SPECIALISATION_CPU : FM_SPECIALISATION_GPU;
    options->mesh_format = (fmi_mesh_format)format;
    options->mesh_textures = (fmi_mesh_textures)texture;
    return status;
}

static fm_status read_switch(const fmi_args *args, size_t row, bool *off, fm_error *err) {
    char label[48];
    bool on = true;
    if (args->value[row] == NULL)
        return FM_OK;
    fm_status status =
        fmi_value_switch(fmi_args_label(args, row, label), args->value[row], &on, err);
    *off = !on;
    return status;
}

static fm_status read_switches(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    fm_status status = read_switch(args, ROW_FIT, &options->view.no_fit, err);
    if (status == FM_OK)
        status = read_switch(args, ROW_CULL, &options->view.no_cull, err);
    if (status == FM_OK)
        status = read_switch(args, ROW_FILL_BACKGROUND, &options->keep_background, err);
    return status;
}

/* --minimal, --full and what is switched singly. Of the two, the command line wins over the
 * environment. */
static fm_status read_mode(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    bool minimal = args->value[ROW_MINIMAL] != NULL;
    bool no_heatmaps = false;
    bool no_sheet = true;
    options->full = args->value[ROW_FULL] != NULL;
    if (minimal && options->full) {
        if (args->from_environment[ROW_MINIMAL] == args->from_environment[ROW_FULL])
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "--minimal and --full: both say what is made; give one of them");
        minimal = args->from_environment[ROW_FULL];
        options->full = !minimal;
    }
    no_heatmaps = minimal;
    fm_status status = read_switch(args, ROW_HEATMAPS, &no_heatmaps, err);
    if (status == FM_OK)
        status = read_switch(args, ROW_CONTACT_SHEET, &no_sheet, err);
    options->heatmaps = !no_heatmaps;
    options->contact_sheet = !no_sheet;
    return status;
}

/* --frames or --step; the command line wins over the environment, two of a kind are a mistake. */
static fm_status read_frames(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    uint32_t step = 0;
    char label[48];
    bool frames_given = args->value[ROW_FRAMES] != NULL;
    bool step_given = args->value[ROW_STEP] != NULL;
    options->frames = DEFAULT_FRAMES;
    if (frames_given && step_given) {
        if (args->from_environment[ROW_FRAMES] == args->from_environment[ROW_STEP])
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "--frames and --step: both say how many frames; give one of them");
        frames_given = args->from_environment[ROW_STEP];
        step_given = !frames_given;
    }
    fm_status status = FM_OK;
    if (frames_given)
        return fmi_args_uint(args, ROW_FRAMES, 2, FMI_MAX_FRAMES, &options->frames, err);
    if (step_given)
        status = fmi_args_uint(args, ROW_STEP, 1, 1000, &step, err);
    if (status == FM_OK && step > 0 && 1000 % step != 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: %u does not divide 1000; allowed: 1 2 4 5 8 10 20 25 40 50 100 125 "
                        "200 250 500 1000",
                        fmi_args_label(args, ROW_STEP, label), step);
    if (status == FM_OK && step > 0)
        options->frames = 1000 / step + 1;
    return status;
}

static fm_status read_picture(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    char label[48];
    fm_view *view = &options->view;
    fm_status status = FM_OK;
    *view = (fm_view){.struct_size = sizeof *view, .width = DEFAULT_EDGE, .height = DEFAULT_EDGE};
    if (args->value[ROW_SIZE] != NULL)
        status = fmi_value_size(fmi_args_label(args, ROW_SIZE, label), args->value[ROW_SIZE],
                                &view->width, &view->height, err);
    if (status == FM_OK && args->value[ROW_CAMERA] != NULL)
        status = fmi_value_camera(fmi_args_label(args, ROW_CAMERA, label), args->value[ROW_CAMERA],
                                  view, err);
    if (status == FM_OK && args->value[ROW_BACKGROUND] != NULL)
        status =
            fmi_value_background(fmi_args_label(args, ROW_BACKGROUND, label),
                                 args->value[ROW_BACKGROUND], view, &options->background_file, err);
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_BATCH, 1, UINT32_MAX, &view->batch, err);
    if (status == FM_OK)
        status = read_frames(options, args, err);
    return status;
}

static fm_status check_codec(const fmi_morph_options *options, const fmi_args *args,
                             fm_error *err) {
    char label[48];
    bool known = options->codec == NULL;
    for (size_t i = 0; fmi_video_codecs[i] != NULL && !known; i++)
        known = strcmp(options->codec, fmi_video_codecs[i]) == 0;
    if (known)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                    "%s: unknown value '%.60s'; allowed: libx264 libsvtav1 libvpx-vp9 mpeg4",
                    fmi_args_label(args, ROW_CODEC, label), options->codec);
}

static fm_status read_video(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    uint32_t crf = 0;
    options->fps = DEFAULT_FPS;
    options->codec = args->value[ROW_CODEC];
    fm_status status = fmi_args_uint(args, ROW_FPS, 1, MAX_FPS, &options->fps, err);
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_CRF, 0, MAX_CRF, &crf, err);
    options->crf = args->value[ROW_CRF] != NULL ? (int32_t)crf : -1;
    return status == FM_OK ? check_codec(options, args, err) : status;
}

static fm_status read_machine(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    char label[48];
    options->device = args->value[ROW_DEVICE];
    options->trace = args->value[ROW_TRACE];
    options->cache = args->value[ROW_CACHE];
    if (options->cache != NULL && options->cache[0] == '\0')
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--cache: the folder has no name; give one");
    if (options->cache != NULL && strlen(options->cache) > FMI_PATH_MOST)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--cache: the path is longer than %d bytes; choose a shorter one",
                        FMI_PATH_MOST);
    const struct {
        int row;
        uint64_t *bytes;
    } sizes[] = {{ROW_MEM_LIMIT, &options->mem_limit_bytes},
                 {ROW_KEEP_FREE, &options->keep_free_bytes}};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; ++i) {
        const char *text = args->value[sizes[i].row];
        fm_status status = text ? fmi_value_bytes(fmi_args_label(args, sizes[i].row, label), text,
                                                  sizes[i].bytes, err)
                                : FM_OK;
        if (status != FM_OK)
            return status;
    }
    return fmi_args_uint(args, ROW_THREADS, 1, MAX_THREADS, &options->threads, err);
}

static fm_status read_output(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    const char *output = args->value[ROW_OUTPUT];
    bool to_stdout = output != NULL && strcmp(output, "-") == 0;
    options->raw = args->value[ROW_RAW] != NULL;
    options->dry_run = args->value[ROW_DRY_RUN] != NULL;
    options->json = args->value[ROW_JSON] != NULL;
    options->verify = args->value[ROW_VERIFY] != NULL;
    options->view.check = options->verify;
    options->force = args->value[ROW_FORCE] != NULL;
    if (to_stdout != options->raw)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        to_stdout ? "-o -: stdout takes plain bytes only; add --raw"
                                  : "--raw: plain bytes go to stdout only; add -o -");
    if (options->raw && options->json && !options->dry_run)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--json: stdout is taken by the frames of -o -; leave one of them out");
    if (options->raw) {
        if (options->full && !args->from_environment[ROW_FULL])
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "--full: -o - --raw writes frames only; leave one of them out");
        options->full = options->heatmaps = options->contact_sheet = false;
    }
    if (output != NULL && output[0] == '\0')
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "-o: the folder has no name; give one");
    if (!options->raw)
        options->output = output != NULL ? output : DEFAULT_OUTPUT;
    return FM_OK;
}

static fm_status read_inputs(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    if (args->operands > 2)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "'%.60s': one argument too many; see --help", args->operand[2]);
    if (args->operands != 2)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "morph: needs two mesh files, %zu given; see fmorph morph --help",
                        args->operands);
    options->path_a = args->operand[0];
    options->path_b = args->operand[1];
    return FM_OK;
}

fm_status fmi_morph_options_read_common(fmi_morph_options *options, const fmi_args *args,
                                        fm_error *err) {
    typedef fm_status (*reader)(fmi_morph_options *, const fmi_args *, fm_error *);
    static const reader readers[] = {read_picture, read_switches, read_choices, read_mode,
                                     read_video,   read_machine,  read_output};
    memset(options, 0, sizeof *options);
    options->texture_a = args->value[ROW_TEXTURE_A];
    options->texture_b = args->value[ROW_TEXTURE_B];
    fm_status status = FM_OK;
    for (size_t i = 0; i < sizeof readers / sizeof readers[0] && status == FM_OK; i++)
        status = readers[i](options, args, err);
    return status;
}

fm_status fmi_morph_options_read(fmi_morph_options *options, const fmi_args *args, fm_error *err) {
    fm_status status = fmi_morph_options_read_common(options, args, err);
    return status == FM_OK ? read_inputs(options, args, err) : status;
}
