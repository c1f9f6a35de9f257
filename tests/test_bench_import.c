/* SPDX-License-Identifier: MIT */
/* A run leaves a store as JSON, SQL or a table and comes back as it was; files that are not what
 * they say are refused with the place that is wrong. */
#include "export.h"
#include "fm_test.h"
#include "io/file.h"
#include "made_up_run.h"
#include "run_import.h"
#include "table.h"

#include <jansson.h>
#include <sqlite3.h>
#include <unistd.h>

TestSuite(bench_import, .timeout = 60);

#define PATH_BYTES (FM_TEST_PATH + 32)

static char *export_as(const char *db, const char *name, fmi_format format) {
    char *text = NULL;
    size_t bytes = 0;
    fm_error err = {0};
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fm_assert_ok(fmi_store_open_existing(&store, db, &err), err);
    fm_assert_ok(fmi_saved_load(&run, store, name, &err), err);
    FILE *out = open_memstream(&text, &bytes);
    if (format == FMI_FORMAT_SQL)
        fm_assert_ok(fmi_export_sql(db, run->name, out, &err), err);
    else
        fm_assert_ok(fmi_report_print(&run->report, format, out, &err), err);
    (void)fclose(out);
    fmi_saved_free(&run);
    fmi_store_close(&store);
    return text;
}

static fm_status import_text(const char *text, const char *db, fmi_came *done, fm_error *err) {
    fmi_import import;
    fmi_store *store = NULL;
    memset(err, 0, sizeof *err);
    fm_status status = fmi_import_read(&import, text, strlen(text), "run.json", err);
    if (status == FM_OK)
        status = fmi_store_open(&store, db, err);
    if (status == FM_OK)
        status = fmi_import_store(&import, store, done, err);
    fmi_store_close(&store);
    fmi_import_free(&import);
    return status;
}

static void places(char a[PATH_BYTES], char b[PATH_BYTES], const char *name) {
    char dir[FM_TEST_PATH];
    fm_test_dir(dir, name);
    snprintf(a, PATH_BYTES, "%s/a.db", dir);
    snprintf(b, PATH_BYTES, "%s/b.db", dir);
}

static void assert_same(const char *a, const char *b, const char *what) {
    size_t at = 0, line = 1;
    for (; a[at] && a[at] == b[at]; ++at)
        line += a[at] == '\n';
    cr_assert_str_eq(a, b, "%s differs in line %zu: %.60s | %.60s", what, line, a + at, b + at);
}

/* Peers, a device that was named, grey heads: what made_up_run has none of. */
static void add_relatives(const char *db) {
    static const char sql[] =
        "INSERT INTO peers(cell,name,status,rate,rate_lo,rate_hi,median_s,times,times_lo,times_hi,"
        "covered_fraction,n,launches,bytes,frames) SELECT id,'libpng','ok',10.5,10,11,0.0025,3.5,"
        "3.25,3.75,NULL,3,2,NULL,4 FROM cells WHERE op='encode' AND rate IS NOT NULL LIMIT 1;"
        "INSERT INTO peer_samples SELECT id,0,1,0.003 FROM peers UNION ALL SELECT id,1,0,0.0025 "
        "FROM peers UNION ALL SELECT id,2,0,0.0024 FROM peers UNION ALL SELECT id,3,0,0.0026 FROM "
        "peers;"
        "UPDATE cells SET device='name:1', key=replace(key,'device=auto','device=name:1') WHERE "
        "position IN (5,6);"
        "UPDATE cells SET texture='off', key=replace(key,'grey=0','grey=1') WHERE op='raster' AND "
        "position<20;"
        "UPDATE cells SET joules_per_frame=0.125, power_source='rapl' WHERE position=8;"
        "UPDATE cells SET specialisation='cpu', limited_by='memory', budget_bytes=12345, free_bytes"
        "=99, memory_source='meminfo', memory_trust='reported', tries=2 WHERE position%2=0;"
        "UPDATE cells SET clock='event and wall', event_s=0.002, event_wall_s=0.0025, kernels=5, "
        "to_device_count=1, to_device_bytes=32, from_device_count=2, from_device_bytes=4096, "
        "loop_bytes=0, zero_copy=position%4=0, frequency_source='nvml', mhz_min=1200, "
        "mhz_mean=1500.5, mhz_max=1980, frequency_readings=20, throttled_readings=3, "
        "slowed_readings=1, throttle_reasons='power cap' WHERE position%2=0;";
    char *message = NULL;
    sqlite3 *handle = NULL;
    cr_assert_eq(sqlite3_open(db, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, sql, NULL, NULL, &message), SQLITE_OK, "%s", message);
    sqlite3_close(handle);
}

Test(bench_import, a_run_comes_back_from_json_as_it_was) {
    char a[PATH_BYTES], b[PATH_BYTES];
    fmi_came done;
    fm_error err;
    places(a, b, "import_round");
    made_up_run(a, "one", "2024-01-01T00:00:00Z", 150, 1.0);
    add_relatives(a);
    char *before = export_as(a, "one", FMI_FORMAT_JSON);
    cr_expect_not_null(strstr(before, "\"name\": \"libpng\""), "the peer is in it");
    cr_expect_not_null(strstr(before, "device=name:1"));
    fm_assert_ok(import_text(before, b, &done, &err), err);
    cr_expect(done.runs == 1 && done.cells == 150 && done.known == 0 && done.samples > 2000,
              "%u runs, %u cells, %llu samples", done.runs, done.cells,
              (unsigned long long)done.samples);
    char *after = export_as(b, "one", FMI_FORMAT_JSON);
    assert_same(before, after, "JSON");
    for (fmi_format format = FMI_FORMAT_CSV; format <= FMI_FORMAT_MARKDOWN; ++format) {
        char *one = export_as(a, "one", format), *two = export_as(b, "one", format);
        assert_same(one, two, "a table");
        free(one);
        free(two);
    }
    fm_assert_ok(import_text(before, b, &done, &err), err);
    cr_expect(done.runs == 0 && done.known == 1, "the same run twice");
    free(before);
    free(after);
}

Test(bench_import, a_run_comes_back_from_sql_as_it_was) {
    char a[PATH_BYTES], b[PATH_BYTES];
    char *message = NULL;
    sqlite3 *handle = NULL;
    places(a, b, "import_sql");
    made_up_run(a, "one", "2024-01-01T00:00:00Z", 60, 1.0);
    made_up_run(a, "two", "2024-01-02T00:00:00Z", 20, 2.0);
    add_relatives(a);
    char *sql = export_as(a, "one", FMI_FORMAT_SQL), *before = export_as(a, "one", FMI_FORMAT_JSON);
    cr_expect_null(strstr(sql, "'two'"), "the other run is in it");
    cr_assert_eq(sqlite3_open(b, &handle), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(handle, sql, NULL, NULL, &message), SQLITE_OK, "%s", message);
    sqlite3_close(handle);
    char *after = export_as(b, "last", FMI_FORMAT_JSON);
    assert_same(before, after, "JSON");
    free(sql);
    free(before);
    free(after);
}

Test(bench_import, tsv_has_the_columns_of_csv_and_no_tab_inside) {
    char a[PATH_BYTES], b[PATH_BYTES];
    places(a, b, "import_tsv");
    made_up_run(a, "one", "2024-01-01T00:00:00Z", 30, 1.0);
    char *tsv = export_as(a, "one", FMI_FORMAT_TSV), *csv = export_as(a, "one", FMI_FORMAT_CSV);
    uint32_t lines = 0;
    size_t commas = 0;
    for (const char *at = csv; *at && *at != '\n'; ++at)
        commas += *at == ',';
    for (const char *line = tsv; *line; line = strchr(line, '\n') + 1, ++lines) {
        size_t tabs = 0;
        for (const char *at = line; *at != '\n'; ++at)
            tabs += *at == '\t';
        cr_expect_eq(tabs, commas, "line %u: %zu tabs, %zu commas in the head", lines, tabs,
                     commas);
    }
    cr_expect_eq(lines, 31U);
    free(tsv);
    free(csv);

    fmi_table table = {0};
    static const char *const head[] = {"a", "b", NULL};
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    fmi_table_head(&table, head);
    fmi_table_add(&table, "one\ttwo\n");
    fmi_table_add(&table, "C:\\x");
    fmi_table_tsv(&table, out);
    (void)fclose(out);
    cr_expect_str_eq(text, "a\tb\none\\ttwo\\n\tC:\\\\x\n");
    fmi_table_free(&table);
    free(text);
}

/* What a made-up store says does nothing where its tables are opened. */
Test(bench_import, text_of_a_table_is_neither_a_formula_nor_markup) {
    static const char *const head[] = {"a", ">b", NULL};
    char *text = NULL;
    size_t bytes = 0;
    fmi_table table = {0};
    fmi_table_head(&table, head);
    fmi_table_add(&table, "=cmd()");
    fmi_table_add(&table, "-1.5");
    fmi_table_add(&table, "a|<b>[c](d) \\|");
    fmi_table_add(&table, "@x\ny");
    FILE *out = open_memstream(&text, &bytes);
    fmi_table_tsv(&table, out);
    (void)fclose(out);
    cr_expect_str_eq(text, "a\tb\n'=cmd()\t-1.5\na|<b>[c](d) \\\\|\t'@x\\ny\n");
    free(text);
    out = open_memstream(&text, &bytes);
    fmi_table_markdown(&table, out);
    (void)fclose(out);
    cr_expect_not_null(strstr(text, "| a\\|\\<b>\\[c](d) \\\\\\| | @x y |\n"), "%s", text);
    fmi_table_free(&table);
    free(text);
}

/* An older file: without the keys that came later. */
Test(bench_import, keys_that_a_file_lacks_are_unknown_values) {
    static const char *const later[] = {"key",        "frames",     "settled", "samples_raw",
                                        "stages_raw", "limited_by", "tries",   "peers"};
    char a[PATH_BYTES], b[PATH_BYTES];
    fmi_came done;
    fm_error err;
    places(a, b, "import_old");
    made_up_run(a, "one", "2024-01-01T00:00:00Z", 12, 1.0);
    char *text = export_as(a, "one", FMI_FORMAT_JSON);
    json_t *root = json_loads(text, 0, NULL);
    json_object_del(root, "command");
    json_object_del(root, "status");
    for (size_t i = 0; i < json_array_size(json_object_get(root, "cells")); ++i)
        for (size_t k = 0; k < sizeof later / sizeof later[0]; ++k)
            json_object_del(json_array_get(json_object_get(root, "cells"), i), later[k]);
    char *old = json_dumps(root, JSON_INDENT(1));
    fm_assert_ok(import_text(old, b, &done, &err), err);
    cr_expect_eq(done.cells, 12U);
    char *one = export_as(a, "one", FMI_FORMAT_CSV), *two = export_as(b, "one", FMI_FORMAT_CSV);
    assert_same(one, two, "CSV");
    free(one);
    free(two);
    json_decref(root);
    free(old);
    free(text);
}

typedef struct damage {
    const char *path, *value; /* where, and the JSON that is put there; "" removes it */
    const char *message;
} damage;

/* Puts a value at a path of keys and numbers; NULL takes it away. */
static void put_at(json_t *root, const char *path, json_t *value) {
    char words[120];
    snprintf(words, sizeof words, "%s", path);
    char *word = strtok(words, "/");
    for (char *next = strtok(NULL, "/"); next; word = next, next = strtok(NULL, "/"))
        root = json_is_array(root) ? json_array_get(root, (size_t)atoi(word))
                                   : json_object_get(root, word);
    if (!value)
        cr_assert_eq(json_object_del(root, word), 0, "%s", path);
    else if (json_is_array(root))
        cr_assert_eq(json_array_set_new(root, (size_t)atoi(word), value), 0, "%s", path);
    else
        cr_assert_eq(json_object_set_new(root, word, value), 0, "%s", path);
}

Test(bench_import, what_cannot_be_is_refused_with_its_place) {
    static const damage list[] = {
        {"schema", "\"fmbench/sweep/2\"", "of a newer fmbench; this one reads fmbench/sweep/1"},
        {"schema", "\"facemorph/run/1\"", "fmbench/sweep/1 is wanted"},
        {"schema", "", "fmbench/sweep/1 is wanted"},
        {"run", "\"\"", "run: empty; every file"},
        {"started", "\"\"", "started: empty; every file"},
        {"environment", "{}", "environment.fingerprint: missing"},
        {"environment/fingerprint", "", "environment.fingerprint: missing"},
        {"environment/fingerprint", "7", "environment.fingerprint: a whole number; text"},
        {"environment/device", "", "environment.device: missing"},
        {"environment/device/id", "", "environment.device.id: missing"},
        {"environment/device/id", "\"\"", "environment.device.id: empty"},
        {"roofs/fma_fp32/unit", "", "roofs.fma_fp32.unit: missing"},
        {"cells/4/stages_raw/0/name", "\"\"", "cells[4].stages_raw[0].name: empty"},
        {"run", "\"last\"", "run: \"last\" is no name"},
        {"run", "", "run: missing"},
        {"run", "\"0123456789012345678901234567890123456789\"", "run: 40 bytes of text; 31 fit"},
        {"environment", "", "environment: missing"},
        {"environment", "[]", "environment: a list; an object is needed"},
        {"environment/device/name", "\"a\\u001b[2J\"", "environment.device.name: text with"},
        {"seed", "-1", "seed: -1; a whole number"},
        {"order", "\"sorted\"", "order: \"sorted\"; known are random, fixed"},
        {"roofs/fma_fp32/value", "\"much\"", "roofs.fma_fp32.value: text; a number"},
        {"cold/1/seconds", "-2", "cold[1].seconds: -2; nothing below 0"},
        {"cells", "", "cells: missing"},
        {"cells", "{}", "cells: an object; a list is needed"},
        {"cells/4", "7", "cells[4].: an object is needed"},
        {"cells/4/op", "\"dance\"", "cells[4].op: \"dance\"; this program has no such op"},
        {"cells/4/batch", "1.5", "cells[4].batch: a number; a whole number"},
        {"cells/4/batch", "99999999999", "cells[4].batch: 99999999999; a whole number from 0"},
        {"cells/4/level", "\"fast\"", "cells[4].level: \"fast\"; known are low, medium"},
        {"cells/4/status", "\"fine\"", "cells[4].status: \"fine\"; known are ok"},
        {"cells/4/size", "[1]", "cells[4].size: two numbers"},
        {"cells/4/size", "[0,5]", "cells[4].size: two numbers from 1"},
        {"cells/4/rate", "-1", "cells[4].rate: -1; nothing below 0"},
        {"cells/4/rate", "", "cells[4].rate: missing in a cell that is ok"},
        {"cells/4/median_s", "", "cells[4].median_s: missing"},
        {"cells/4/median_s", "1", "cells[4].samples_raw: their median is"},
        {"cells/4/interval_s", "[2,1]", "cells[4].interval_s: two numbers"},
        {"cells/4/samples_raw/timed_s/3", "0", "cells[4].timed_s: entry 3 is no time"},
        {"cells/4/samples_raw/timed_cpu_s", "[1]", "cells[4].timed_cpu_s: 1 times beside 20"},
        {"cells/4/stages_raw/0/kind", "\"magic\"", "cells[4].stages_raw[0].kind: \"magic\""},
        {"cells/4/memory/peak", "-5", "cells[4].peak: -5"},
        {"cells/3/rate", "10", "cells[3].rate: a cell that is wrong-result has none"},
    };
    char a[PATH_BYTES], b[PATH_BYTES];
    places(a, b, "import_bad");
    made_up_run(a, "one", "2024-01-01T00:00:00Z", 12, 1.0);
    char *text = export_as(a, "one", FMI_FORMAT_JSON);
    for (size_t i = 0; i < sizeof list / sizeof list[0]; ++i) {
        fmi_came done;
        fm_error err;
        json_t *root = json_loads(text, 0, NULL);
        put_at(root, list[i].path,
               list[i].value[0] ? json_loads(list[i].value, JSON_DECODE_ANY, NULL) : NULL);
        char *bad = json_dumps(root, 0);
        const fm_status status = import_text(bad, b, &done, &err);
        cr_expect_eq(status, FM_ERROR_BAD_INPUT, "%s = %s: %s", list[i].path, list[i].value,
                     fm_status_name(status));
        cr_expect_not_null(strstr(err.message, list[i].message), "%s = %s: %s", list[i].path,
                           list[i].value, err.message);
        cr_expect_neq(access(b, F_OK), 0, "a store was made of a refused file");
        free(bad);
        json_decref(root);
    }
    free(text);
}

static void assert_too_large(const char *entry, size_t bytes) {
    fmi_import import;
    fm_error err = {0};
    char *text = malloc(bytes + 1);
    cr_assert_not_null(text);
    const size_t length = strlen(entry);
    for (size_t i = 0; i < bytes; ++i)
        text[i] = entry[i % length];
    text[0] = '[';
    text[bytes] = '\0';
    cr_expect_eq(fmi_import_read(&import, text, bytes, "run.json", &err), FM_ERROR_BAD_INPUT);
    cr_expect_not_null(strstr(err.message, "hand on large runs"), "%s: %s", entry, err.message);
    free(text);
}

/* The parser takes up to 80 times the bytes of a text. */
Test(bench_import, a_text_that_would_take_a_gigabyte_is_refused) {
    assert_too_large("0,", 30 << 20);
    assert_too_large("{},", 10 << 20);
    assert_too_large("[],", 14 << 20);
    assert_too_large("          ", 33 << 20);
}

Test(bench_import, text_that_is_no_json_is_refused_with_its_line) {
    static const char *const texts[][2] = {
        {"", "line 1"},
        {"{\"schema\":\n\"fmbench/sweep/1\",,", "line 2"},
        {"{\"run\":\"a\",\"run\":\"b\"}", "duplicate"},
        {"{\"a\":1e999}", "real number overflow"},
        {"{\"a\":\"\xff\"}", "byte 0xff"},
        {"[]", "fmbench/sweep/1 is wanted"},
        {"{\"schema\":\"fmbench/sweeps/1\",\"sweeps\":[{\"schema\":\"x\"}]}", "sweeps[0]: schema"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; ++i) {
        fm_error err = {0};
        fmi_import import;
        cr_expect_eq(fmi_import_read(&import, texts[i][0], strlen(texts[i][0]), "run.json", &err),
                     FM_ERROR_BAD_INPUT, "%s", texts[i][0]);
        cr_expect_not_null(strstr(err.message, texts[i][1]), "%s: %s", texts[i][0], err.message);
        cr_expect_eq(import.count, 0U);
    }
}
