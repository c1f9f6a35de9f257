/* SPDX-License-Identifier: MIT */
/* fmbench import: runs as JSON, back into a store. */
#include "run_import_impl.h"

#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/file.h"
#include "io/json_memory.h"
#include "store_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SCHEMA "fmbench/sweep/"
#define SCHEMAS "fmbench/sweeps/"
#define VERSION 1

/* --- the parts of a run ----------------------------------------------------------------------- */

static void read_roof(fmi_take *take, const char *name, const json_t *one, fmi_roof *roof) {
    if (strlen(name) >= sizeof roof->name)
        fmi_take_refuse(take, name, "a name of %zu bytes; %zu fit", strlen(name),
                        sizeof roof->name - 1);
    else if (!json_is_object(one))
        fmi_take_refuse(take, name, "an object is needed");
    if (take->status != FM_OK)
        return;
    fmi_take_enter(take, "roofs.%s.", name);
    (void)snprintf(roof->name, sizeof roof->name, "%s", name);
    fmi_take_need(take, one, "unit");
    fmi_take_text(take, one, "unit", roof->unit, sizeof roof->unit);
    roof->value = fmi_take_size(take, one, "value");
    roof->median = fmi_take_size(take, one, "median");
    roof->n = (uint32_t)fmi_take_count(take, one, "n", UINT32_MAX);
    fmi_take_text(take, one, "note", roof->note, sizeof roof->note);
}

static void read_roofs(fmi_take *take, const json_t *root, fmi_roofs *roofs) {
    const char *name = NULL;
    json_t *one = NULL;
    const json_t *object = fmi_take_object(take, root, "roofs");
    if (json_object_size(object) > FMI_ROOFS_MAX) {
        fmi_take_refuse(take, "roofs", "%zu of them; at most %d are read", json_object_size(object),
                        FMI_ROOFS_MAX);
        return;
    }
    json_object_foreach((json_t *)object, name, one) {
        fmi_take_enter(take, "roofs.");
        read_roof(take, name, one, &roofs->roof[roofs->count++]);
    }
    fmi_take_enter(take, "%s", "");
}

static void read_cold(fmi_take *take, const json_t *root, fmi_cold *cold) {
    size_t count = 0;
    const json_t *list = fmi_take_list(take, root, "cold", FMI_COLD_STAGES, &count);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        const json_t *one = json_array_get(list, i);
        fmi_cold_stage *stage = &cold->stage[cold->count++];
        fmi_take_enter(take, "cold[%zu].", i);
        fmi_take_need(take, one, "stage");
        fmi_take_text(take, one, "stage", stage->name, sizeof stage->name);
        stage->seconds = fmi_take_size(take, one, "seconds");
        fmi_take_text(take, one, "note", stage->note, sizeof stage->note);
    }
    fmi_take_enter(take, "%s", "");
}

/* Its texts are printed as they are. */
static void check_texts(fmi_take *take, const json_t *object) {
    char text[1024];
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach((json_t *)object, key, value) {
        if (json_is_string(value))
            fmi_take_text(take, object, key, text, sizeof text);
        if (strlen(key) > 150)
            fmi_take_refuse(take, "", "a key of %zu bytes", strlen(key));
    }
}

/* What the store's rows hang on. */
static void check_device(fmi_take *take, const json_t *object, fmi_environment *e) {
    fmi_take_need(take, object, "fingerprint");
    fmi_take_text(take, object, "fingerprint", e->fingerprint, sizeof e->fingerprint);
    fmi_take_need(take, object, "device");
    const json_t *device = fmi_take_object(take, object, "device");
    fmi_take_enter(take, "environment.device.");
    fmi_take_need(take, device, "id");
    fmi_take_text(take, device, "id", e->caps.id, sizeof e->caps.id);
    fmi_take_enter(take, "environment.");
}

static void read_environment(fmi_take *take, const json_t *root, fmi_environment *e) {
    static const char *const parts[] = {"device", "host", "variables", "extensions",
                                        "kernel_files"};
    fmi_take_need(take, root, "environment");
    const json_t *object = fmi_take_object(take, root, "environment");
    fmi_take_enter(take, "environment.");
    check_device(take, object, e);
    check_texts(take, object);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; ++i) {
        const json_t *part = fmi_take_object(take, object, parts[i]);
        fmi_take_enter(take, "environment.%s.", parts[i]);
        check_texts(take, part);
        fmi_take_enter(take, "environment.");
    }
    fmi_take_enter(take, "%s", "");
    char *text = take->status == FM_OK ? json_dumps(object, JSON_COMPACT) : NULL;
    if (text)
        fmi_environment_parse(e, text);
    else if (take->status == FM_OK)
        take->status = fmi_fail(take->err, FM_ERROR_HOST_MEMORY, "no memory for an environment");
    free(text);
}

static void read_cells(fmi_take *take, const json_t *root, fmi_saved *run) {
    size_t count = 0;
    fmi_take_need(take, root, "cells");
    const json_t *cells = fmi_take_list(take, root, "cells", FMI_IMPORT_CELLS, &count);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        fmi_take_enter(take, "cells[%zu].", i);
        fmi_import_cell(take, json_array_get(cells, i), run);
    }
    fmi_take_enter(take, "%s", "");
    run->planned = (uint32_t)count;
}

/* --- schemas ---------------------------------------------------------------------------------- */

/* "fmbench/sweep/1": its version; 0 = another schema. */
static long version_of(const char *schema, const char *name) {
    char *end = NULL;
    const size_t length = strlen(name);
    if (strncmp(schema, name, length) != 0)
        return 0;
    const long version = strtol(schema + length, &end, 10);
    return *end == '\0' && end != schema + length ? version : 0;
}

static bool check_schema(fmi_take *take, const json_t *root, const char *name) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    const long version = schema ? version_of(schema, name) : 0;
    if (version == VERSION)
        return true;
    if (version > VERSION)
        fmi_take_refuse(take, "schema", "\"%.60s\" is of a newer fmbench; this one reads %s%d",
                        schema, name, VERSION);
    else
        fmi_take_refuse(take, "schema",
                        "\"%.60s\"; " SCHEMA "1 is wanted, which export --json and "
                        "--sweep --json write",
                        schema ? schema : "");
    return false;
}

static void read_run(fmi_take *take, const json_t *root, fmi_import *import) {
    static const char *const orders[] = {"random", "fixed", NULL};
    static const char *const ends[] = {"done", "interrupted", "running", NULL};
    fmi_saved *run = calloc(1, sizeof *run);
    if (!run) {
        take->status = fmi_fail(take->err, FM_ERROR_HOST_MEMORY, "no memory for a run");
        return;
    }
    import->run[import->count++] = run;
    fmi_take_need(take, root, "run");
    fmi_take_need(take, root, "started");
    fmi_take_text(take, root, "run", run->name, sizeof run->name);
    fmi_take_text(take, root, "started", run->started, sizeof run->started);
    fmi_take_text(take, root, "command", run->command, sizeof run->command);
    (void)snprintf(run->order, sizeof run->order, "%s",
                   orders[fmi_take_word(take, root, "order", orders)]);
    (void)snprintf(run->status, sizeof run->status, "%s",
                   ends[fmi_take_word(take, root, "status", ends)]);
    run->quick = fmi_take_flag(take, root, "quick");
    run->seed = fmi_take_count(take, root, "seed", INT64_MAX);
    if (take->status == FM_OK && (run->name[0] == '\0' || strncmp(run->name, "last", 4) == 0))
        fmi_take_refuse(take, "run", "\"%s\" is no name of a run", run->name);
    read_environment(take, root, &run->environment);
    read_roofs(take, root, &run->roofs);
    read_cold(take, root, &run->cold);
    read_cells(take, root, run);
    fmi_saved_finish(run);
}

static void read_root(fmi_take *take, const json_t *root, fmi_import *import) {
    const char *schema = json_string_value(json_object_get(root, "schema"));
    size_t count = 0;
    if (!schema || version_of(schema, SCHEMAS) == 0) {
        if (check_schema(take, root, SCHEMA))
            read_run(take, root, import);
        return;
    }
    if (!check_schema(take, root, SCHEMAS))
        return;
    const json_t *sweeps = fmi_take_list(take, root, "sweeps", FMI_IMPORT_RUNS, &count);
    for (size_t i = 0; take->status == FM_OK && i < count; ++i) {
        char file[300];
        fmi_take one = {.file = file, .err = take->err};
        (void)snprintf(file, sizeof file, "%.240s: sweeps[%zu]", take->file, i);
        if (check_schema(&one, json_array_get(sweeps, i), SCHEMA))
            read_run(&one, json_array_get(sweeps, i), import);
        take->status = one.status;
    }
}

static fm_status check_size(const char *text, size_t bytes, const char *file, fm_error *err) {
    const uint64_t memory = fmi_json_memory(text, bytes);
    if (bytes <= FMI_JSON_BYTES && memory <= FMI_JSON_MEMORY)
        return FM_OK;
    return fmi_fail(err, FM_ERROR_BAD_INPUT,
                    "%s: %zu bytes of JSON, whose values take %llu MiB; at most %llu and "
                    "%llu are read; hand on large runs with fmbench bundle",
                    file, bytes, (unsigned long long)memory >> 20,
                    (unsigned long long)FMI_JSON_BYTES, (unsigned long long)FMI_JSON_MEMORY >> 20);
}

fm_status fmi_import_read(fmi_import *import, const char *text, size_t bytes, const char *file,
                          fm_error *err) {
    json_error_t why;
    fmi_take take = {.file = file, .err = err};
    *import = (fmi_import){0};
    const fm_status fits = check_size(text, bytes, file, err);
    if (fits != FM_OK)
        return fits;
    json_t *root = json_loadb(text, bytes, JSON_REJECT_DUPLICATES, &why);
    if (!root)
        return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: line %d, column %d: %.160s", file, why.line,
                        why.column, why.text);
    read_root(&take, root, import);
    json_decref(root);
    if (take.status != FM_OK)
        fmi_import_free(import);
    return take.status;
}

void fmi_import_free(fmi_import *import) {
    for (uint32_t i = 0; i < import->count; ++i)
        fmi_saved_free(&import->run[i]);
    *import = (fmi_import){0};
}

/* --- into the store --------------------------------------------------------------------------- */

static fm_status is_known(fmi_store *store, const char *name, bool *known, fm_error *err) {
    sqlite3_stmt *row = NULL;
    if (sqlite3_prepare_v2(store->db, "SELECT 1 FROM runs WHERE name=?", -1, &row, NULL) !=
        SQLITE_OK)
        return fmi_store_fail(store, "read", err);
    (void)sqlite3_bind_text(row, 1, name, -1, SQLITE_STATIC);
    *known = sqlite3_step(row) == SQLITE_ROW;
    (void)sqlite3_finalize(row);
    return FM_OK;
}

static fm_status store_run(fmi_store *store, const fmi_saved *run, fmi_came *done, fm_error *err) {
    const fmi_store_run row = {.id = run->name,
                               .started = run->started,
                               .command = run->command,
                               .order = run->order,
                               .seed = run->seed,
                               .quick = run->quick,
                               .cells = run->planned,
                               .environment = &run->environment};
    fm_status status = fmi_store_begin(store, &row, err);
    if (status == FM_OK)
        status = fmi_store_roofs(store, run->environment.caps.id, &run->roofs, err);
    if (status == FM_OK)
        status = fmi_store_cold(store, run->environment.caps.id, &run->cold, err);
    for (uint32_t i = 0; status == FM_OK && i < run->cells.count; ++i) {
        status = fmi_store_cell(store, &run->cells.cell[i], i, err);
        done->samples += run->cells.cell[i].bench.count;
    }
    done->runs++;
    done->cells += run->cells.count;
    return status == FM_OK ? fmi_store_end(store, run->status, err) : status;
}

fm_status fmi_import_store(const fmi_import *import, fmi_store *store, fmi_came *done,
                           fm_error *err) {
    *done = (fmi_came){0};
    fm_status status = fmi_store_together(store, err);
    if (status != FM_OK)
        return status;
    for (uint32_t i = 0; status == FM_OK && i < import->count; ++i) {
        bool known = false;
        status = is_known(store, import->run[i]->name, &known, err);
        done->known += known;
        if (status == FM_OK && !known)
            status = store_run(store, import->run[i], done, err);
    }
    return fmi_store_apart(store, status, err);
}

/* --- the command ------------------------------------------------------------------------------ */

static fm_status read_file(const char *path, fmi_import *import, fm_error *err) {
    unsigned char *text = NULL;
    size_t bytes = 0;
    fm_status status = fmi_file_read_most(&text, &bytes, path, FMI_JSON_BYTES, err);
    if (status == FM_OK)
        status = fmi_import_read(import, (const char *)text, bytes, path, err);
    free(text);
    return status;
}

static fm_status import_all(const fmi_options *o, fmi_import *import, fmi_came *sum,
                            fm_error *err) {
    char path[1024];
    fmi_store *store = NULL;
    fm_status status = FM_OK;
    fmi_store_place(o->db, path, sizeof path);
    const bool is_new = access(path, F_OK) != 0;
    for (uint32_t i = 0; status == FM_OK && i < o->word_count; ++i) /* all before any is written */
        status = read_file(o->word[i], &import[i], err);
    if (status == FM_OK)
        status = fmi_store_open(&store, path, err);
    for (uint32_t i = 0; status == FM_OK && i < o->word_count; ++i) {
        fmi_came one;
        status = fmi_import_store(&import[i], store, &one, err);
        if (status != FM_OK)
            break;
        fmi_came_from(o->word[i], &one, sum);
    }
    fmi_store_close(&store);
    if (status != FM_OK && is_new && sum->runs == 0)
        fmi_store_remove(path);
    return status;
}

int fmi_command_import(const fmi_options *options) {
    fmi_came sum = {0};
    fm_error err = {0};
    fmi_import *import = calloc(FMI_WORDS_MAX, sizeof *import);
    fm_status status = import ? import_all(options, import, &sum, &err)
                              : fmi_fail(&err, FM_ERROR_HOST_MEMORY, "no memory to import");
    for (uint32_t i = 0; import && i < FMI_WORDS_MAX; ++i)
        fmi_import_free(&import[i]);
    free(import);
    if (status != FM_OK)
        return fmi_console_error(&err);
    return fmi_came_verdict("imported", &sum);
}
