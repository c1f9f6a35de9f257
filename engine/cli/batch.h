/* SPDX-License-Identifier: MIT */
/** @file batch.h `fmorph batch`: what its parts share. */
#ifndef FMI_CLI_BATCH_H
#define FMI_CLI_BATCH_H

#include "again.h"
#include "batch_list.h"
#include "console.h"
#include "morph_options.h"

/** What was asked for. */
typedef struct fmi_batch_options {
    fmi_morph_options morph; /**< path_a and path_b are each pair's */
    const char *input;       /**< folder or table */
    uint64_t shard, shards;  /**< pairs n with n % shards = shard; 0 of 1 = all */
    bool index_given;
    uint64_t index; /**< this pair only */
    bool resume, summary;
} fmi_batch_options;

/** Whether pair n is this call's. */
bool fmi_batch_mine(const fmi_batch_options *options, uint64_t n);

/**
 * Runs this call's pairs. Returns the exit code; a lost device starts the program over with half
 * the batch and --resume, when there is a half.
 */
int fmi_batch_run(const fmi_batch_options *options, const fmi_batch_list *list,
                  fmi_console *console, const fmi_again *again, char **argv);

/**
 * --summary: looks at the folders of all pairs, writes DIR/summary.csv and says how many are
 * complete. Runs nothing.
 * @param missing out: pairs without a complete folder
 */
fm_status fmi_batch_summarise(const fmi_batch_options *options, const fmi_batch_list *list,
                              fmi_console *console, uint64_t *missing, fm_error *err);

#endif
