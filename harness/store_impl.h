/* SPDX-License-Identifier: MIT */
/** @file store_impl.h What the files of the store share. */
#ifndef FMI_STORE_IMPL_H
#define FMI_STORE_IMPL_H

#include "store.h"

#include <sqlite3.h>

#define FMI_STORE_APPLICATION_ID 1179476590 /**< "FMBn" in the file header: a store of ours */

struct fmi_store {
    sqlite3 *db;
    char path[1024];
    int64_t run;
};

/** What went wrong, as a person needs it: a file that is not ours against a disk that is full. */
fm_status fmi_store_fail(fmi_store *store, const char *what, fm_error *err);
/** Runs statements without results. what: for the message, "write". */
fm_status fmi_store_execute(fmi_store *store, const char *sql, const char *what, fm_error *err);
/** First column of a query without parameters; *value is left alone when there is no row. */
fm_status fmi_store_query(fmi_store *store, const char *sql, int64_t *value, fm_error *err);
/** Words as a JSON array; free with free(). */
char *fmi_store_words(int argc, char *const *argv);
/** Makes the tables of an empty file, brings those of an older version up to date, refuses others.
 */
fm_status fmi_store_check_schema(fmi_store *store, fm_error *err);

#endif
