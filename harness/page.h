/* SPDX-License-Identifier: MIT */
/**
 * @file page.h
 * A stored run as one HTML file: nothing is loaded from elsewhere, it can be read without scripts,
 * and the raw numbers are in it as JSON.
 */
#ifndef FMI_PAGE_H
#define FMI_PAGE_H

#include "html.h"
#include "saved.h"

#define FMI_PAGE_SAMPLES 64 /**< of a cell in the file: more would say nothing new */

/** What a page is made of. Borrowed. */
typedef struct fmi_page {
    fmi_html *out;
    const fmi_saved *run;
    const fmi_saved *against; /**< drawn beside it; NULL = none */
    fmi_store *store;         /**< for the history */
} fmi_page;

/**
 * Writes the page of a run to a file, whole or not at all.
 * @param against name of a run to compare with; NULL = none
 * @param path    out file
 * @retval FM_ERROR_BAD_INPUT there is no such run
 * @retval FM_ERROR_IO        the file cannot be written
 */
fm_status fmi_page_write(fmi_store *store, const char *run, const char *against, const char *path,
                         fm_error *err);

/* The parts, in their order. */
void fmi_page_throughput(const fmi_page *page);
void fmi_page_levels(const fmi_page *page);
void fmi_page_advice(const fmi_page *page);
void fmi_page_stages(const fmi_page *page);
void fmi_page_sizes(const fmi_page *page);
void fmi_page_roofline(const fmi_page *page);
void fmi_page_memory(const fmi_page *page);
void fmi_page_cold(const fmi_page *page);
void fmi_page_history(const fmi_page *page);
void fmi_page_peers(const fmi_page *page);
void fmi_page_cells(const fmi_page *page);
void fmi_page_scoreboard(const fmi_page *page);
void fmi_page_environment(const fmi_page *page);
void fmi_page_data(const fmi_page *page);

/** The same curve: everything but batch and level is equal. */
bool fmi_page_same_group(const fmi_cell *a, const fmi_cell *b);
/**
 * A cell of each group: ops in the order of the contract, small sizes and plain shapes first,
 * whatever order they ran in.
 * @return owned: free with free(); NULL = no memory, or none (then *count is 0)
 */
const fmi_cell **fmi_page_groups(const fmi_cells *cells, uint32_t *count);
/** For qsort over pointers to cells: by group as above, level, batch. */
int fmi_page_in_order(const void *a, const void *b);
/** Names a group: op and shape. */
char *fmi_page_group(const fmi_cell *cell, char *out, size_t out_bytes);
/** The fastest timed cell of a group at a level; NULL = none. */
const fmi_cell *fmi_page_best(const fmi_cells *cells, const fmi_cell *group, fm_level level);
/** The fastest timed cell of a group: at medium, else at another level; NULL = none. */
const fmi_cell *fmi_page_typical(const fmi_cells *cells, const fmi_cell *group);
/** An error in its unit: "1/255", "0.87 ulp". Returns out. */
char *fmi_page_error(const fmi_cell *cell, char out[48]);
/** Seconds with prefix and unit: "45.8 us", "0 s"; "-" for NAN. Returns out. */
char *fmi_page_seconds(double seconds, char out[32]);
/** Opens a table that may scroll, with its headings ('|' between them, '>' in front of one aligns
 * it to the right). What each means is its tooltip. */
void fmi_page_head(const fmi_page *page, const char *names);
/** The attribute that shows what a figure means; nothing for an unknown one. */
void fmi_page_tooltip(const fmi_page *page, const char *name);
/** Opens a section with its heading and a sentence. */
void fmi_page_section(const fmi_page *page, const char *id, const char *title, const char *words);

#endif
