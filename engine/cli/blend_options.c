/* SPDX-License-Identifier: MIT */
#include "blend_run.h"

#include "error.h"

#include <string.h>

fmi_option fmi_blend_table[FMI_ARGS_OPTIONS];

/* Morph's rows stay where they are, so that its reader can be used; --weights comes last. */
size_t fmi_blend_table_make(void) {
    size_t count = fmi_morph_table_count;
    memcpy(fmi_blend_table, fmi_morph_table, count * sizeof fmi_blend_table[0]);
    fmi_blend_table[count] = (fmi_option){"weights", 'w', FMI_OPTION_VALUE};
    return count + 1;
}

/* What a blend has no use for, and why. */
static const struct {
    const char *name, *reason;
} refused[] = {
    {"frames", "the weights say how many frames there are"},
    {"step", "the weights say how many frames there are"},
    {"texture-b", "the texture is the base's; use --texture-a"},
    {"verify", "the reference that it compares with draws two heads; use fmorph morph"},
    {"heatmaps", "heatmaps compare two heads; use fmorph morph"},
    {"full", "meshes, video and tables are morph's"},
    {"mesh-format", "meshes are morph's"},
    {"mesh-textures", "meshes are morph's"},
    {"fps", "the video is morph's"},
    {"crf", "the video is morph's"},
    {"codec", "the video is morph's"},
};

static fm_status refuse_others(fmi_args *args, fm_error *err) {
    char label[48];
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        for (size_t k = 0; k < fmi_morph_table_count; k++) {
            size_t row = FMI_ARG_COMMON + k;
            if (strcmp(fmi_morph_table[k].name, refused[i].name) != 0 || args->value[row] == NULL)
                continue;
            if (!args->from_environment[row] &&
                !(strcmp(refused[i].name, "heatmaps") == 0 && strcmp(args->value[row], "off") == 0))
                return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "%s: %s; leave it out",
                                fmi_args_label(args, row, label), refused[i].reason);
            args->value[row] = NULL;
        }
    return FM_OK;
}

fm_status fmi_blend_options_read(fmi_blend_options *options, const fmi_args *args, fm_error *err) {
    static fmi_args mine; /* large; a command line is read once */
    mine = *args;
    const char *weights = args->value[FMI_ARG_COMMON + fmi_morph_table_count];
    memset(options, 0, sizeof *options);
    if (args->operands < 2)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "blend: needs a base and at least one target, %zu files given; see fmorph "
                        "blend --help",
                        args->operands);
    if (weights == NULL || weights[0] == '\0')
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--weights: is missing; give a CSV file with a row per frame and a column "
                        "per target");
    fm_status status = refuse_others(&mine, err);
    mine.operands = 2;
    if (status == FM_OK)
        status = fmi_morph_options_read(&options->run, &mine, err);
    options->run.path_b = weights;
    options->run.heatmaps = false;
    options->targets = args->operand + 1;
    options->count = (uint32_t)(args->operands - 1);
    return status;
}
