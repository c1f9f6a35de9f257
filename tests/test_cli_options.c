/* SPDX-License-Identifier: MIT */
/* The command line of fmorph, and the parts of it that need no device. */
#include "fm_test.h"

#include "args.h"
#include "compare.h"
#include "morph_options.h"
#include "names.h"
#include "stages.h"
#include "values.h"

TestSuite(cli_options, .timeout = 60);

/* Reads "morph" plus words, split at blanks. */
static fm_status read_line(const char *line, fmi_morph_options *options, fm_error *err) {
    static char copy[2048];
    static fmi_args args;
    char *argv[64] = {(char *)"morph"};
    int argc = 1;
    snprintf(copy, sizeof copy, "%s", line);
    for (char *word = strtok(copy, " "); word != NULL; word = strtok(NULL, " "))
        argv[argc++] = word;
    fm_status status =
        fmi_args_read(&args, fmi_morph_table, fmi_morph_table_count, argc, argv, err);
    return status == FM_OK ? fmi_morph_options_read(options, &args, err) : status;
}

static void refused(const char *line, const char *words) {
    fm_error err = {0};
    fmi_morph_options options;
    fm_status status = read_line(line, &options, &err);
    cr_assert_eq(status, FM_ERROR_INVALID_ARGUMENT, "%s: taken", line);
    cr_assert_not_null(strstr(err.message, words), "%s: no '%s' in: %s", line, words, err.message);
    cr_assert_null(strchr(err.message, '\n'));
}

static fmi_morph_options taken(const char *line) {
    fm_error err = {0};
    fmi_morph_options options;
    fm_status status = read_line(line, &options, &err);
    cr_assert_eq(status, FM_OK, "%s: %s", line, err.message);
    return options;
}

Test(cli_options, defaults_are_those_of_the_contract) {
    fmi_morph_options o = taken("a.fbx b.fbx");
    cr_assert_str_eq(o.path_a, "a.fbx");
    cr_assert_str_eq(o.path_b, "b.fbx");
    cr_assert_str_eq(o.output, "fmorph-out");
    cr_assert_eq(o.frames, 41);
    cr_assert_eq(o.view.width, 512);
    cr_assert_eq(o.view.height, 512);
    cr_assert_eq(o.level, FM_LEVEL_MEDIUM);
    cr_assert_eq(o.specialisation, FM_SPECIALISATION_AUTO);
    cr_assert(o.heatmaps && !o.full && !o.contact_sheet);
    cr_assert_not(o.raw || o.force || o.json || o.dry_run || o.keep_background);
    cr_assert_not(o.view.no_fit || o.view.no_cull || o.view.transparent || o.view.background_set);
}

Test(cli_options, both_spellings_and_the_last_one_wins) {
    cr_assert_eq(taken("a b --frames 3").frames, 3);
    cr_assert_eq(taken("a b --frames=3").frames, 3);
    cr_assert_eq(taken("--frames 3 a --frames=7 b").frames, 7);
    cr_assert_str_eq(taken("a b -o x").output, "x");
    cr_assert_str_eq(taken("a b -ox").output, "x");
    cr_assert_str_eq(taken("a b --output=x").output, "x");
    cr_assert_str_eq(taken("-- --frames -o").path_a, "--frames");
    cr_assert_str_eq(taken("--minimal -- -a -b").path_b, "-b");
}

Test(cli_options, every_value_arrives) {
    fmi_morph_options o =
        taken("a b --size 640x480 --level extreme --device gpu --specialisation cpu --batch 5 "
              "--mem-limit 2G --keep-free 3G --threads 3 --camera "
              "yaw=10,fov=45,pitch=-5.5,distance=3 --fit off "
              "--cull off --align similarity --background #0a0B0c --texture-a t.png --step 125 "
              "--fill-background off --heatmaps off --samples 1 --filter nearest-mip "
              "--precision fp32 --json --force --trace t.json");
    cr_assert_eq(o.view.width, 640);
    cr_assert_eq(o.view.height, 480);
    cr_assert_eq(o.level, FM_LEVEL_EXTREME);
    cr_assert_str_eq(o.device, "gpu");
    cr_assert_eq(o.specialisation, FM_SPECIALISATION_CPU);
    cr_assert_eq(o.view.batch, 5);
    cr_assert_eq(o.mem_limit_bytes, UINT64_C(2) << 30);
    cr_assert_eq(o.keep_free_bytes, UINT64_C(3) << 30);
    cr_assert_eq(o.threads, 3);
    cr_assert_float_eq(o.view.yaw_degrees, 10.0F, 0.0);
    cr_assert_float_eq(o.view.pitch_degrees, -5.5F, 0.0);
    cr_assert_float_eq(o.view.distance, 3.0F, 0.0);
    cr_assert_float_eq(o.view.fov_degrees, 45.0F, 0.0);
    cr_assert(o.view.no_fit && o.view.no_cull && o.keep_background && !o.heatmaps);
    cr_assert(o.json && o.force && o.view.background_set);
    cr_assert_eq(o.align, FM_ALIGN_SIMILARITY);
    cr_assert_eq(o.view.background[0], 10);
    cr_assert_eq(o.view.background[1], 11);
    cr_assert_eq(o.view.background[2], 12);
    cr_assert_str_eq(o.texture_a, "t.png");
    cr_assert_null(o.texture_b);
    cr_assert_eq(o.frames, 9);
    cr_assert_str_eq(o.trace, "t.json");
    cr_assert(o.view.samples == 1 && !o.view.trilinear);
    o = taken("a b --samples 4 --filter trilinear");
    cr_assert(o.view.samples == 4 && o.view.trilinear);
}

Test(cli_options, mistakes_are_named_with_what_is_allowed) {
    refused("a b --framse 3", "--framse: unknown option; allowed:");
    refused("a b --framse 3", "--frames");
    refused("a b -x", "-x: unknown option");
    refused("a b --frames", "no value");
    refused("a b --json=yes", "takes no value");
    refused("a", "two mesh files, 1 given");
    refused("", "two mesh files, 0 given");
    refused("a b c", "'c': one argument too many");
    refused("a b --frames 1", "from 2 to");
    refused("a b --frames 1000000000", "from 2 to");
    refused("a b --frames 0x10", "from 2 to");
    refused("a b --frames -3", "from 2 to");
    refused("a b --frames 18446744073709551657", "from 2 to");
    refused("a b --step 3", "does not divide 1000");
    refused("a b --step 0", "from 1 to 1000");
    refused("a b --step 10 --frames 3", "give one of them");
    refused("a b --size 0", "WxH or N");
    refused("a b --size 8193", "1 to 8192");
    refused("a b --size 512x", "WxH or N");
    refused("a b --size x512", "WxH or N");
    refused("a b --size 512x512x3", "WxH or N");
    refused("a b --level EXTREME", "allowed: low medium high extreme");
    refused("a b --specialisation auto", "allowed: cpu gpu");
    refused("a b --batch 0", "from 1 to");
    refused("a b --mem-limit 0", "bytes");
    refused("a b --mem-limit G", "bytes");
    refused("a b --keep-free G", "bytes");
    refused("a b --mem-limit 99999999999G", "bytes");
    refused("a b --threads 0", "from 1 to");
    refused("a b --camera roll=3", "yaw=,pitch=,distance=,fov=");
    refused("a b --camera yaw=1,yaw=2", "given twice");
    refused("a b --camera fov=nan", "from 1 to 170");
    refused("a b --camera fov=171", "from 1 to 170");
    refused("a b --camera distance=0", "from 0.001 to 1000");
    refused("a b --camera yaw=0x1p3", "yaw from -360 to 360");
    refused("a b --camera yaw=1,", "unknown part ''");
    refused("a b --fit maybe", "allowed: on off");
    refused("a b --samples 2", "allowed: 1 4");
    refused("a b --filter linear", "allowed: nearest-mip trilinear");
    refused("a b --align fuzzy", "allowed: none rigid similarity");
    refused("a b --background #12345", "#rrggbb");
    refused("a b --background pinkish", "not a colour");
    refused("a b --codec h264", "allowed: libx264 libsvtav1");
    refused("a b -o -", "add --raw");
    refused("a b --raw", "add -o -");
    refused("a b --raw -o dir", "add -o -");
    refused("a b --raw -o - --json", "leave one of them out");
    refused("a b --output=", "has no name");
}

Test(cli_options, the_environment_sets_defaults_and_the_line_wins) {
    setenv("FMORPH_FRAMES", "9", 1);
    setenv("FMORPH_FILL_BACKGROUND", "off", 1);
    setenv("FMORPH_JSON", "1", 1);
    setenv("FMORPH_FORCE", "off", 1);
    fmi_morph_options o = taken("a b");
    cr_assert_eq(o.frames, 9);
    cr_assert(o.keep_background && o.json && !o.force);
    cr_assert_eq(taken("a b --frames 3").frames, 3);
    cr_assert_eq(taken("a b --step 500").frames, 3, "the line's --step wins over the variable");
    setenv("FMORPH_FRAMES", "rubbish", 1);
    cr_assert_eq(taken("a b --frames 3").frames, 3);
    refused("a b", "FMORPH_FRAMES: 'rubbish'");
    setenv("FMORPH_FRAMES", "", 1);
    cr_assert_eq(taken("a b").frames, 41);
    setenv("FMORPH_JSON", "perhaps", 1);
    refused("a b", "FMORPH_JSON: 'perhaps' is not a switch");
    unsetenv("FMORPH_JSON");
    cr_assert(taken("a b --verify").verify);
    cr_assert_null(taken("a b").cache);
    cr_assert_str_eq(taken("a b --cache dir").cache, "dir");
    refused("a b --cache=", "has no name");
}

Test(cli_options, modes_and_what_is_switched_singly) {
    fmi_morph_options o = taken("a b --minimal");
    cr_assert(!o.heatmaps && !o.full && !o.contact_sheet);
    o = taken("a b --full");
    cr_assert(o.heatmaps && o.full && !o.contact_sheet);
    o = taken("a b --full --heatmaps off --contact-sheet on");
    cr_assert(!o.heatmaps && o.full && o.contact_sheet);
    cr_assert(taken("a b --minimal --heatmaps on").heatmaps);
    o = taken("a b -o - --raw");
    cr_assert(!o.heatmaps && !o.full && !o.contact_sheet);
    refused("a b --minimal --full", "give one of them");
    refused("a b -o - --raw --full", "writes frames only");
    setenv("FMORPH_FULL", "on", 1);
    cr_assert(taken("a b").full);
    cr_assert_not(taken("a b --minimal").full, "the line wins");
    cr_assert_not(taken("a b -o - --raw").full, "the line wins");
}

Test(cli_options, artefacts_of_a_full_run) {
    fmi_morph_options o = taken("a b --full");
    cr_assert_eq(o.fps, 30);
    cr_assert_eq(o.crf, -1);
    cr_assert_null(o.codec);
    cr_assert(o.mesh_format == FMI_MESH_FBX && o.mesh_textures == FMI_TEXTURES_ENDS);
    o = taken("a b --full --fps 25 --crf 0 --codec mpeg4 --mesh-format ply --mesh-textures all");
    cr_assert_eq(o.fps, 25);
    cr_assert_eq(o.crf, 0);
    cr_assert_str_eq(o.codec, "mpeg4");
    cr_assert(o.mesh_format == FMI_MESH_PLY && o.mesh_textures == FMI_TEXTURES_ALL);
    o = taken("a b --background sea.mp4");
    cr_assert(o.view.transparent && strcmp(o.background_file, "sea.mp4") == 0);
    cr_assert_null(taken("a b --background #ffffff").background_file);
    refused("a b --fps 0", "from 1 to 1000");
    refused("a b --crf 64", "from 0 to 63");
    refused("a b --mesh-format stl", "allowed: fbx glb obj ply");
    refused("a b --mesh-textures some", "allowed: ends all none");
    refused("a b --contact-sheet maybe", "allowed: on off");
}

Test(cli_options, a_megabyte_of_argument_gives_a_short_message) {
    size_t n = 1 << 20;
    char *word = malloc(n + 1);
    cr_assert_not_null(word);
    memset(word, 'x', n);
    memcpy(word, "--", 2);
    word[n] = '\0';
    char *argv[] = {(char *)"morph", word};
    fmi_args args;
    fm_error err = {0};
    fm_assert_fails(fmi_args_read(&args, fmi_morph_table, fmi_morph_table_count, 2, argv, &err),
                    FM_ERROR_INVALID_ARGUMENT, err, "allowed: --help");
    free(word);
}

Test(cli_options, frame_names_sort_in_ratio_order_and_add_up) {
    static const uint32_t counts[] = {2, 3, 7, 41, 1001, 1002, 9973};
    fmi_names names;
    fmi_names_make(&names, "x/male1.fbx", "male2.obj");
    for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
        uint32_t frames = counts[k];
        char before[FMI_NAME_FRAME] = "";
        for (uint32_t i = 0; i < frames; i++) {
            char name[FMI_NAME_FRAME];
            unsigned a = 0;
            unsigned b = 0;
            fmi_names_frame(&names, i, frames, name, sizeof name);
            cr_assert_gt(strcmp(name, before), 0, "%s after %s", name, before);
            cr_assert_eq(sscanf(name, "male1-%u_male2-%u.png", &a, &b), 2, "%s", name);
            cr_assert_eq(a + b, frames <= 1001 ? 1000U : 1000000U, "%s", name);
            snprintf(before, sizeof before, "%s", name);
        }
    }
    char name[FMI_NAME_FRAME];
    fmi_names_frame(&names, 0, 41, name, sizeof name);
    cr_assert_str_eq(name, "male1-0000_male2-1000.png");
    fmi_names_frame(&names, 1, 41, name, sizeof name);
    cr_assert_str_eq(name, "male1-0025_male2-0975.png");
    fmi_names_frame(&names, 40, 41, name, sizeof name);
    cr_assert_str_eq(name, "male1-1000_male2-0000.png");
    fmi_names_frame(&names, 1, 1002, name, sizeof name);
    cr_assert_str_eq(name, "male1-0000999_male2-0999001.png");
    cr_assert_float_eq(fmi_frame_weight(0, 41), 1.0F, 0.0);
    cr_assert_float_eq(fmi_frame_weight(10, 41), 0.75F, 0.0);
    cr_assert_float_eq(fmi_frame_weight(40, 41), 0.0F, 0.0);
}

Test(cli_options, stems_make_folders_whatever_the_files_are_called) {
    fmi_names names;
    char folder[256];
    fmi_names_make(&names, "a/head.obj", "b/head.fbx");
    cr_assert_str_eq(names.b, "head-2");
    fmi_names_folder(&names, "out/", folder, sizeof folder);
    cr_assert_str_eq(folder, "out/head_head-2");
    fmi_names_folder(&names, "out", folder, sizeof folder);
    cr_assert_str_eq(folder, "out/head_head-2");
    fmi_names_make(&names, "./.obj", "b.tar.gz");
    cr_assert_str_eq(names.a, ".obj");
    cr_assert_str_eq(names.b, "b.tar");
    fmi_names_make(&names, "new\nline\x1b.obj", "noext");
    cr_assert_str_eq(names.a, "new_line_");
    cr_assert_str_eq(names.b, "noext");
    char longest[600];
    for (size_t i = 0; i < 300; i++)
        memcpy(longest + 2 * i, "\xC3\xA4", 2); /* a-umlaut */
    longest[599] = '\0';
    fmi_names_make(&names, longest, "b");
    cr_assert_eq(strlen(names.a), FMI_NAME_STEM - 2, "cut between two characters");
}

Test(cli_options, exclusive_times_add_up_and_spans_only_widen_the_wall) {
    fmi_stages s = {0};
    fmi_stages_enter(&s, FMI_STAGE_START, 0.0);
    fmi_stages_leave(&s, 1.0);
    fmi_stages_enter(&s, FMI_STAGE_IMPORT, 2.0);
    fmi_stages_span(&s, FMI_STAGE_IMPORT, 0.5, 3.5);
    fmi_stages_leave(&s, 4.0);
    fmi_stages_enter(&s, FMI_STAGE_RENDER, 4.0);
    fmi_stages_enter(&s, FMI_STAGE_ENCODE, 5.0);
    fmi_stages_leave(&s, 5.25);
    fmi_stages_enter(&s, FMI_STAGE_ENCODE, 6.0);
    fmi_stages_leave(&s, 6.5);
    fmi_stages_leave(&s, 8.0);
    fmi_stages_move(&s, FMI_STAGE_RENDER, FMI_STAGE_BUILD, 0.25);
    fmi_stages_enter(&s, FMI_STAGE_ENCODE, 8.0);
    cr_assert_float_eq(fmi_stages_exclusive(&s, FMI_STAGE_START, 9.0), 1.0, 1e-12);
    cr_assert_float_eq(fmi_stages_exclusive(&s, FMI_STAGE_IMPORT, 9.0), 2.0, 1e-12);
    cr_assert_float_eq(s.first[FMI_STAGE_IMPORT], 0.5, 1e-12);
    cr_assert_float_eq(fmi_stages_end(&s, FMI_STAGE_IMPORT, 9.0), 4.0, 1e-12);
    cr_assert_float_eq(fmi_stages_exclusive(&s, FMI_STAGE_RENDER, 9.0), 3.0, 1e-12);
    cr_assert_float_eq(fmi_stages_exclusive(&s, FMI_STAGE_BUILD, 9.0), 0.25, 1e-12);
    cr_assert_float_eq(fmi_stages_exclusive(&s, FMI_STAGE_ENCODE, 9.0), 1.75, 1e-12);
    cr_assert_float_eq(s.first[FMI_STAGE_ENCODE], 5.0, 1e-12);
    cr_assert_float_eq(fmi_stages_end(&s, FMI_STAGE_ENCODE, 9.0), 9.0, 1e-12);
    double sum = 0.0;
    for (int i = 0; i < FMI_STAGE_COUNT; i++)
        sum += fmi_stages_exclusive(&s, (fmi_stage)i, 9.0);
    cr_assert_float_eq(sum, 8.0, 1e-12, "all but the second between start and import");
}

Test(cli_options, compare_sees_distances_and_holes) {
    enum { W = 5, H = 4 };
    uint8_t want[W * H * 4];
    uint8_t got[W * H * 4];
    memset(want, 200, sizeof want);
    memcpy(got, want, sizeof got);
    got[0] = 201;
    fmi_difference d = fmi_compare(got, want, W, H);
    cr_assert_eq(d.pixels, W * H);
    cr_assert_eq(d.covered, W * H);
    cr_assert_eq(d.far, 0);
    cr_assert_eq(d.largest, 1);
    got[4 * (W + 2) + 3] = 0; /* inside: a hole */
    got[3] = 0;               /* on the border: an edge pixel */
    d = fmi_compare(got, want, W, H);
    cr_assert_eq(d.far, 2);
    cr_assert_eq(d.holes, 1);
    cr_assert_eq(d.largest, 200);
}
