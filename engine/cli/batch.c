/* SPDX-License-Identifier: MIT */
/* fmorph batch: many pairs on one engine, each mesh loaded once. */
#include "batch.h"

#include "commands.h"
#include "names.h"
#include "values.h"

#include "error.h"

#include "io/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
    "usage: fmorph batch DIR|PAIRS.csv -o DIR [options]\n"
    "\n"
    "Morphs every unordered pair of the meshes in a folder, sorted by name (of files that share a\n"
    "stem FBX comes before OBJ, GLB, glTF, PLY), or the pairs of a table with the columns a and b\n"
    "(paths from the table's folder; texture_a and texture_b are optional). Each pair gets the\n"
    "folder DIR/A_B that fmorph morph would make; a pair that fails leaves DIR/A_B.failed.log, "
    "and\n"
    "the others go on.\n"
    "\n"
    "      --resume          leave out pairs whose folder is complete and made from the same\n"
    "                        meshes, textures and options; replace other folders\n"
    "      --shard I/N       only pairs n with n % N = I, counted from 0\n"
    "      --index N         only pair N, counted from 0\n"
    "      --summary         run nothing: write DIR/summary.csv about all pairs; exit 1 unless\n"
    "                        all are complete\n"
    "      --dry-run         list the pairs\n"
    "      --json            one object about the batch on stdout\n"
    "\n"
    "All options of fmorph morph but --raw, --texture-a and --texture-b; see its --help.\n"
    "\n" FMI_HELP_COMMON "\n"
    "Exit: 0 all done; 75 when every failure may go away by itself (device lost, no memory), else\n"
    "the code of the first pair that failed.\n";

enum { ROW_SHARD = 0, ROW_INDEX, ROW_RESUME, ROW_SUMMARY, ROWS };
static const fmi_option own_rows[ROWS] = {{"shard", 0, FMI_OPTION_VALUE},
                                          {"index", 0, FMI_OPTION_VALUE},
                                          {"resume", 0, FMI_OPTION_FLAG},
                                          {"summary", 0, FMI_OPTION_FLAG}};

/* ---- options ---- */

static fm_status read_shard(fmi_batch_options *options, const char *text, fm_error *err) {
    const char *slash = strchr(text, '/');
    char first[24] = "";
    if (slash != NULL && (size_t)(slash - text) < sizeof first)
        memcpy(first, text, (size_t)(slash - text));
    if (slash == NULL ||
        fmi_value_uint("--shard", slash + 1, 1, UINT32_MAX, &options->shards, NULL) != FM_OK ||
        fmi_value_uint("--shard", first, 0, options->shards - 1, &options->shard, NULL) != FM_OK)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--shard: '%.60s' does not fit; allowed: I/N with I from 0 to N - 1", text);
    return FM_OK;
}

static fm_status check_options(const fmi_batch_options *options, fm_error *err) {
    if (options->morph.json && (options->morph.dry_run || options->summary))
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "--json: %s has no such form; leave it out",
                        options->summary ? "--summary" : "--dry-run of a batch");
    const fmi_morph_options *morph = &options->morph;
    if (morph->raw)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o -: a batch writes folders; name one for them");
    if (morph->texture_a != NULL || morph->texture_b != NULL)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--texture-a, --texture-b: a batch takes them from the table's columns "
                        "texture_a and texture_b");
    if (options->index_given && options->shards > 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--index and --shard: both choose pairs; give one of them");
    return FM_OK;
}

static fm_status read_options(fmi_batch_options *options, const fmi_args *args, fm_error *err) {
    const size_t own = FMI_ARG_COMMON + fmi_morph_table_count;
    *options = (fmi_batch_options){.shards = 1};
    if (args->operands != 1)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "batch: needs one folder or table of pairs, %zu given; see fmorph batch "
                        "--help",
                        args->operands);
    options->input = args->operand[0];
    options->resume = args->value[own + ROW_RESUME] != NULL;
    options->summary = args->value[own + ROW_SUMMARY] != NULL;
    options->index_given = args->value[own + ROW_INDEX] != NULL;
    fm_status status = fmi_morph_options_read_common(&options->morph, args, err);
    if (status == FM_OK && args->value[own + ROW_SHARD] != NULL)
        status = read_shard(options, args->value[own + ROW_SHARD], err);
    if (status == FM_OK && options->index_given)
        status = fmi_value_uint("--index", args->value[own + ROW_INDEX], 0, UINT64_MAX,
                                &options->index, err);
    return status == FM_OK ? check_options(options, err) : status;
}

bool fmi_batch_mine(const fmi_batch_options *options, uint64_t n) {
    return options->index_given ? n == options->index : n % options->shards == options->shard;
}

static fm_status print_pairs(const fmi_batch_options *options, const fmi_batch_list *list,
                             fm_error *err) {
    for (uint64_t n = 0; n < list->pairs; n++) {
        uint32_t side[2];
        char a[4096], b[4096];
        char name[FMI_NAME_FRAME];
        if (!fmi_batch_mine(options, n))
            continue;
        fmi_batch_list_pair(list, n, side);
        fmi_batch_list_name(list, n, name, sizeof name);
        printf("%" PRIu64 " %s/%s %s %s\n", n, options->morph.output, name,
               fmi_escape(a, sizeof a, list->paths[side[0]]),
               fmi_escape(b, sizeof b, list->paths[side[1]]));
    }
    return fmi_text_flush(err);
}

static fm_status check_index(const fmi_batch_options *options, const fmi_batch_list *list,
                             fm_error *err) {
    if (options->index_given && options->index >= list->pairs)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "--index: %" PRIu64
                        " does not fit; allowed: whole numbers from 0 to %" PRIu64,
                        options->index, list->pairs - 1);
    if (strlen(options->morph.output) > FMI_PATH_MOST)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                        "-o: the path is longer than %d bytes; choose a shorter one",
                        FMI_PATH_MOST);
    return FM_OK;
}

static int run_batch(fmi_batch_options *options, fmi_console *console, char **argv) {
    fmi_batch_list list;
    fmi_again again;
    fm_error err = {0};
    uint64_t missing = 0;
    int code = 0;
    fm_status status = fmi_batch_list_read(&list, options->input, &err);
    if (status == FM_OK)
        status = check_index(options, &list, &err);
    fmi_again_read(&again);
    fmi_again_limit(&again, &options->morph.view.batch);
    if (status == FM_OK && options->summary)
        status = fmi_batch_summarise(options, &list, console, &missing, &err);
    else if (status == FM_OK && options->morph.dry_run)
        status = print_pairs(options, &list, &err);
    else if (status == FM_OK)
        code = fmi_batch_run(options, &list, console, &again, argv);
    if (status != FM_OK)
        code = fmi_console_fail(console, &err);
    fmi_batch_list_free(&list);
    return missing > 0 && code == 0 ? 1 : code;
}

int fmi_cmd_batch(int argc, char **argv) {
    fmi_option table[FMI_ARGS_OPTIONS];
    fmi_batch_options options;
    fmi_command command;
    int code = 0;
    memcpy(table, fmi_morph_table, fmi_morph_table_count * sizeof *table);
    memcpy(table + fmi_morph_table_count, own_rows, sizeof own_rows);
    if (!fmi_command_begin(&command, table, fmi_morph_table_count + ROWS, help, argc, argv, &code))
        return code;
    fm_status status = read_options(&options, &command.args, &command.err);
    code = status == FM_OK ? run_batch(&options, &command.console, argv)
                           : fmi_console_fail(&command.console, &command.err);
    return fmi_command_end_device(&command, code);
}
