/* SPDX-License-Identifier: MIT */
/* The result store: what goes in comes out; what is not a store of ours is refused untouched. */
#include "fm_test.h"
#include "store.h"
#include "store_recipe.h"

#include <unistd.h>

#include <sqlite3.h>

TestSuite(store, .timeout = 60);

static fmi_environment *some_environment(void) {
    static fmi_environment e = {.version = "0.1.0", .fingerprint = "0123456789abcdef"};
    (void)snprintf(e.caps.name, sizeof e.caps.name, "a device");
    return &e;
}

static void begin(fmi_store *store, const char *id) {
    fm_error err;
    static char first[] = "fmbench", second[] = "--sweep";
    static char *const words[] = {first, second};
    const fmi_store_run run = {.id = id,
                               .started = "2024-01-31T12:00:00Z",
                               .command = "fmbench --sweep",
                               .argc = 2,
                               .argv = words,
                               .configuration = "a=b",
                               .configuration_hash = "abc",
                               .order = "random",
                               .seed = 99,
                               .quick = true,
                               .cells = 2,
                               .environment = some_environment()};
    fm_assert_ok(fmi_store_begin(store, &run, &err), err);
}

/* A cell with known numbers: 3 warm-up samples, 6 timed ones. */
static void make_cell(fmi_cell *cell, fmi_input *input) {
    fm_error err;
    double timed[6];
    *input = (fmi_input){.label = "points", .vertices = 77};
    *cell =
        (fmi_cell){.op = &fmi_case_morph, .status = FMI_CELL_OK, .timed = true, .checked = true};
    cell->params = (fmi_case_params){.input = input, .batch = 8, .level = FM_LEVEL_EXTREME};
    cell->check = (fmi_check){.passed = true, .compared = 2, .unit = "ulp", .max = 1.5};
    cell->check.psnr = (double)NAN;
    (void)snprintf(cell->error_unit, sizeof cell->error_unit, "ulp");
    cell->bench.samples = calloc(9, sizeof *cell->bench.samples);
    cell->bench.count = 9;
    cell->bench.warm_ups = 3;
    cell->bench.launches = 4;
    for (int i = 0; i < 9; ++i) {
        cell->bench.samples[i] = (fmi_sample){.seconds = 0.001 * (i + 1), .warm_up = i < 3};
        if (i >= 3)
            timed[i - 3] = 0.001 * (i + 1);
    }
    fm_assert_ok(fmi_summarise(timed, 6, 0.05, &cell->bench.wall, &err), err);
    cell->rate = 8.0 / cell->bench.wall.median;
    cell->facts.covered_fraction = (double)NAN;
    cell->facts.free_bytes = 123456;
    cell->facts.trust = FM_TRUST_REPORTED;
    (void)strcpy(cell->facts.memory_source, "meminfo");
    cell->measured = true;
    cell->seen = (fmi_observation){.seen = true,
                                   .event_s = 0.005,
                                   .event_wall_s = 0.006,
                                   .clock = "event and wall",
                                   .kernels = 3,
                                   .to_count = 1,
                                   .to_bytes = 32,
                                   .from_count = 2,
                                   .from_bytes = 4096};
    cell->zero_copy = FMI_ZERO_COPY_NO;
    cell->frequency = (fmi_frequency_seen){.source = "nvml",
                                           .readings = 20,
                                           .throttled = 3,
                                           .slowed = 1,
                                           .mhz_min = 1200,
                                           .mhz_mean = 1500,
                                           .mhz_max = 1980,
                                           .reasons = "power cap, thermal"};
}

/* The answer of a query as text, "NULL" for null, "none" without a row. */
static void ask(const char *path, const char *sql, const char *want) {
    sqlite3 *db = NULL;
    sqlite3_stmt *statement = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    const char *got = "none";
    if (sqlite3_step(statement) == SQLITE_ROW) {
        got = (const char *)sqlite3_column_text(statement, 0);
        got = got ? got : "NULL";
    }
    cr_assert_str_eq(got, want, "%s", sql);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

Test(store, keeps_runs_cells_and_samples) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_test_dir(dir, "store_keeps");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    begin(store, "run-1");
    fmi_cell cell;
    fmi_input input;
    make_cell(&cell, &input);
    fm_assert_ok(fmi_store_cell(store, &cell, 0, &err), err);
    fmi_bench_free(&cell.bench);
    fmi_cell skipped = {.op = &fmi_case_raster, .predicted_bytes = 4321, .wall_s = 2.5};
    skipped.params = (fmi_case_params){.input = &input, .batch = 1, .width = 17, .height = 33};
    fmi_cell_skip(&skipped, FMI_CELL_SKIPPED, "same as medium");
    fm_assert_ok(fmi_store_cell(store, &skipped, 1, &err), err);
    ask(path, "SELECT status FROM runs", "running"); /* durable before the end */
    fm_assert_ok(fmi_store_end(store, "done", &err), err);
    fmi_store_close(&store);
    cr_assert_null(store);

    ask(path, "SELECT value FROM meta WHERE key='schema_version'", "7");
    ask(path, "PRAGMA journal_mode", "wal");
    ask(path, "SELECT name||status||seed||quick||cells FROM runs", "run-1done9912");
    ask(path, "SELECT fingerprint FROM environments", "0123456789abcdef");
    ask(path, "SELECT op||batch||level||vertices||status FROM cells WHERE position=0",
        "morph8extreme77ok");
    ask(path, "SELECT error_max||error_unit||frames_compared FROM cells WHERE position=0",
        "1.5ulp2");
    ask(path, "SELECT error_psnr FROM cells WHERE position=0", "NULL");
    ask(path, "SELECT n||'|'||launches||'|'||median_s||'|'||lo_s||'|'||hi_s FROM cells",
        "6|4|0.0065|0.004|0.009");
    ask(path, "SELECT free_bytes||memory_source||memory_trust FROM cells WHERE position=0",
        "123456meminforeported");
    ask(path, "SELECT memory_trust FROM cells WHERE position=1", "NULL");
    ask(path, "SELECT clock||event_s||'|'||event_wall_s FROM cells WHERE position=0",
        "event and wall0.005|0.006");
    ask(path,
        "SELECT kernels||'|'||to_device_count||'|'||to_device_bytes||'|'||from_device_count||'|'||"
        "from_device_bytes||'|'||loop_bytes||'|'||zero_copy FROM cells WHERE position=0",
        "3|1|32|2|4096|0|0");
    ask(path,
        "SELECT frequency_source||mhz_min||'|'||mhz_mean||'|'||mhz_max||'|'||frequency_readings||"
        "'|'||throttled_readings||'|'||slowed_readings||throttle_reasons FROM cells WHERE "
        "position=0",
        "nvml1200.0|1500.0|1980.0|20|3|1power cap, thermal");
    ask(path,
        "SELECT count(*) FROM cells WHERE position=1 AND clock IS NULL AND kernels IS NULL "
        "AND zero_copy IS NULL AND mhz_min IS NULL",
        "1");
    ask(path, "SELECT count(*)||'|'||sum(warm_up) FROM samples", "9|3");
    ask(path, "SELECT seconds FROM samples WHERE seq=8", "0.009");
    ask(path, "SELECT status||reason||width||height FROM cells WHERE position=1",
        "skippedsame as medium1733");
    ask(path, "SELECT median_s FROM cells WHERE position=1", "NULL");
    ask(path, "SELECT planned_bytes||'|'||wall_s FROM cells WHERE position=1", "4321|2.5");
}

/* What a cell was made of: text, options and geometry, each text once. */
Test(store, keeps_kernels_by_hash) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_test_dir(dir, "store_kernels");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    begin(store, "run-1");
    const fmi_recipe_launch launch = {
        .kernel = "fm_x", .dims = 2, .global = {64, 3}, .local = {8, 1}, .args = 2};
    fmi_input input;
    for (uint32_t i = 0; i < 2; ++i) {
        fmi_cell cell;
        make_cell(&cell, &input);
        cell.params.batch = 8 + i;
        cell.recipe.launching = true;
        fmi_recipe_add_program(&cell.recipe, "x.cl", i ? "-DN=4" : "-DN=3", "kernel void fm_x(){}",
                               NULL);
        fmi_recipe_add_launch(&cell.recipe, &launch);
        fm_assert_ok(fmi_store_cell(store, &cell, i, &err), err);
        fmi_cell_free(&cell);
    }
    fmi_recipe back;
    fm_assert_ok(fmi_store_read_recipe(store, 2, &back, &err), err);
    cr_assert(back.programs == 1 && back.launches == 1);
    cr_assert_str_eq(back.program[0].options, "-DN=4");
    cr_assert_str_eq(back.program[0].text, "kernel void fm_x(){}");
    cr_assert(back.launch[0].global[1] == 3 && back.launch[0].local[0] == 8);
    fmi_recipe_free(&back);
    fm_assert_ok(fmi_store_read_recipe(store, 99, &back, &err), err);
    cr_assert(back.programs == 0 && back.launches == 0);
    fmi_store_close(&store);
    ask(path, "SELECT count(*) FROM sources", "1");
    ask(path, "SELECT count(*) FROM geometries", "1");
    ask(path, "SELECT count(*) FROM cell_programs", "2");
    ask(path, "SELECT count(*) FROM cells WHERE geometry IS NOT NULL", "2");
}

/* A run that was killed: found by name, its cells read back, unfinished ones dropped. */
Test(store, goes_on_with_a_run) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_test_dir(dir, "store_resume");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    begin(store, "run-1");
    fmi_cell cells[2];
    fmi_input input;
    make_cell(&cells[0], &input);
    fm_assert_ok(fmi_store_cell(store, &cells[0], 0, &err), err);
    fmi_bench_free(&cells[0].bench);
    make_cell(&cells[1], &input);
    fmi_bench_free(&cells[1].bench);
    cells[1].params.batch = 9;
    cells[1].timed = cells[1].checked = false;
    fmi_cell_skip(&cells[1], FMI_CELL_SKIPPED, "interrupted");
    fm_assert_ok(fmi_store_cell(store, &cells[1], 1, &err), err);
    fmi_store_close(&store);

    fmi_store_found found;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    fm_assert_fails(fmi_store_find(store, "other", &found, &err), FM_ERROR_BAD_INPUT, err,
                    "no run");
    fm_assert_ok(fmi_store_find(store, "last", &found, &err), err);
    cr_assert_str_eq(found.name, "run-1");
    cr_assert(found.argc == 2 && found.seed == 99);
    cr_assert_str_eq(found.argv[1], "--sweep");
    cr_assert_str_eq(found.configuration_hash, "abc");
    fm_assert_ok(fmi_store_resume(store, &found, &err), err);
    fmi_cell fresh[2] = {{.op = cells[0].op, .params = cells[0].params},
                         {.op = cells[1].op, .params = cells[1].params}};
    fmi_cells list = {.cell = fresh, .count = 2, .capacity = 2};
    const fm_caps caps = {0};
    fm_assert_ok(fmi_store_load(store, &list, &caps, &err), err);
    cr_assert(fresh[0].stored && fresh[0].status == FMI_CELL_OK && fresh[0].timed);
    cr_assert(fabs(fresh[0].bench.wall.median - 0.0065) < 1e-12 && fresh[0].bench.wall.n == 6);
    cr_assert_str_eq(fresh[0].error_unit, "ulp");
    cr_assert(fresh[0].facts.free_bytes == 123456 && fresh[0].facts.trust == FM_TRUST_REPORTED);
    cr_assert_str_eq(fresh[0].facts.memory_source, "meminfo");
    cr_assert(!fresh[1].stored && fresh[1].status == FMI_CELL_PENDING, "it runs again");
    uint32_t place = 0;
    fm_assert_ok(fmi_store_places(store, &place, &err), err);
    cr_assert_eq(place, 1U);
    fmi_store_found_free(&found);
    fmi_store_close(&store);
    ask(path, "SELECT status||resumed FROM runs", "running1");
    ask(path, "SELECT count(*) FROM cells", "1");
}

Test(store, grows_by_runs_and_refuses_a_place_twice) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_test_dir(dir, "store_grows");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    fm_error err;
    for (int i = 0; i < 3; ++i) {
        fmi_store *store = NULL;
        char id[32], started[32];
        fmi_store_run_id(id, started);
        fm_assert_ok(fmi_store_open(&store, path, &err), err);
        begin(store, id);
        fmi_cell cell;
        fmi_input input;
        make_cell(&cell, &input);
        fm_assert_ok(fmi_store_cell(store, &cell, 0, &err), err);
        fm_assert_fails(fmi_store_cell(store, &cell, 0, &err), FM_ERROR_IO, err, path);
        fmi_bench_free(&cell.bench);
        fmi_store_close(&store);
    }
    ask(path, "SELECT count(*) FROM runs", "3");
    ask(path, "SELECT count(*) FROM cells", "3");
    ask(path, "SELECT count(*) FROM samples", "27");
}

/* A file of version 1 gets the new tables and keeps its rows. */
Test(store, brings_an_older_store_up_to_date) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 16];
    fm_test_dir(dir, "store_older");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(
        sqlite3_exec(db,
                     "PRAGMA application_id=1179476590;"
                     "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;"
                     "INSERT INTO meta VALUES('schema_version','1'),('schema','fmbench/store/1');"
                     "CREATE TABLE runs(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);"
                     "CREATE TABLE environments(id INTEGER PRIMARY KEY, json TEXT);"
                     "CREATE TABLE cells(id INTEGER PRIMARY KEY, run INTEGER, op TEXT);"
                     "CREATE TABLE samples(cell INTEGER, seq INTEGER, PRIMARY KEY(cell, seq));"
                     "INSERT INTO runs VALUES(1,'old'); INSERT INTO cells VALUES(1,1,'morph');",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    fmi_store_close(&store);
    ask(path, "SELECT value FROM meta WHERE key='schema_version'", "7");
    ask(path, "SELECT op||final FROM cells", "morph1");
    ask(path, "SELECT name||resumed FROM runs", "old0");
    ask(path, "SELECT count(*) FROM peers", "0");
    ask(path, "SELECT count(*) FROM sources", "0");
    ask(path, "SELECT coalesce(geometry, 'none') FROM cells", "none");
    ask(path, "SELECT coalesce(memory_source, 'none') FROM cells", "none");
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    fmi_store_close(&store);
}

static void write_file(const char *path, const char *bytes, size_t count) {
    FILE *file = fopen(path, "wb");
    cr_assert_not_null(file);
    cr_assert_eq(fwrite(bytes, 1, count, file), count);
    fclose(file);
}

static size_t read_file(const char *path, char *bytes, size_t most) {
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file);
    const size_t count = fread(bytes, 1, most, file);
    fclose(file);
    return count;
}

static void refused(const char *path, fm_status want, const char *words) {
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_fails(fmi_store_open(&store, path, &err), want, err, words);
    cr_assert_not_null(strstr(err.message, path), "%s", err.message);
    cr_assert_null(store);
}

Test(store, refuses_what_is_not_a_store) {
    static char before[1 << 16], after[1 << 16];
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    fm_test_dir(dir, "store_foreign");
    (void)snprintf(path, sizeof path, "%s/text.db", dir);
    memset(before, 'x', 5000);
    write_file(path, before, 5000);
    refused(path, FM_ERROR_BAD_INPUT, "not a result store");

    (void)snprintf(path, sizeof path, "%s/foreign.db", dir);
    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, "CREATE TABLE a(b)", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    const size_t size = read_file(path, before, sizeof before);
    refused(path, FM_ERROR_BAD_INPUT, "another program");
    cr_assert_eq(read_file(path, after, sizeof after), size);
    cr_assert_eq(memcmp(before, after, size), 0, "a foreign file was touched");

    refused(dir, FM_ERROR_IO, "not a regular file");
    (void)snprintf(path, sizeof path, "%s/no/such/folder.db", dir);
    refused(path, FM_ERROR_IO, "cannot open");
}

Test(store, refuses_damage_and_other_schemas) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32];
    fm_test_dir(dir, "store_damage");
    (void)snprintf(path, sizeof path, "%s/a.db", dir);
    fmi_store *store = NULL;
    fm_error err;
    fm_assert_ok(fmi_store_open(&store, path, &err), err);
    begin(store, "run-1");
    fmi_store_close(&store);
    ask(path, "SELECT count(*) FROM runs", "1");

    /* Every page but the first is overwritten; then the last one alone. */
    static char bytes[1 << 18], whole[1 << 18];
    const size_t size = read_file(path, whole, sizeof whole);
    cr_assert_gt(size, 8192U);
    char broken[FM_TEST_PATH + 32];
    (void)snprintf(broken, sizeof broken, "%s/broken.db", dir);
    const size_t from[] = {4096, size - 4096};
    for (int i = 0; i < 2; ++i) {
        memcpy(bytes, whole, size);
        memset(bytes + from[i], 0x5A, size - from[i]);
        write_file(broken, bytes, size);
        refused(broken, FM_ERROR_BAD_INPUT, "damaged");
    }

    sqlite3 *db = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(
        sqlite3_exec(db, "UPDATE meta SET value='99' WHERE key='schema_version'", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    refused(path, FM_ERROR_BAD_INPUT, "schema version 99");
}

Test(store, default_place_is_the_checkout_or_here) {
    char dir[FM_TEST_PATH], path[FM_TEST_PATH + 32], got[2048];
    fm_test_dir(dir, "store_place");
    (void)snprintf(path, sizeof path, "%s/a", dir);
    cr_assert_eq(mkdir(path, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/results", dir);
    cr_assert_eq(mkdir(path, 0777), 0);
    (void)snprintf(path, sizeof path, "%s/.git", dir);
    write_file(path, "gitdir: x\n", 10); /* a work tree has a file */
    (void)snprintf(path, sizeof path, "%s/a", dir);
    cr_assert_eq(chdir(path), 0);
    fmi_store_place(NULL, got, sizeof got);
    (void)snprintf(path, sizeof path, "%s/results/fmbench.db", dir);
    cr_assert_not_null(strstr(got, "store_place/results/fmbench.db"), "%s", got);
    cr_assert_eq(chdir("/"), 0);
    fmi_store_place(NULL, got, sizeof got);
    cr_assert_str_eq(got, "fmbench.db");
    fmi_store_place("x/y.db", got, sizeof got);
    cr_assert_str_eq(got, "x/y.db");
}
