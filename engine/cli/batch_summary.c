/* SPDX-License-Identifier: MIT */
#include "batch.h"

#include "names.h"
#include "resume.h"
#include "run.h"

#include "io/csv.h"

#include <math.h>
#include <string.h>
#include <sys/stat.h>

static void put_header(fmi_csv_out *csv) {
    static const char *const names[] = {"pair",    "folder",
                                        "status",  "frames",
                                        "files",   "bytes",
                                        "seconds", "mean_total_displacement",
                                        "cached",  "mean_perceptual_difference",
                                        "started"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        fmi_csv_put_text(csv, names[i]);
    fmi_csv_end_row(csv);
}

static void put_number(fmi_csv_out *csv, double value) {
    if (isnan(value))
        fmi_csv_put_text(csv, "");
    else
        fmi_csv_put_double(csv, value);
}

static void put_row(fmi_csv_out *csv, uint64_t n, const char *name, const char *status,
                    const fmi_finished *finished) {
    fmi_csv_put_uint(csv, n);
    fmi_csv_put_text(csv, name);
    fmi_csv_put_text(csv, status);
    fmi_csv_put_uint(csv, finished->frames);
    fmi_csv_put_uint(csv, finished->files);
    fmi_csv_put_uint(csv, finished->bytes);
    put_number(csv, finished->seconds);
    put_number(csv, finished->mean[0]);
    fmi_csv_put_uint(csv, finished->cached);
    put_number(csv, finished->mean[1]);
    fmi_csv_put_text(csv, finished->started);
    fmi_csv_end_row(csv);
}

/* "done", "failed" (a log says why) or "missing". */
static const char *look(const fmi_batch_options *options, const char *name,
                        fmi_finished *finished) {
    char path[FMI_RUN_FILE];
    struct stat info;
    snprintf(path, sizeof path, "%s/%s", options->morph.output, name);
    if (fmi_finished_read(finished, path))
        return "done";
    *finished = (fmi_finished){.seconds = (double)NAN, .mean = {(double)NAN, (double)NAN}};
    snprintf(path, sizeof path, "%s/%s.failed.log", options->morph.output, name);
    return stat(path, &info) == 0 ? "failed" : "missing";
}

fm_status fmi_batch_summarise(const fmi_batch_options *options, const fmi_batch_list *list,
                              fmi_console *console, uint64_t *missing, fm_error *err) {
    fmi_csv_out csv = {0};
    uint64_t done = 0;
    uint64_t failed = 0;
    uint64_t mine = 0;
    char path[FMI_RUN_FILE];
    put_header(&csv);
    for (uint64_t n = 0; n < list->pairs; n++) {
        fmi_finished finished;
        char name[FMI_NAME_FRAME];
        if (!fmi_batch_mine(options, n))
            continue;
        fmi_batch_list_name(list, n, name, sizeof name);
        const char *status = look(options, name, &finished);
        put_row(&csv, n, name, status, &finished);
        done += strcmp(status, "done") == 0;
        failed += strcmp(status, "failed") == 0;
        mine++;
    }
    snprintf(path, sizeof path, "%s/summary.csv", options->morph.output);
    fm_status status = fmi_csv_write(&csv, path, err);
    fmi_csv_out_free(&csv);
    *missing = mine - done;
    if (status == FM_OK)
        fmi_console_log(console, FM_LOG_INFO,
                        "%s: %llu pairs, %llu done, %llu failed, %llu missing", path,
                        (unsigned long long)mine, (unsigned long long)done,
                        (unsigned long long)failed, (unsigned long long)(mine - done - failed));
    return status;
}
