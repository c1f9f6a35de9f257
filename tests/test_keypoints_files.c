/* SPDX-License-Identifier: MIT */
/* fmorph keypoints as a whole: files in, files out, refusals; all supplied clips against the
 * reference. */
#include "fm_test.h"
#include "ref/keypoint.h"

#include "cli/commands.h"
#include "cli/keypoint_file.h"
#include "io/npz.h"

#include <fcntl.h>
#include <unistd.h>

TestSuite(keypoints_files, .timeout = 120);

static char folder[FM_TEST_PATH];
static char said[8192]; /* stderr of the last run */

static const char *in_folder(const char *name, char path[FM_TEST_PATH]) {
    snprintf(path, FM_TEST_PATH, "%.900s/%.100s", folder, name);
    return path;
}

static void start(const char *name) {
    fm_test_dir(folder, name);
}

/* Runs `fmorph keypoints ...`; words is the command line, blanks between. stderr goes to said. */
static int run(const char *words) {
    char line[4096], path[FM_TEST_PATH];
    char *argv[40] = {(char[]){"keypoints"}};
    int argc = 1;
    snprintf(line, sizeof line, "%s", words);
    for (char *word = strtok(line, " "); word && argc < 39; word = strtok(NULL, " "))
        argv[argc++] = word;
    fflush(NULL);
    const int kept = dup(2);
    const int file = open(in_folder("stderr.txt", path), O_CREAT | O_TRUNC | O_RDWR, 0666);
    dup2(file, 2);
    const int code = fmi_cmd_keypoints(argc, argv);
    fflush(NULL);
    dup2(kept, 2);
    close(kept);
    memset(said, 0, sizeof said);
    cr_assert_geq(pread(file, said, sizeof said - 1, 0), 0);
    close(file);
    return code;
}

static bool exists(const char *name) {
    char path[FM_TEST_PATH];
    return access(in_folder(name, path), F_OK) == 0;
}

static void write_text(const char *name, const char *text) {
    char path[FM_TEST_PATH];
    FILE *f = fopen(in_folder(name, path), "w");
    cr_assert_not_null(f);
    fputs(text, f);
    cr_assert_eq(fclose(f), 0);
}

/* A clip of frames x points; columns behind kp by seed. */
static void write_clip(const char *name, uint32_t frames, uint32_t points, uint64_t seed) {
    char path[FM_TEST_PATH];
    fmi_csv_out csv = {0};
    fm_error err;
    static const char *const head[] = {"note", "frame", "kp", "x", "y", "j00", "j01", "j10", "j11"};
    for (size_t i = 0; i < 9; i++)
        fmi_csv_put_text(&csv, head[i]);
    fmi_csv_end_row(&csv);
    for (uint32_t i = 0; i < frames * points; i++) {
        fmi_csv_put_text(&csv, "a,b");
        fmi_csv_put_uint(&csv, 2 * (i / points) + 5);
        fmi_csv_put_uint(&csv, i % points);
        for (int c = 0; c < 6; c++)
            fmi_csv_put_float(&csv, fm_test_uniform(&seed, -0.3F, 0.3F) + (c == 2 || c == 5));
        fmi_csv_end_row(&csv);
    }
    fm_assert_ok(fmi_csv_write(&csv, in_folder(name, path), &err), err);
    fmi_csv_out_free(&csv);
}

/* A command line with every @ replaced by the folder. */
static int run_here(const char *words) {
    char line[4096];
    size_t at = 0;
    for (const char *s = words; *s && at < sizeof line - FM_TEST_PATH; s++)
        at += *s == '@' ? (size_t)snprintf(line + at, sizeof line - at, "%s/", folder)
                        : (size_t)snprintf(line + at, sizeof line - at, "%c", *s);
    return run(line);
}

static void compare(const float *got, const float *want, size_t count, const char *what) {
    for (size_t i = 0; i < count; i++)
        cr_assert(fabs((double)got[i] - (double)want[i]) <= 1e-5, "%s, number %zu: %.9g, want %.9g",
                  what, i, (double)got[i], (double)want[i]);
}

static fm_keypoints_set frames_of(const fmi_kp_file *file) {
    return (fm_keypoints_set){
        .value = file->value, .jacobian = file->jacobian, .motion = file->motion};
}

/* The same frames on the device, whatever their number: over the driving file's own arrays. */
static void push_on_device(const fmi_kp_file *source, fmi_kp_file *driving,
                           const fm_keypoints_params *how) {
    const char *cache = getenv("FM_CACHE_DIR");
    const fm_engine_params params = {.struct_size = sizeof params,
                                     .cache_dir = cache && cache[0] ? cache : NULL};
    fm_keypoints_params always = *how;
    const fm_keypoints_set from = frames_of(source), in = frames_of(driving);
    const fm_keypoints_out out = {
        .value = driving->value, .jacobian = driving->jacobian, .motion = driving->motion};
    fm_engine *engine = NULL;
    fm_keypoints *kp = NULL;
    fm_error err;
    always.struct_size = sizeof always;
    always.host_below = 1;
    always.points = driving->points;
    fm_assert_ok(fm_engine_create(&engine, &params, &err), err);
    fm_assert_ok(fm_keypoints_create(&kp, engine, &always, &from, NULL, &err), err);
    fm_assert_ok(fm_keypoints_push(kp, &in, &out, driving->frames, &err), err);
    fm_keypoints_destroy(&kp);
    fm_engine_destroy(&engine);
}

static void compare_clip(const fmi_kp_file *got, const fm_keypoints_out *want, const char *what) {
    const size_t rows = (size_t)got->frames * got->points;
    if (want->motion)
        compare(got->motion, want->motion,
                got->frames * (size_t)fmi_kp_motion_floats(FM_KEYPOINTS_LIVEPORTRAIT, got->points),
                what);
    if (want->value)
        compare(got->value, want->value, rows * 2, what);
    if (want->jacobian)
        compare(got->jacobian, want->jacobian, rows * 4, what);
}

/* Reads source, driving and result files and compares the result, and the device's own, with the
 * reference. */
static void check_result(const char *source_path, const char *driving_path, const char *result,
                         const fm_keypoints_params *how) {
    fmi_kp_file source, driving, got;
    fm_error err;
    fm_assert_ok(fmi_kp_file_read(&source, source_path, how->model, &err), err);
    fm_assert_ok(fmi_kp_file_read(&driving, driving_path, how->model, &err), err);
    fm_assert_ok(fmi_kp_file_read(&got, result, how->model, &err), err);
    cr_assert_eq(got.frames, driving.frames);
    cr_assert_eq(got.points, driving.points);
    fmi_ref_keypoints ref = {
        .how = *how, .source = frames_of(&source), .initial = frames_of(&driving)};
    ref.how.points = driving.points;
    ref.how.multiplier = 1;
    const size_t rows = (size_t)driving.frames * driving.points;
    const size_t motions =
        (size_t)driving.frames * fmi_kp_motion_floats(how->model, driving.points);
    float *value = malloc(rows * 3 * sizeof *value), *jacobian = malloc(rows * 4 * sizeof *value);
    float *motion = malloc(motions * sizeof *motion);
    const bool live = how->model == FM_KEYPOINTS_LIVEPORTRAIT;
    const fm_keypoints_out want = {.value = live ? NULL : value,
                                   .jacobian = live ? NULL : jacobian,
                                   .motion = live ? motion : NULL};
    fmi_ref_keypoints_run(&ref, &ref.initial, &want, driving.frames);
    compare_clip(&got, &want, driving_path);
    push_on_device(&source, &driving, how);
    compare_clip(&driving, &want, "on the device");
    free(value);
    free(jacobian);
    free(motion);
    fmi_kp_file_free(&source);
    fmi_kp_file_free(&driving);
    fmi_kp_file_free(&got);
}

Test(keypoints_files, all_supplied_fomm_clips_are_right) {
    static const char *const clips[] = {"talking", "laugh"};
    char source[FM_TEST_PATH], driving[FM_TEST_PATH], result[FM_TEST_PATH], name[64];
    char line[4 * FM_TEST_PATH];
    if (!fm_test_data(source, "keypoints/fomm10_source.csv"))
        cr_skip("skipped: no data");
    start("kp_fomm_data");
    in_folder("out.csv", result);
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, "keypoints/fomm10_driving_%s.csv", clips[i / 2]);
        cr_assert(fm_test_data(driving, name));
        snprintf(line, sizeof line,
                 "--model fomm --source %s --driving %s -o %s --area %s --batch %d", source,
                 driving, result, i % 2 ? "hull" : "bbox", i % 2 ? 7 : 1000);
        cr_assert_eq(run(line), 0, "%s", said);
        const fm_keypoints_params how = {.model = FM_KEYPOINTS_FOMM,
                                         .area = i % 2 ? FM_KEYPOINTS_HULL : FM_KEYPOINTS_BBOX};
        check_result(source, driving, result, &how);
    }
}

Test(keypoints_files, all_supplied_liveportrait_clips_are_right) {
    static const char *const clips[] = {"talking", "laugh", "wink"};
    char source[FM_TEST_PATH], driving[FM_TEST_PATH], result[FM_TEST_PATH], name[64];
    char line[4 * FM_TEST_PATH];
    if (!fm_test_data(source, "keypoints/liveportrait_wink.csv"))
        cr_skip("skipped: no data");
    start("kp_live_data");
    in_folder("out.csv", result);
    for (int i = 0; i < 9; i++)
        for (int relative = 0; relative < 2; relative++) {
            snprintf(name, sizeof name, "keypoints/liveportrait_%s.csv", clips[i / 3]);
            cr_assert(fm_test_data(source, name));
            snprintf(name, sizeof name, "keypoints/liveportrait_%s.csv", clips[i % 3]);
            cr_assert(fm_test_data(driving, name));
            snprintf(line, sizeof line,
                     "--model liveportrait --source %s --driving %s -o %s --relative-movement %s",
                     source, driving, result, relative ? "on" : "off");
            cr_assert_eq(run(line), 0, "%s", said);
            cr_assert_not_null(strstr(said, "frame 0 is used"), "%s", said);
            const fm_keypoints_params how = {.model = FM_KEYPOINTS_LIVEPORTRAIT,
                                             .no_relative_movement = relative == 0};
            check_result(source, driving, result, &how);
        }
}

Test(keypoints_files, made_up_clips_are_right_in_every_format) {
    char s[FM_TEST_PATH], d[FM_TEST_PATH], o[FM_TEST_PATH], z[FM_TEST_PATH];
    const fm_keypoints_params how = {.model = FM_KEYPOINTS_FOMM};
    start("kp_made_up");
    write_clip("s.csv", 1, 7, 1);
    write_clip("d.csv", 90, 7, 2);
    cr_assert_eq(run_here("--model fomm --source @s.csv --driving @d.csv -o @o.csv"), 0, "%s",
                 said);
    check_result(in_folder("s.csv", s), in_folder("d.csv", d), in_folder("o.csv", o), &how);
    cr_assert_eq(run_here("--model fomm --source @s.csv --driving @d.csv -o @o.npz"), 0, "%s",
                 said);
    check_result(s, d, in_folder("o.npz", z), &how);
    /* The table keeps its own columns and numbers of frames. */
    fmi_csv csv;
    fm_error err;
    fm_assert_ok(fmi_csv_read(&csv, o, &err), err);
    cr_assert_eq(csv.columns, 10);
    cr_assert_str_eq(fmi_csv_cell(&csv, 0, 0), "note");
    cr_assert_str_eq(fmi_csv_cell(&csv, 0, 9), "status");
    cr_assert_str_eq(fmi_csv_cell(&csv, 8, 0), "a,b");
    cr_assert_str_eq(fmi_csv_cell(&csv, 8, 1), "7");
    cr_assert_str_eq(fmi_csv_cell(&csv, 8, 9), "0");
    fmi_csv_free(&csv);
    /* NPZ in, CSV out: a clip that is its own source changes nothing but rounding. */
    cr_assert_eq(run_here("--model fomm --source @o.npz --driving @o.npz -o @p.csv"), 0, "%s",
                 said);
    fmi_kp_file first, second;
    fm_assert_ok(fmi_kp_file_read(&first, o, FM_KEYPOINTS_FOMM, &err), err);
    fm_assert_ok(fmi_kp_file_read(&second, in_folder("p.csv", s), FM_KEYPOINTS_FOMM, &err), err);
    compare(second.value, first.value, 90 * 14, "its own source");
    compare(second.jacobian, first.jacobian, 90 * 28, "its own source");
    fmi_kp_file_free(&first);
    fmi_kp_file_free(&second);
}

Test(keypoints_files, the_initial_frame_may_be_named) {
    char path[FM_TEST_PATH];
    start("kp_initial");
    write_clip("s.csv", 1, 3, 1);
    write_clip("d.csv", 4, 3, 2);
    cr_assert_eq(
        run_here("--model fomm --source @s.csv --driving @d.csv --initial @d.csv -o @a.csv"), 0,
        "%s", said);
    cr_assert_eq(
        run_here("--model fomm --source @s.csv --driving @d.csv --initial @s.csv -o @b.csv "
                 "--adapt-scale off"),
        0, "%s", said);
    /* p_src + (p_drv - p_src): the driving frames themselves. */
    fmi_kp_file got, driving;
    fm_error err;
    fm_assert_ok(fmi_kp_file_read(&got, in_folder("b.csv", path), FM_KEYPOINTS_FOMM, &err), err);
    fm_assert_ok(fmi_kp_file_read(&driving, in_folder("d.csv", path), FM_KEYPOINTS_FOMM, &err),
                 err);
    compare(got.value, driving.value, 24, "initial = source");
    compare(got.jacobian, driving.jacobian, 48, "initial = source");
    fmi_kp_file_free(&got);
    fmi_kp_file_free(&driving);
}

Test(keypoints_files, the_report_has_the_figures) {
    char path[FM_TEST_PATH];
    unsigned char text[16384] = {0};
    static const char *const keys[] = {"\"device\"",
                                       "\"frames\": 90",
                                       "\"clips\": 1",
                                       "\"scale\": ",
                                       "\"fallbacks\"",
                                       "\"scale_bbox\"",
                                       "\"condition_histogram\"",
                                       "\"scale_hull\"",
                                       "\"per_frame_p50\"",
                                       "\"per_frame_p95\"",
                                       "\"transfers\"",
                                       "facemorph/keypoints/1"};
    start("kp_report");
    write_clip("s.csv", 1, 7, 1);
    write_clip("d.csv", 90, 7, 2);
    cr_assert_eq(
        run_here("--model fomm --source @s.csv --driving @d.csv -o @o.csv --report @r.json"), 0,
        "%s", said);
    FILE *f = fopen(in_folder("r.json", path), "rb");
    cr_assert_not_null(f);
    cr_assert_gt(fread(text, 1, sizeof text - 1, f), 100U);
    fclose(f);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        cr_assert_not_null(strstr((char *)text, keys[i]), "no %s", keys[i]);
    cr_assert_not_null(strstr(said, "scale factor "), "%s", said);
    cr_assert_not_null(strstr(said, "(p50)"), "%s", said);
}

static void write_npz(const char *name, fmi_npz_entry *entries, size_t count) {
    char path[FM_TEST_PATH];
    fm_error err;
    for (size_t i = 0; i < count; i++) {
        entries[i].shape.count = 1;
        for (uint32_t d = 0; d < entries[i].shape.dims; d++)
            entries[i].shape.count *= entries[i].shape.size[d];
    }
    fm_assert_ok(fmi_npz_write(in_folder(name, path), entries, count, &err), err);
}

/* Turns as degrees and as the network's numbers come to the same. */
Test(keypoints_files, sadtalker_motions_become_values) {
    static float degrees[2] = {21, -39}, bins[132], t[6], e[90], canonical[45];
    char path[FM_TEST_PATH];
    uint64_t state = fm_test_seed();
    bins[40] = bins[66 + 20] = 1000; /* 3 * 40 - 99 and 3 * 20 - 99 */
    for (int i = 0; i < 45; i++)
        canonical[i] = fm_test_uniform(&state, -1, 1);
    for (int i = 0; i < 90; i++)
        e[i] = fm_test_uniform(&state, -0.1F, 0.1F);
    start("kp_sadtalker");
    fmi_npz_entry entries[] = {{"yaw", {.dims = 1, .size = {2}}, degrees},
                               {"pitch", {.dims = 1, .size = {2}}, degrees},
                               {"roll", {.dims = 1, .size = {2}}, degrees},
                               {"t", {.dims = 2, .size = {2, 3}}, t},
                               {"exp", {.dims = 3, .size = {2, 15, 3}}, e},
                               {"canonical", {.dims = 3, .size = {1, 15, 3}}, canonical}};
    write_npz("a.npz", entries, 6);
    for (int i = 0; i < 3; i++)
        entries[i] = (fmi_npz_entry){entries[i].name, {.dims = 2, .size = {2, 66}}, bins};
    write_npz("b.npz", entries, 6);
    cr_assert_eq(run_here("--model sadtalker --source @a.npz --driving @a.npz -o @a.npy "
                          "--relative-movement off"),
                 0, "%s", said);
    cr_assert_eq(run_here("--model sadtalker --source @b.npz --driving @b.npz -o @b.csv "
                          "--relative-movement off"),
                 0, "%s", said);
    fmi_kp_file a, b;
    fm_error err;
    fm_assert_ok(fmi_kp_file_read(&a, in_folder("a.npy", path), FM_KEYPOINTS_SADTALKER, &err), err);
    fm_assert_ok(fmi_kp_file_read(&b, in_folder("b.csv", path), FM_KEYPOINTS_SADTALKER, &err), err);
    cr_assert_eq(a.frames, 2);
    compare(a.value, b.value, 90, "degrees and bins");
    cr_assert_gt(fabsf(a.value[0] - canonical[0]), 1e-3F, "they moved");
    fmi_kp_file_free(&a);
    fmi_kp_file_free(&b);
    cr_assert_eq(run_here("--model sadtalker --source @a.npy --driving @a.npy -o @c.npy"), 0, "%s",
                 said);
}

/* With canonical points there are values, and what needs them works. */
Test(keypoints_files, liveportrait_values_need_canonical_points) {
    static float scale[2] = {1, 1.1F}, t[6], r[18], e[126], canonical[63];
    char path[FM_TEST_PATH];
    uint64_t state = fm_test_seed();
    for (int i = 0; i < 63; i++)
        canonical[i] = fm_test_uniform(&state, -1, 1);
    for (int i = 0; i < 126; i++)
        e[i] = fm_test_uniform(&state, -0.1F, 0.1F);
    for (int i = 0; i < 18; i++)
        r[i] = i % 9 % 4 == 0;
    start("kp_live_values");
    fmi_npz_entry entries[] = {{"scale", {.dims = 1, .size = {2}}, scale},
                               {"t", {.dims = 2, .size = {2, 3}}, t},
                               {"R", {.dims = 3, .size = {2, 3, 3}}, r},
                               {"exp", {.dims = 3, .size = {2, 21, 3}}, e},
                               {"canonical", {.dims = 2, .size = {21, 3}}, canonical}};
    write_npz("with.npz", entries, 5);
    write_npz("without.npz", entries, 4);
    cr_assert_eq(
        run_here("--model liveportrait --source @with.npz --driving @without.npz -o @v.npy "
                 "--multiplier 2 --expression-friendly"),
        0, "%s", said);
    fmi_npy v;
    fm_error err;
    fm_assert_ok(fmi_npy_read(&v, in_folder("v.npy", path), &err), err);
    cr_assert(v.shape.dims == 3 && v.shape.size[0] == 2 && v.shape.size[1] == 21);
    /* Frame 0 is the source: c + e. */
    for (int i = 0; i < 63; i++)
        cr_assert_float_eq(((float *)v.values)[i], canonical[i] + e[i], 1e-5F);
    fmi_npy_free(&v);
    cr_assert_eq(
        run_here("--model liveportrait --source @with.npz --driving @without.npz -o @v.csv"), 0,
        "%s", said);
    fmi_csv csv;
    fm_assert_ok(fmi_csv_read(&csv, in_folder("v.csv", path), &err), err);
    cr_assert_eq(csv.columns, 77U + 63U + 1U);
    cr_assert_lt(fmi_csv_find(&csv, "x20_z"), csv.columns);
    fmi_csv_free(&csv);
    cr_assert_eq(run_here("--model liveportrait --source @without.npz --driving @without.npz -o "
                          "@w.npz --region lip"),
                 0, "%s", said);
    static const char *const needs[] = {"-o @x.npz --multiplier 2",
                                        "-o @x.npz --expression-friendly", "-o @x.npy"};
    for (size_t i = 0; i < 3; i++) {
        char line[256];
        snprintf(line, sizeof line,
                 "--model liveportrait --source @without.npz --driving @without.npz %s", needs[i]);
        cr_assert_eq(run_here(line), 3, "%s: %s", needs[i], said);
        cr_assert_not_null(strstr(said, "canonical points"), "%s", said);
    }
    cr_assert_not(exists("x.npz") || exists("x.npy"));
}

/* One bad file each: exit 3, a line that names the place, nothing written. */
static void refuse(const char *driving, const char *words) {
    char line[256];
    snprintf(line, sizeof line,
             "--model fomm --source @s.csv --driving @%s -o @o.csv --report @r.json", driving);
    cr_assert_eq(run_here(line), 3, "%s: %s", driving, said);
    cr_assert_not_null(strstr(said, words), "%s: want '%s' in: %s", driving, words, said);
    cr_assert_eq(strchr(said, '\n') - said + 1, (long)strlen(said), "one line: %s", said);
    cr_assert_not(exists("o.csv") || exists("r.json"), "%s: something was written", driving);
}

Test(keypoints_files, bad_tables_are_refused_with_their_place) {
    start("kp_bad_csv");
    write_clip("s.csv", 1, 2, 1);
#define HEAD "frame,kp,x,y,j00,j01,j10,j11\n"
    write_text("nan.csv", HEAD "0,0,1,2,1,0,0,1\n0,1,1,2,1,0,nan,1\n");
    refuse("nan.csv", "nan.csv: row 3, column 7 (j10): 'nan' is not finite");
    write_text("word.csv", HEAD "0,0,1,2,1,0,0,1\n0,1,1,two,1,0,0,1\n");
    refuse("word.csv", "row 3, column 4 (y): 'two' is not a number");
    write_text("order.csv", HEAD "0,0,1,2,1,0,0,1\n0,0,1,2,1,0,0,1\n");
    refuse("order.csv", "row 3, column 2 (kp): 0 where keypoint 1");
    write_text("frames.csv",
               HEAD "1,0,1,2,1,0,0,1\n1,1,1,2,1,0,0,1\n0,0,1,2,1,0,0,1\n0,1,1,2,1,0,0,1\n");
    refuse("frames.csv", "row 4, column 1 (frame): 0 behind 1");
    write_text("part.csv", HEAD "0,0,1,2,1,0,0,1\n0,1,1,2,1,0,0,1\n1,0,1,2,1,0,0,1\n");
    refuse("part.csv", "no whole frames of 2");
    write_text("column.csv", "frame,kp,x,j00,j01,j10,j11\n0,0,1,1,0,0,1\n0,1,1,1,0,0,1\n");
    refuse("column.csv", "no column 'y'");
    write_text("short.csv", HEAD "0,0,1,2,1,0,0\n");
    refuse("short.csv", "row 2 has 7 columns");
    write_text("head.csv", HEAD);
    refuse("head.csv", "row 2");
    write_text("empty.csv", "");
    refuse("empty.csv", "empty.csv");
    refuse("absent.csv", "absent.csv");
    write_clip("three.csv", 2, 3, 1);
    refuse("three.csv", "three.csv: 3 keypoints a frame, but ");
    refuse("three.csv", "s.csv has 2; give files of one detector");
    write_text("bare.csv", "frame,kp,x,y\n0,0,1,2\n0,1,1,2\n");
    refuse("bare.csv", "no Jacobians");
    cr_assert_eq(run_here("--model fomm --source @s.csv --driving @bare.csv -o @fine.csv "
                          "--relative-jacobian off"),
                 0, "%s", said);
}

Test(keypoints_files, bad_archives_are_refused_with_their_place) {
    static float v[64], j[64];
    static const uint8_t bytes[64];
    start("kp_bad_npz");
    write_clip("s.csv", 1, 2, 1);
    const fmi_npy_shape value = {.dims = 3, .size = {2, 2, 2}};
    const fmi_npy_shape jacobian = {.dims = 4, .size = {2, 2, 2, 2}};
    fmi_npz_entry e[2] = {{"value", value, v}, {"jacobian", jacobian, j}};
    v[5] = NAN;
    write_npz("nan.npz", e, 2);
    refuse("nan.npz", "nan.npz: value: row 2, column 2");
    v[5] = 0;
    e[0].shape = (fmi_npy_shape){.dims = 1, .size = {8}};
    write_npz("rank.npz", e, 2);
    refuse("rank.npz", "value has the shape (8,); (F, K, 2) is needed");
    e[0].shape = (fmi_npy_shape){.dims = 3, .size = {2, 2, 3}};
    write_npz("depth.npz", e, 2);
    refuse("depth.npz", "(F, K, 2) is needed");
    e[0].shape = (fmi_npy_shape){.dims = 3, .size = {3, 2, 2}};
    write_npz("frames.npz", e, 2);
    refuse("frames.npz", "jacobian has 2 frames, the others have 3");
    e[0].shape = (fmi_npy_shape){.dims = 3, .size = {0, 2, 2}};
    write_npz("empty.npz", e, 2);
    refuse("empty.npz", "value is empty");
    e[0] = (fmi_npz_entry){"value", value, bytes};
    e[0].shape.kind = FMI_NPY_U1;
    write_npz("type.npz", e, 2);
    refuse("type.npz", "value");
    write_npz("none.npz", e + 1, 1);
    refuse("none.npz", "no array 'value' (F, K, 2)");
    write_text("zip.npz", "PK, but no zip");
    refuse("zip.npz", "no NPZ archive");
    write_text("npy.npy", "\x93NUMPY?");
    refuse("npy.npy", "npy.npy");
}

Test(keypoints_files, misuse_is_exit_2_and_names_the_option) {
    static const struct {
        const char *line, *words;
    } bad[] = {
        {"--source a.csv --driving b.csv -o c.csv", "--model: missing"},
        {"--model face --source a.csv --driving b.csv -o c.csv", "liveportrait"},
        {"--model fomm --driving b.csv -o c.csv", "--source: missing"},
        {"--model fomm --source a.csv --driving b.csv", "--output: missing"},
        {"--model fomm --source a.txt --driving b.csv -o c.csv", ".csv .npy .npz"},
        {"--model fomm --source a.csv --driving b.csv -o c.npy", "lose the Jacobians"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv --region lip", "--region"},
        {"--model sadtalker --source a.csv --driving b.csv -o c.csv --seed-compat",
         "--seed-compat"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv --area round", "bbox"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv --adapt-scale maybe", "on"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv --batch 0", "--batch"},
        {"--model liveportrait --source a.csv --driving b.csv -o c.csv --multiplier nan",
         "--multiplier"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv d.csv", "d.csv"},
        {"--model fomm --source a.csv --driving b.csv -o c.csv --precision fp16", "--precision"}};
    start("kp_misuse");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(run(bad[i].line), 2, "%s: %s", bad[i].line, said);
        cr_assert_not_null(strstr(said, bad[i].words), "%s: %s", bad[i].line, said);
    }
}
