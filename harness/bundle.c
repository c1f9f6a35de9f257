/* SPDX-License-Identifier: MIT */
/* fmbench bundle and merge: runs as one file to hand on, and back into a store. */
#include "commands.h"
#include "console.h"
#include "error.h"
#include "io/file.h"
#include "io/output.h"
#include "saved.h"
#include "store_copy.h"
#include "store_impl.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* ---- bundle ---- */

/* The name behind "last", "last-1" or a name; all runs without one. */
static fm_status resolve(const fmi_options *o, const char *from, char name[32], fm_error *err) {
    fmi_store *store = NULL;
    fmi_saved *run = NULL;
    fm_status status = fmi_store_open_existing(&store, from, err);
    if (status == FM_OK && o->word_count)
        status = fmi_saved_load(&run, store, o->word[0], err);
    name[0] = '\0';
    if (status == FM_OK && run)
        (void)snprintf(name, 32, "%s", run->report.run);
    fmi_saved_free(&run);
    fmi_store_close(&store);
    return status;
}

/* In memory first: the file is then one of the outputs that are there whole or not at all, and
 * SQLite leaves nothing beside it when we are killed. */
static fm_status write_file(const fmi_options *o, const char *from, const char *run,
                            fmi_came *copied, fm_error *err) {
    fmi_store *store = NULL;
    unsigned char *bytes = NULL;
    size_t count = 0;
    fm_status status = fmi_store_open_memory(&store, err);
    if (status == FM_OK)
        status = fmi_store_copy(store, from, run[0] ? run : NULL, copied, err);
    if (status == FM_OK && o->anonymous)
        status = fmi_store_anonymise(store, err);
    if (status == FM_OK)
        status = fmi_store_bytes(store, &bytes, &count, err);
    fmi_store_close(&store);
    if (status == FM_OK)
        status = fmi_output_write(o->output, bytes, count, err);
    fmi_store_bytes_free(&bytes);
    return status;
}

static fm_status bundle(const fmi_options *o, fmi_came *copied, fm_error *err) {
    char from[1024], run[32];
    if (!o->output)
        return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT, "bundle needs -o FILE");
    fmi_store_place(o->db, from, sizeof from);
    const fm_status status = resolve(o, from, run, err);
    return status == FM_OK ? write_file(o, from, run, copied, err) : status;
}

int fmi_command_bundle(const fmi_options *options) {
    fmi_came copied = {0};
    fm_error err = {0};
    if (bundle(options, &copied, &err) != FM_OK)
        return fmi_console_error(&err);
    fmi_console_say("verdict=bundled file=%s runs=%u cells=%u samples=%" PRIu64, options->output,
                    copied.runs, copied.cells, copied.samples);
    return 0;
}

/* ---- merge ---- */

static fm_status merge(const fmi_options *o, fmi_came *sum, fm_error *err) {
    char path[1024];
    fmi_store *store = NULL;
    fmi_store_place(o->db, path, sizeof path);
    for (uint32_t i = 0; i < o->word_count; ++i) {
        if (access(o->word[i], R_OK) != 0)
            return fmi_fail(err, FM_ERROR_BAD_INPUT, "%s: no such file, or not readable",
                            o->word[i]);
        if (fmi_file_same(o->word[i], path))
            return fmi_fail(err, FM_ERROR_INVALID_ARGUMENT,
                            "%s: is the store itself; name another with --db", o->word[i]);
    }
    const bool is_new = access(path, F_OK) != 0;
    fm_status status = fmi_store_open(&store, path, err);
    for (uint32_t i = 0; status == FM_OK && i < o->word_count; ++i) {
        fmi_came one;
        status = fmi_store_copy(store, o->word[i], NULL, &one, err);
        if (status != FM_OK)
            break;
        fmi_came_from(o->word[i], &one, sum);
    }
    fmi_store_close(&store);
    if (status != FM_OK && is_new && sum->runs == 0) /* an empty store for nothing */
        fmi_store_remove(path);
    return status;
}

int fmi_command_merge(const fmi_options *options) {
    fmi_came sum = {0};
    fm_error err = {0};
    if (merge(options, &sum, &err) != FM_OK)
        return fmi_console_error(&err);
    return fmi_came_verdict("merged", &sum);
}
