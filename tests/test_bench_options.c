/* SPDX-License-Identifier: MIT */
/* fmbench's command line: what each option sets, what is refused and with which words. */
#include "fm_test.h"

#include "axis.h"
#include "options.h"

TestSuite(bench_options, .timeout = 60);

#define MOST 12

/* Cuts a line at its blanks; '_' stands for an empty value. */
static int cut(char *line, char *argv[MOST]) {
    int argc = 0;
    argv[argc++] = (char *)"fmbench";
    for (char *word = strtok(line, " "); word && argc < MOST; word = strtok(NULL, " "))
        argv[argc++] = strcmp(word, "_") == 0 ? (char *)"" : word;
    return argc;
}

static fm_status parse(const char *text, fmi_options *options, fm_error *err) {
    static char line[512]; /* options borrow from it */
    char *argv[MOST];
    cr_assert_lt(strlen(text), sizeof line);
    memset(err, 0, sizeof *err);
    strcpy(line, text);
    int argc = cut(line, argv);
    return fmi_options_parse(options, argc, argv, err);
}

static fmi_options accepted(const char *text) {
    fmi_options options;
    fm_error err;
    fm_status status = parse(text, &options, &err);
    cr_assert_eq(status, FM_OK, "%s: %s", text, err.message);
    return options;
}

Test(bench_options, what_is_refused_is_named_with_what_is_allowed) {
    static const char *const lines[][2] = {
        {"", "nothing to do"},
        {"--nonsense", "unknown option --nonsense; allowed are"},
        {"--sweep --nonsense", "--selftest-noise"}, /* the last: the list is whole */
        {"sweeep", "unexpected \"sweeep\"; allowed are --sweep, verify, devices"},
        {"merge", "merge needs at least 1 file that fmbench bundle made"},
        {"mem --csv", "--csv: mem prints text or --json"},
        {"merge a.db --json", "--json: merge prints no other form"},
        {"--sweep verify", "unexpected \"verify\""},
        {"--sweep --op", "--op needs a value"},
        {"--sweep --input a.fbx", "--input needs two values"},
        {"--sweep --input=a.fbx", "--input takes two values"},
        {"--sweep --quick=yes", "--quick takes no value"},
        {"--sweep --op dance", "--op \"dance\": allowed are all or a list of morph"},
        {"--sweep --op morph,", "--op \"morph,\""},
        {"--sweep --op _", "--op \"\""},
        {"--sweep --level highest", "a list of low, medium, high, extreme"},
        {"--sweep --level low,", "--level \"low,\""},
        {"--sweep --batch 0", "--batch"},
        {"--sweep --batch 1000001", "--batch"},
        {"--sweep --batch 1,x", "--batch"},
        {"--sweep --size 0x4", "--size"},
        {"--sweep --size 4x", "--size"},
        {"--sweep --vertices 499", "--vertices"},
        {"--sweep --n 65", "--n"},
        {"--sweep --samples 2", "--samples \"2\": allowed are a list of 1, 4"},
        {"--sweep --pinv-share 1.5", "--pinv-share \"1.5\": allowed are numbers from 0 to 1"},
        {"--sweep --pinv-share -1", "--pinv-share"},
        {"--sweep --cache warm", "a list of hot, cold"},
        {"--sweep --pinv-share nan", "--pinv-share"},
        {"--sweep --pinv-share 0.5x", "--pinv-share"},
        {"--sweep --precision fp8", "a list of fp32, fp16"},
        {"--sweep --filter linear", "a list of nearest-mip, trilinear"},
        {"--sweep --texture maybe", "a list of on, off"},
        {"--sweep --layout columns", "a list of row-major, interleaved"},
        {"--sweep --targets 0", "--targets"},
        {"--sweep --threads 1025", "--threads"},
        {"--sweep --mem-limit 1Q", "--mem-limit"},
        {"--sweep --keep-free 1Q", "--keep-free"},
        {"--sweep --keep-free 1G,2G", "one size in bytes"},
        {"--sweep --compute-units 0", "--compute-units"},
        {"verify --concurrent", "--concurrent belongs to --sweep"},
        {"--sweep --concurrent --peers", "--concurrent runs whole cells"},
        {"--sweep --concurrent --isolate none", "--concurrent runs whole cells"},
        {"--sweep --concurrent --compute-units 1,2", "--concurrent runs whole cells"},
        {"--sweep --rank", "--rank belongs to devices"},
        {"--sweep --order sorted", "--order \"sorted\": allowed are random, fixed"},
        {"--sweep --seed 1.5", "--seed \"1.5\": a whole number"},
        {"--sweep --seed -1", "--seed"},
        {"--sweep --isolate thread", "allowed are cell, op, none"},
        {"--sweep --timeout 86401", "--timeout"},
        {"--sweep --max-time 5d", "--max-time \"5d\""},
        {"--sweep --max-time 5mm", "--max-time"},
        {"--sweep --max-time 1e999", "--max-time"},
        {"--sweep --max-time soon", "--max-time"},
        {"--sweep --log-level loud", "error, warning, info, debug"},
        {"--sweep --progress bar", "allowed are auto, json"},
        {"--sweep --json --csv", "exclude each other"},
        {"--sweep --jsonl", "formats of export"},
        {"--sweep --junit", "formats of export"},
        {"--sweep --live", "--live is an option of compare"},
        {"compare", "compare"},
        {"compare one", "two runs, or one and --live"},
        {"compare one two three", "unexpected \"three\""},
        {"compare one two --threshold 101", "percents from 0 to 100"},
        {"compare one two --threshold 1%%", "percents from 0 to 100"},
        {"report one two", "unexpected \"two\""},
        {"doctor one", "unexpected \"one\": doctor takes options only"},
        {"export one two --csv", "export takes at most 1 word"},
        {"report -o -", "only export writes to stdout"},
        {"report -o _", "-o: the file has no name"},
        {"history --db _", "--db: the file has no name"},
        {"devices --rank --device 0", "devices lists all of them"},
        {"roofs --device all", "--device all: only --sweep"},
        {"mem --mem-limit 1G,2G", "mem takes one size, not 2"},
        {"report -o runs.db --db runs.db", "-o: runs.db is the store; choose another name"},
        {"--sweep --input a.fbx b.fbx --db b.fbx", "--db: b.fbx is an input"},
        {"--sweep --input a.fbx b.fbx -o a.fbx", "-o: a.fbx is an input"},
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
        fmi_options options;
        fm_error err;
        fm_status status = parse(lines[i][0], &options, &err);
        cr_expect_eq(status, FM_ERROR_INVALID_ARGUMENT, "%s: %s", lines[i][0],
                     fm_status_name(status));
        cr_expect_not_null(strstr(err.message, lines[i][1]), "%s: %s", lines[i][0], err.message);
        cr_expect_null(strchr(err.message, '\n'), "%s: more than one line", lines[i][0]);
    }
}

Test(bench_options, help_and_version_win_over_mistakes) {
    cr_assert_eq(accepted("--nonsense --help").command, FMI_COMMAND_HELP);
    cr_assert_eq(accepted("-h").command, FMI_COMMAND_HELP);
    cr_assert_eq(accepted("--sweep --op dance --version").command, FMI_COMMAND_VERSION);
}

Test(bench_options, every_command_is_known) {
    static const struct {
        const char *line;
        fmi_command command;
    } commands[] = {{"--sweep", FMI_COMMAND_SWEEP},     {"verify", FMI_COMMAND_VERIFY},
                    {"devices", FMI_COMMAND_DEVICES},   {"mem", FMI_COMMAND_MEM},
                    {"roofs", FMI_COMMAND_ROOFS},       {"doctor", FMI_COMMAND_DOCTOR},
                    {"report one", FMI_COMMAND_REPORT}, {"history", FMI_COMMAND_HISTORY},
                    {"export", FMI_COMMAND_EXPORT},     {"compare a b", FMI_COMMAND_COMPARE}};
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++)
        cr_expect_eq(accepted(commands[i].line).command, commands[i].command, "%s",
                     commands[i].line);
    fmi_options o = accepted("compare a b --threshold 5% --allow-different-env");
    cr_assert_str_eq(o.word[0], "a");
    cr_assert_str_eq(o.word[1], "b");
    cr_assert_eq(o.word_count, 2U);
    cr_assert_float_eq(o.threshold, 0.05, 1e-12);
    cr_assert(o.allow_different_env && !o.live);
    cr_assert(accepted("compare a --live").live);
}

Test(bench_options, axes_take_lists_ranges_and_words) {
    fmi_options o = accepted("--sweep --op morph,raster,morph --batch 1,8 --level extreme,low");
    cr_assert_eq(o.op_count, 2U, "an op named twice counts once: %u", o.op_count);
    cr_assert(o.some_ops && o.chosen);
    cr_assert_eq(o.batch.count, 2U);
    cr_assert_eq(o.batch.value[1].a, 8U);
    cr_assert_eq(o.level_count, 2U);
    cr_assert_eq(o.levels[0], FM_LEVEL_LOW, "levels come in their order");
    cr_assert_eq(o.levels[1], FM_LEVEL_EXTREME);
    cr_assert_eq(accepted("--sweep --level all").level_count, 4U);
    o = accepted("--sweep --op raster --size 64x32,48 --samples 1,4 --filter trilinear "
                 "--texture off,on");
    cr_assert_eq(o.size.count, 2U);
    cr_assert(o.size.value[0].a == 64 && o.size.value[0].b == 32);
    cr_assert(o.size.value[1].a == 48 && o.size.value[1].b == 48);
    cr_assert_eq(o.samples.count, 2U);
    cr_assert(o.filter.count == 1 && o.filter.value[0].a == 1);
    cr_assert(o.texture.count == 2 && o.texture.value[0].a == 1 && o.texture.value[1].a == 0);
    o = accepted("--sweep --cache cold,hot");
    cr_assert(o.some_cache && o.cache.count == 2 && o.cache.value[0].a == FMI_CACHES_COLD);
    o = accepted("--sweep");
    cr_assert(!o.some_cache && o.cache.count == 1 && o.cache.value[0].a == FMI_CACHES_HOT);
    o = accepted("--sweep --op solve --n 2,16 --layout interleaved --pinv-share 0.25");
    cr_assert(o.n.count == 2 && o.n.value[1].a == 16);
    cr_assert(o.layout.count == 1 && o.layout.value[0].a == 1);
    cr_assert_eq(o.pinv_share, 0.25);
    o = accepted(
        "--sweep --op blend --targets 5 --precision fp16 --threads 0,2 --mem-limit 64M,1G");
    cr_assert(o.targets.value[0].a == 5 && o.precision.value[0].a == 1);
    cr_assert(o.threads.count == 2 && o.threads.value[1].a == 2);
    cr_assert_eq(o.mem_limit.value[0].a, UINT64_C(64) << 20);
    cr_assert_eq(o.mem_limit.value[1].a, UINT64_C(1) << 30);
    o = accepted("--sweep --mem-limit 4G,9G"); /* beyond 32 bits */
    cr_assert(o.mem_limit.value[0].a == UINT64_C(4) << 30 && o.mem_limit.value[1].a == UINT64_C(9)
                                                                                           << 30);
    o = accepted("--sweep --keep-free 13G --compute-units 1,2 --no-quirks");
    cr_assert_eq(o.keep_free_bytes, UINT64_C(13) << 30);
    cr_assert(o.compute_units.count == 2 && o.compute_units.value[1].a == 2 && o.no_quirks);
    o = accepted("--sweep --concurrent --compute-units 1");
    cr_assert(o.concurrent && o.chosen && !o.no_quirks && o.keep_free_bytes == 0);
    cr_assert(accepted("devices --rank").rank);
}

Test(bench_options, the_way_of_measuring_is_kept) {
    fmi_options o =
        accepted("--sweep --order fixed --seed 9 --isolate op --timeout 7 --max-time 2m");
    cr_assert(o.fixed_order && o.seed_set);
    cr_assert_eq(o.seed, 9U);
    cr_assert_eq(o.isolate, FMI_ISOLATE_OP);
    cr_assert_eq(o.cell_limit_s, 7.0);
    cr_assert(o.max_time_set);
    cr_assert_eq(o.max_time_s, 120.0);
    o = accepted("--sweep --max-time=1.5h --isolate=none --order=random --resume=last --db=r.db");
    cr_assert_eq(o.max_time_s, 5400.0);
    cr_assert(!o.fixed_order && o.isolate == FMI_ISOLATE_NONE);
    cr_assert_str_eq(o.resume, "last");
    cr_assert_str_eq(o.db, "r.db");
    o = accepted("--sweep --peers --pin --quick --list --dry-run --no-color -v");
    cr_assert(o.peers && o.pin && o.quick && o.list && o.dry_run && o.no_color);
    cr_assert_eq(o.log_level, FM_LOG_DEBUG);
    cr_assert_eq(accepted("--sweep -q").log_level, FM_LOG_ERROR);
    cr_assert_eq(accepted("--sweep --log-level info").log_level, FM_LOG_INFO);
    cr_assert(accepted("--sweep --progress json").json_progress);
    cr_assert_not(accepted("--sweep --progress auto").json_progress);
}

Test(bench_options, devices_formats_and_files) {
    fmi_options o = accepted("devices --device all --json");
    cr_assert(o.all_devices && !o.device);
    cr_assert_eq(o.format, FMI_FORMAT_JSON);
    o = accepted("roofs --device ref --csv --csv"); /* the same one twice is one */
    cr_assert_str_eq(o.device, "ref");
    cr_assert_eq(o.format, FMI_FORMAT_CSV);
    cr_assert_eq(accepted("--sweep --md").format, FMI_FORMAT_MARKDOWN);
    cr_assert_eq(accepted("export one --jsonl").format, FMI_FORMAT_JSONL);
    cr_assert_eq(accepted("export --junit").format, FMI_FORMAT_JUNIT);
    cr_assert_eq(accepted("export --prometheus").format, FMI_FORMAT_PROMETHEUS);
    o = accepted("--sweep --input a.fbx b.fbx -o page.html");
    cr_assert_str_eq(o.input[0], "a.fbx");
    cr_assert_str_eq(o.input[1], "b.fbx");
    cr_assert_str_eq(o.output, "page.html");
    o = accepted("report one --against two -o page.html");
    cr_assert_str_eq(o.against, "two");
    cr_assert_str_eq(accepted("history --cell batch=8").cell, "batch=8");
}

Test(bench_options, export_to_a_dash_is_to_stdout) {
    cr_assert_null(accepted("export last --csv -o -").output);
    cr_assert_str_eq(accepted("export last --csv -o cells.csv").output, "cells.csv");
}
