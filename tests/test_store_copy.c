/* SPDX-License-Identifier: MIT */
/* Bundles and merges: every row arrives once, whatever is merged twice, and nothing foreign does.
 */
#include "fm_test.h"
#include "made_up_run.h"

#include "io/output.h"
#include "store_copy.h"
#include "store_impl.h"

#include <sqlite3.h>
#include <unistd.h>

TestSuite(store_copy, .timeout = 60);

#define PATH_BYTES (FM_TEST_PATH + 32)

typedef struct places {
    char dir[FM_TEST_PATH], a[PATH_BYTES], b[PATH_BYTES], c[PATH_BYTES];
} places;

static places make_places(const char *name) {
    places p;
    fm_test_dir(p.dir, name);
    snprintf(p.a, sizeof p.a, "%s/a.db", p.dir);
    snprintf(p.b, sizeof p.b, "%s/b.db", p.dir);
    snprintf(p.c, sizeof p.c, "%s/c.db", p.dir);
    return p;
}

static void run_sql(const char *path, const char *sql) {
    sqlite3 *db = NULL;
    char *message = NULL;
    cr_assert_eq(sqlite3_open(path, &db), SQLITE_OK);
    cr_assert_eq(sqlite3_exec(db, sql, NULL, NULL, &message), SQLITE_OK, "%s: %s", sql,
                 message ? message : "");
    sqlite3_close(db);
}

/* First value of a query, as text. */
static const char *ask(const char *path, const char *sql) {
    static char got[8][600];
    static int turn;
    char *out = got[turn++ % 8];
    sqlite3 *db = NULL;
    sqlite3_stmt *row = NULL;
    cr_assert_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK, "%s", path);
    cr_assert_eq(sqlite3_prepare_v2(db, sql, -1, &row, NULL), SQLITE_OK, "%s: %s", sql,
                 sqlite3_errmsg(db));
    snprintf(out, sizeof got[0], "none");
    if (sqlite3_step(row) == SQLITE_ROW && sqlite3_column_text(row, 0))
        snprintf(out, sizeof got[0], "%s", (const char *)sqlite3_column_text(row, 0));
    sqlite3_finalize(row);
    sqlite3_close(db);
    return out;
}

static fm_status copy(const char *to, const char *from, const char *run, fmi_came *copied,
                      fm_error *err) {
    fmi_store *store = NULL;
    fm_status status = fmi_store_open(&store, to, err);
    if (status == FM_OK)
        status = fmi_store_copy(store, from, run, copied, err);
    fmi_store_close(&store);
    return status;
}

/* A digest of everything a run has, without the ids. */
static const char runs_cells[] =
    "SELECT group_concat(x,'|') FROM (SELECT r.name||e.fingerprint||count(*)||total(c.rate)||"
    "printf('%.9g',total(c.median_s*c.position)) AS x FROM runs r JOIN environments e ON "
    "e.id=r.environment JOIN "
    "cells c ON c.run=r.id GROUP BY r.id ORDER BY r.name)";
static const char runs_samples[] =
    "SELECT group_concat(x,'|') FROM (SELECT r.name||count(*)||printf('%.12g',total(s.seconds*(c."
    "position+1)*(s.seq+1))) AS x FROM samples s JOIN cells c ON c.id=s.cell JOIN runs r ON "
    "r.id=c.run GROUP BY r.id ORDER BY r.name)";

/* Rows of every table that hangs on cells, made by hand: peers and kernels. */
static void add_relatives(const char *path, int number) {
    char sql[1200];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO peers(cell,name,status,times) SELECT min(id),'c','ok',%d FROM cells;"
        "INSERT INTO peer_samples SELECT max(id),0,0,%d.5 FROM peers;"
        "INSERT INTO sources VALUES('shared','morph.cl','text'),('own%d','raster.cl','text');"
        "INSERT INTO geometries VALUES('g%d','1 x 1');"
        "UPDATE cells SET geometry='g%d' WHERE id=(SELECT min(id) FROM cells);"
        "INSERT INTO cell_programs(cell,seq,source,options,file) SELECT min(id),0,'shared',"
        "'-D','morph.cl' FROM cells;"
        "INSERT INTO cell_programs(cell,seq,source,options,file) SELECT min(id),1,'own%d','-D',"
        "'raster.cl' FROM cells;",
        number, number, number, number, number, number);
    run_sql(path, sql);
}

Test(store_copy, merging_keeps_every_row_once) {
    const places p = make_places("merge");
    fmi_came copied;
    fm_error err;
    char cells[2][600], samples[2][600];
    made_up_run(p.a, "run-a", "2026-01-01T00:00:00Z", 40, 1.0);
    made_up_run(p.b, "run-b", "2026-01-02T00:00:00Z", 30, 2.0);
    made_up_run(p.b, "run-c", "2026-01-03T00:00:00Z", 20, 3.0);
    add_relatives(p.a, 1);
    add_relatives(p.b, 2);
    fm_assert_ok(copy(p.c, p.a, NULL, &copied, &err), err);
    cr_assert_eq(copied.runs, 1);
    cr_assert_eq(copied.cells, 40);
    fm_assert_ok(copy(p.c, p.b, NULL, &copied, &err), err);
    cr_assert_eq(copied.runs, 2);
    cr_assert_eq(copied.cells, 50);
    cr_assert_gt(copied.samples, 0);
    /* In the order of the names both halves make the whole. */
    for (int i = 0; i < 2; i++) {
        snprintf(cells[i], sizeof cells[i], "%s", ask(i ? p.b : p.a, runs_cells));
        snprintf(samples[i], sizeof samples[i], "%s", ask(i ? p.b : p.a, runs_samples));
    }
    const char *whole = ask(p.c, runs_cells);
    cr_assert(strncmp(whole, cells[0], strlen(cells[0])) == 0, "%s: %s", whole, cells[0]);
    cr_assert_str_eq(whole + strlen(cells[0]) + 1, cells[1]);
    whole = ask(p.c, runs_samples);
    cr_assert(strncmp(whole, samples[0], strlen(samples[0])) == 0);
    cr_assert_str_eq(whole + strlen(samples[0]) + 1, samples[1]);
    cr_assert_str_eq(ask(p.c, "SELECT group_concat(p.times||s.seconds||r.name) FROM peers p JOIN "
                              "peer_samples s ON s.peer=p.id JOIN cells c ON c.id=p.cell JOIN runs "
                              "r ON r.id=c.run ORDER BY p.id"),
                     "1.01.5run-a,2.02.5run-b");
    cr_assert_str_eq(ask(p.c, "SELECT count(*) FROM sources"), "3");
    cr_assert_str_eq(ask(p.c,
                         "SELECT count(*) FROM cell_programs q JOIN cells c ON c.id=q.cell JOIN "
                         "geometries g ON g.hash=c.geometry JOIN sources s ON s.hash=q.source"),
                     "4");
    cr_assert_str_eq(ask(p.c, "SELECT count(*) FROM pragma_foreign_key_check"), "0");

    /* Again, and from the other side: nothing is added. */
    char before[600];
    snprintf(before, sizeof before, "%s", ask(p.c, runs_samples));
    for (int i = 0; i < 2; i++) {
        fm_assert_ok(copy(p.c, i ? p.b : p.a, NULL, &copied, &err), err);
        cr_assert_eq(copied.runs + copied.cells + copied.samples, 0);
        cr_assert_eq(copied.known, i ? 2 : 1);
    }
    cr_assert_str_eq(ask(p.c, runs_samples), before);
    cr_assert_str_eq(ask(p.c, "SELECT count(*) FROM environments"), "3");
}

Test(store_copy, a_single_run_and_one_file) {
    const places p = make_places("single");
    fmi_came copied;
    fmi_store *store = NULL;
    fm_error err;
    unsigned char *bytes = NULL;
    size_t count = 0;
    made_up_run(p.a, "run-a", "2026-01-01T00:00:00Z", 12, 1.0);
    made_up_run(p.a, "run-b", "2026-01-02T00:00:00Z", 14, 1.0);
    fm_assert_ok(fmi_store_open_memory(&store, &err), err);
    fm_assert_ok(fmi_store_copy(store, p.a, "run-b", &copied, &err), err);
    cr_assert_eq(copied.cells, 14);
    fm_assert_ok(fmi_store_anonymise(store, &err), err);
    fm_assert_ok(fmi_store_bytes(store, &bytes, &count, &err), err);
    fmi_store_close(&store);
    cr_assert_null(memmem(bytes, count, "run-a", 5), "deleted or left out, but in the file");
    fm_assert_ok(fmi_output_write(p.c, bytes, count, &err), err);
    fmi_store_bytes_free(&bytes);
    cr_assert_str_eq(ask(p.c, "SELECT group_concat(name) FROM runs"), "run-b");
    cr_assert_str_eq(ask(p.c, "SELECT command||arguments FROM runs"), "fmbench[]");
    cr_assert_str_eq(ask(p.c, "SELECT json_extract(json,'$.variables') FROM environments"), "none");
    cr_assert_str_eq(ask(p.c, "PRAGMA journal_mode"), "delete");
    cr_assert_eq(copy(p.b, p.a, "run-x", &copied, &err), FM_ERROR_BAD_INPUT);
    cr_assert_not_null(strstr(err.message, "no run of that name"));
}

/* Nothing arrives of a file that is damaged, foreign or newer; the store stays as it was. */
Test(store_copy, refuses_what_it_cannot_trust) {
    const places p = make_places("refuse");
    fmi_came copied;
    fm_error err;
    made_up_run(p.a, "run-a", "2026-01-01T00:00:00Z", 12, 1.0);
    made_up_run(p.b, "run-b", "2026-01-01T00:00:00Z", 12, 1.0);
    run_sql(p.b, "UPDATE meta SET value='99' WHERE key='schema_version'");
    cr_assert_eq(copy(p.a, p.b, NULL, &copied, &err), FM_ERROR_BAD_INPUT);
    cr_assert_not_null(strstr(err.message, "newer"), "%s", err.message);
    run_sql(p.b, "PRAGMA application_id=7");
    cr_assert_eq(copy(p.a, p.b, NULL, &copied, &err), FM_ERROR_BAD_INPUT);
    cr_assert_not_null(strstr(err.message, "not a result store"), "%s", err.message);
    FILE *file = fopen(p.c, "we");
    fputs("no database at all, but a text of some length", file);
    fclose(file);
    cr_assert_eq(copy(p.a, p.c, NULL, &copied, &err), FM_ERROR_BAD_INPUT);
    remove(p.c);
    cr_assert_eq(copy(p.a, p.c, NULL, &copied, &err), FM_ERROR_BAD_INPUT);
    cr_assert_not_null(strstr(err.message, "no such file"), "%s", err.message);
    cr_assert_neq(access(p.c, F_OK), 0, "a file was made of nothing");
    cr_assert_str_eq(ask(p.a, "SELECT group_concat(name)||(SELECT count(*) FROM cells) FROM runs"),
                     "run-a12");
}

/* A file that somebody made by hand: neither its views and triggers nor its gaps are our store's
 * fault, and none of it is run. */
Test(store_copy, a_made_up_file_is_refused_by_its_name) {
    static const struct {
        const char *sql, *says;
    } row[] = {
        {"ALTER TABLE runs RENAME TO old; CREATE VIEW runs AS WITH RECURSIVE n(x) AS (SELECT 1 "
         "UNION ALL SELECT x+1 FROM n) SELECT x AS id, 'r'||x AS name FROM n",
         "holds a view (runs)"},
        {"CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM cells; END",
         "holds a trigger (t)"},
        {"CREATE VIRTUAL TABLE v USING fts5(x)", "holds a virtual table (v)"},
        {"PRAGMA foreign_keys=OFF; DROP TABLE cells", "no table cells"},
        {"DROP TABLE stages", "no table stages"},
        {"PRAGMA foreign_keys=OFF; UPDATE cells SET run=99; UPDATE runs SET environment=77",
         "FOREIGN KEY"},
        {"UPDATE environments SET json=printf('%.*c', 9000000, ' ')", "too big"},
        {"ALTER TABLE runs RENAME COLUMN name TO label", "no such column"},
    };
    const places p = make_places("made-up");
    fmi_came copied;
    fmi_store *store = NULL;
    fm_error err;
    made_up_run(p.a, "run-a", "2026-01-01T00:00:00Z", 12, 1.0);
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        remove(p.b);
        made_up_run(p.b, "run-b", "2026-01-01T00:00:00Z", 12, 1.0);
        run_sql(p.b, row[i].sql);
        cr_expect_eq(copy(p.a, p.b, NULL, &copied, &err), FM_ERROR_BAD_INPUT, "%s", row[i].sql);
        cr_expect_not_null(strstr(err.message, "/b.db: "), "%s", err.message);
        cr_expect_not_null(strstr(err.message, row[i].says), "%s", err.message);
        if (i > 4) /* found where the rows are read */
            continue;
        cr_expect_eq(fmi_store_open_existing(&store, p.b, &err), FM_ERROR_BAD_INPUT);
        cr_expect_not_null(strstr(err.message, row[i].says), "%s", err.message);
    }
    cr_assert_str_eq(ask(p.a, "SELECT group_concat(name)||(SELECT count(*) FROM cells) FROM runs"),
                     "run-a12");
}

/* SQLite would keep the first two in memory, and lose them. */
Test(store_copy, names_that_mean_something_to_sqlite_are_names) {
    static const char *const names[] = {":memory:", "file:zz.db?mode=memory",
                                        "file::memory:", "./-x?mode=ro#%41.db"};
    const places p = make_places("names");
    fmi_store *store = NULL;
    fmi_came copied;
    fm_error err;
    made_up_run(p.a, "run-a", "2026-01-01T00:00:00Z", 12, 1.0);
    cr_assert_eq(chdir(p.dir), 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char link[40];
        fm_assert_ok(copy(names[i], p.a, NULL, &copied, &err), err);
        cr_expect_eq(access(names[i], F_OK), 0, "%s is no file", names[i]);
        fm_assert_ok(fmi_store_open_existing(&store, names[i], &err), err);
        fmi_store_close(&store);
        snprintf(link, sizeof link, "copy%zu.db", i);
        fm_assert_ok(copy(link, names[i], NULL, &copied, &err), err);
        cr_expect_eq(copied.cells, 12, "%s", names[i]);
    }
}

Test(store_copy, the_name_of_a_store_that_is_only_read_is_a_file) {
    char name[200];
    cr_assert(fmi_store_read_only_name(":memory:", name, sizeof name));
    cr_assert_str_eq(name, "file:./%3Amemory%3A?immutable=1");
    cr_assert(fmi_store_read_only_name("//tmp/x y.db", name, sizeof name));
    cr_assert_str_eq(name, "file:////tmp/x%20y.db?immutable=1");
    cr_assert_not(fmi_store_read_only_name("a name", name, 12));
}
