/* SPDX-License-Identifier: MIT */
/** @file store_impl.h What the files of the store share. */
#ifndef FMI_STORE_IMPL_H
#define FMI_STORE_IMPL_H

#include "store.h"

#include <sqlite3.h>

#define FMI_STORE_APPLICATION_ID 1179476590 /**< "FMBn" in the file header: a store of ours */

/** What fmi_store_read_cell reads, in its order. */
#define FMI_STORE_CELL_COLUMNS                                                                     \
    "key,batch,refined,status,reason,warnings,error_max,error_unit,error_share,error_psnr,"        \
    "frames_compared,frames_hashed,rate,rate_lo,rate_hi,cpu_s_per_frame,n,launches,median_s,lo_s," \
    "hi_s,min_s,p5_s,p25_s,p75_s,p95_s,max_s,mean_s,sd_s,mad_s,lag1,outliers_mild,"                \
    "outliers_severe,frames,bytes,flops,roof_fraction,covered_fraction,planned_bytes,peak_bytes,"  \
    "wall_s,settled,anchor_s,joules_per_frame,power_source,free_bytes,memory_source,"              \
    "memory_trust,tries,half_psnr,event_s,event_wall_s,clock,kernels,to_device_count,"             \
    "to_device_bytes,from_device_count,from_device_bytes,loop_bytes,zero_copy,frequency_source,"   \
    "mhz_min,mhz_mean,mhz_max,frequency_readings,throttled_readings,slowed_readings,"              \
    "throttle_reasons,id"
#define FMI_STORE_CELL_COUNT 69 /**< of those columns; the last one is id */

struct fmi_store {
    sqlite3 *db;
    char path[1024];
    int64_t run;
    bool together;  /**< inside fmi_store_together: no transactions of its own */
    bool existing;  /**< opened to be read: nothing is made of an empty file */
    bool read_only; /**< it, or its folder, cannot be written */
    const char
        *other; /**< the file that is attached as "other"; what cannot be read is its fault */
};

/** Refuses the file as damaged: the attached one while there is one, else the store itself. */
fm_status fmi_store_refuse(const fmi_store *store, const char *why, fm_error *err);
/** What went wrong, as a person needs it: a file that is not ours against a disk that is full. */
fm_status fmi_store_fail(fmi_store *store, const char *what, fm_error *err);
/** Runs statements without results. what: for the message, "write". */
fm_status fmi_store_execute(fmi_store *store, const char *sql, const char *what, fm_error *err);
/** First column of a query without parameters; *value is left alone when there is no row. */
fm_status fmi_store_query(fmi_store *store, const char *sql, int64_t *value, fm_error *err);
/** Fills what became of a cell from a row of those columns. */
void fmi_store_read_cell(fmi_cell *cell, sqlite3_stmt *row);
/** The status of a word; crashed for an unknown one. */
fmi_cell_status fmi_store_status_of(const char *word);
/** Words as a JSON array; free with free(). */
char *fmi_store_words(int argc, char *const *argv);
/** The path as SQLite is to be given it, which takes ":memory:" and "file:..." for something else
 *  than names of files. False when it does not fit. */
bool fmi_store_name(const char *path, char *out, size_t out_bytes);
/** A new store that is never a file, and gone when it is closed. */
fm_status fmi_store_open_memory(fmi_store **store, fm_error *err);
/** Whether the file and the files that SQLite puts beside it can be written. */
bool fmi_store_can_be_written(const char *path);
/** The URI of a store that may only be read: SQLite wants to make files beside it unless it is told
 *  that nobody changes it; where somebody does, those files are there. False when it does not fit.
 */
bool fmi_store_read_only_name(const char *path, char *out, size_t out_bytes);
/** Makes the tables of an empty file, brings those of an older version up to date, refuses others.
 */
fm_status fmi_store_check_schema(fmi_store *store, fm_error *err);
/** Refuses views, triggers and virtual tables, which no store of ours has: they are programs of
 *  whoever made the file. schema: "main" or "other". */
fm_status fmi_store_check_plain(fmi_store *store, const char *schema, fm_error *err);
/** Refuses a file without one of the tables that its version has. */
fm_status fmi_store_check_tables(fmi_store *store, const char *schema, int64_t version,
                                 fm_error *err);

#endif
