/* SPDX-License-Identifier: MIT */
#include "keypoint_options.h"

#include "commands.h"
#include "guard.h"
#include "values.h"

#include "error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char fmi_kp_help[] =
    "usage: fmorph keypoints --model M --source F --driving F -o F [options]\n"
    "\n"
    "Carries the motion of a driving clip over to a source face.\n"
    "\n"
    "      --model M             fomm, sadtalker or liveportrait\n"
    "      --source F            keypoints of the source; of several frames the first\n"
    "      --driving F           keypoints of the clip\n"
    "      --initial F           the clip's frame of reference (default: its first)\n"
    "  -o, --output F            results: .csv, .npy or .npz (fomm: not .npy)\n"
    "      --area A              scale by bbox (default) or hull\n"
    "      --adapt-scale S       on (default) or off: fit the motion to the source's size\n"
    "      --relative-movement S on (default) or off: move the source, or take the clip as it is\n"
    "      --relative-jacobian S on (default) or off, fomm\n"
    "      --region R            all (default), exp, pose, lip, eyes; liveportrait\n"
    "      --multiplier K        of the motion (default 1); liveportrait\n"
    "      --expression-friendly fit the expression to the source; liveportrait\n"
    "      --seed-compat         fomm: the wrong order of an earlier program, to compare with\n"
    "      --device SEL          index, id, part of a name, cpu, gpu, auto (default), ref\n"
    "      --level L             low, medium (default), high, extreme: the same results\n"
    "      --batch N             frames at a time (default: all)\n"
    "      --precision P         fp32\n"
    "      --report F.json       figures of the run into a file\n"
    "      --json                the same on stdout\n"
    "\n"
    "Keypoint files. CSV: frame,kp,x,y,j00,j01,j10,j11 (fomm), frame,kp,x,y,z (sadtalker),\n"
    "frame,scale,tx,ty,tz,r00..r22,exp0_x..exp20_z and in the source c0_x..c20_z, the canonical\n"
    "points, where values are wanted (liveportrait). NPY: the values. NPZ: value (F,K,2|3) and\n"
    "jacobian (F,K,2,2); liveportrait scale, t, R, exp, canonical; sadtalker value, or yaw, "
    "pitch,\n"
    "roll (degrees, or F x 66), t, exp, canonical. Results have a status each: 0 regular,\n"
    "1 pseudo-inverse, 2 not finite.\n" FMI_HELP_COMMON;

enum {
    ROW_MODEL = FMI_ARG_COMMON,
    ROW_SOURCE,
    ROW_DRIVING,
    ROW_INITIAL,
    ROW_OUTPUT,
    ROW_AREA,
    ROW_ADAPT,
    ROW_MOVEMENT,
    ROW_JACOBIAN,
    ROW_REGION,
    ROW_MULTIPLIER,
    ROW_FRIENDLY,
    ROW_COMPAT,
    ROW_DEVICE,
    ROW_LEVEL,
    ROW_BATCH,
    ROW_PRECISION,
    ROW_REPORT,
    ROW_JSON
};

const fmi_option fmi_kp_table[] = {
    {"model", 0, FMI_OPTION_VALUE},
    {"source", 0, FMI_OPTION_VALUE},
    {"driving", 0, FMI_OPTION_VALUE},
    {"initial", 0, FMI_OPTION_VALUE},
    {"output", 'o', FMI_OPTION_VALUE},
    {"area", 0, FMI_OPTION_VALUE},
    {"adapt-scale", 0, FMI_OPTION_VALUE},
    {"relative-movement", 0, FMI_OPTION_VALUE},
    {"relative-jacobian", 0, FMI_OPTION_VALUE},
    {"region", 0, FMI_OPTION_VALUE},
    {"multiplier", 0, FMI_OPTION_VALUE},
    {"expression-friendly", 0, FMI_OPTION_FLAG},
    {"seed-compat", 0, FMI_OPTION_FLAG},
    {"device", 0, FMI_OPTION_VALUE},
    {"level", 0, FMI_OPTION_VALUE},
    {"batch", 0, FMI_OPTION_VALUE},
    {"precision", 0, FMI_OPTION_VALUE},
    {"report", 0, FMI_OPTION_VALUE},
    {"json", 0, FMI_OPTION_FLAG},
};
const size_t fmi_kp_table_count = sizeof fmi_kp_table / sizeof fmi_kp_table[0];

static fm_status read_word(const fmi_args *args, size_t row, const char *const *words, size_t count,
                           size_t *index, fm_error *err) {
    char label[48];
    if (!args->value[row])
        return FM_OK;
    return fmi_value_choice(fmi_args_label(args, row, label), args->value[row], words, count, index,
                            err);
}

static fm_status read_words(fmi_kp_options *o, const fmi_args *args, fm_error *err) {
    static const char *const areas[] = {"bbox", "hull"};
    static const char *const levels[] = {"medium", "low", "high", "extreme"}; /* as fm_level */
    static const char *const precisions[] = {"fp32", "-fp16"};
    size_t model = 0, area = 0, region = 0, level = 0, precision = 0;
    if (!args->value[ROW_MODEL])
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--model: missing; allowed: fomm sadtalker liveportrait");
    fm_status status = read_word(args, ROW_MODEL, fmi_kp_model_names, 3, &model, err);
    if (status == FM_OK)
        status = read_word(args, ROW_AREA, areas, 2, &area, err);
    if (status == FM_OK)
        status = read_word(args, ROW_REGION, fmi_kp_region_names, 5, &region, err);
    if (status == FM_OK)
        status = read_word(args, ROW_LEVEL, levels, 4, &level, err);
    if (status == FM_OK)
        status = read_word(args, ROW_PRECISION, precisions, 2, &precision, err);
    o->how.model = (fm_keypoints_model)model;
    o->how.area = (fm_keypoints_area)area;
    o->how.region = (fm_keypoints_region)region;
    o->level = (fm_level)level;
    return status;
}

static fm_status read_switch(const fmi_args *args, size_t row, bool *off, fm_error *err) {
    char label[48];
    bool on = true;
    fm_status status = FM_OK;
    if (args->value[row])
        status = fmi_value_switch(fmi_args_label(args, row, label), args->value[row], &on, err);
    *off = !on;
    return status;
}

static fm_status read_multiplier(fmi_kp_options *o, const fmi_args *args, fm_error *err) {
    const char *text = args->value[ROW_MULTIPLIER];
    char label[48];
    double value = 0;
    o->how.multiplier = 1.0F;
    if (!text)
        return FM_OK;
    if (!fmi_value_decimal(text, strlen(text), &value) || value == 0 || fabs(value) > 1000)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "%s: '%.40s' is no multiplier; allowed: -1000 to 1000, not 0",
                        fmi_args_label(args, ROW_MULTIPLIER, label), text);
    o->how.multiplier = (float)value;
    return FM_OK;
}

static fm_status read_switches(fmi_kp_options *o, const fmi_args *args, fm_error *err) {
    fm_status status = read_switch(args, ROW_ADAPT, &o->how.no_adapt_scale, err);
    if (status == FM_OK)
        status = read_switch(args, ROW_MOVEMENT, &o->how.no_relative_movement, err);
    if (status == FM_OK)
        status = read_switch(args, ROW_JACOBIAN, &o->how.no_relative_jacobian, err);
    if (status == FM_OK)
        status = read_multiplier(o, args, err);
    o->batch = 0;
    if (status == FM_OK)
        status = fmi_args_uint(args, ROW_BATCH, 1, UINT32_C(1) << 30, &o->batch, err);
    o->how.expression_friendly = args->value[ROW_FRIENDLY] != NULL;
    o->how.seed_compat = args->value[ROW_COMPAT] != NULL;
    return status;
}

static fm_status read_paths(fmi_kp_options *o, const fmi_args *args, fm_error *err) {
    static const size_t needed[] = {ROW_SOURCE, ROW_DRIVING, ROW_OUTPUT};
    fmi_kp_format format = FMI_KP_CSV;
    o->source = args->value[ROW_SOURCE];
    o->driving = args->value[ROW_DRIVING];
    o->initial = args->value[ROW_INITIAL];
    o->output = args->value[ROW_OUTPUT];
    o->report = args->value[ROW_REPORT];
    o->device = args->value[ROW_DEVICE];
    o->json = args->value[ROW_JSON] != NULL;
    if (args->operands > 0)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "'%.60s': keypoints takes its files by --source and --driving; see --help",
                        args->operand[0]);
    for (size_t i = 0; i < 3; i++)
        if (!args->value[needed[i]] || !args->value[needed[i]][0])
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--%s: missing; name a file",
                            fmi_kp_table[needed[i] - FMI_ARG_COMMON].name);
    const char *paths[] = {o->source, o->driving, o->initial, o->output};
    for (size_t i = 0; i < 4; i++)
        if (paths[i] && fmi_kp_format_of(paths[i], &format, err) != FM_OK)
            return FM_ERROR_INVALID_ARGUMENT;
    const char *const outputs[] = {o->output, o->report};
    return fmi_guard_files(paths, 3, outputs, 2, err);
}

bool fmi_kp_options_npy(const fmi_kp_options *options) {
    fmi_kp_format format = FMI_KP_CSV;
    return fmi_kp_format_of(options->output, &format, NULL) == FM_OK && format == FMI_KP_NPY;
}

/* Options of one family given for another would be ignored in silence. */
static fm_status check_family(const fmi_kp_options *o, const fmi_args *args, fm_error *err) {
    static const size_t live[] = {ROW_REGION, ROW_MULTIPLIER, ROW_FRIENDLY};
    for (size_t i = 0; i < 3; i++)
        if (args->value[live[i]] && o->how.model != FM_KEYPOINTS_LIVEPORTRAIT)
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--%s: only with --model liveportrait",
                            fmi_kp_table[live[i] - FMI_ARG_COMMON].name);
    if (o->how.seed_compat && o->how.model != FM_KEYPOINTS_FOMM)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--seed-compat: only with --model fomm");
    if (o->how.model == FM_KEYPOINTS_FOMM && fmi_kp_options_npy(o))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o: an NPY file would lose the Jacobians of fomm; allowed: .csv .npz");
    return FM_OK;
}

fm_status fmi_kp_options_read(fmi_kp_options *options, const fmi_args *args, fm_error *err) {
    memset(options, 0, sizeof *options);
    options->how.struct_size = sizeof options->how;
    fm_status status = read_words(options, args, err);
    if (status == FM_OK)
        status = read_switches(options, args, err);
    if (status == FM_OK)
        status = read_paths(options, args, err);
    return status == FM_OK ? check_family(options, args, err) : status;
}
