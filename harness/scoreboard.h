/* SPDX-License-Identifier: MIT */
/**
 * @file scoreboard.h
 * The claims with our measured figure beside each. Ours is always measured, in one run; a figure
 * is set against theirs only when theirs was measured too, on the same processor, and covers the
 * same work; otherwise the row says why not.
 */
#ifndef FMI_SCOREBOARD_H
#define FMI_SCOREBOARD_H

#include "cell.h"
#include "claims.h"
#include "environment.h"

/** One row. */
typedef struct fmi_score {
    const fmi_claim *claim;
    double ours;        /**< NAN = the run has no such cell */
    const fmi_cell *of; /**< the cell it comes from; NULL = more than one, or none */
    const char *run;    /**< the name of the run it comes from, not owned; NULL = none has it */
    bool comparable;    /**< times is filled */
    double times;       /**< how many times as good ours is */
    char why[96];       /**< why not comparable; "" = it is */
} fmi_score;

/** Fills score[fmi_claim_count] from the cells of a run. Pure. */
void fmi_scoreboard(const fmi_cells *cells, const fmi_environment *environment, fmi_score *score);

/** Puts the figures that a later run has in the place of score[fmi_claim_count]'s. Pure; the cells
 * and the name must live as long as the score. */
void fmi_scoreboard_add(fmi_score *score, const fmi_cells *cells,
                        const fmi_environment *environment, const char *run);

/** A figure of a row for people: "1.2 GB", "5 to 10 x", "-" for NAN. Returns out. */
char *fmi_score_text(char out[48], double low, double high, const char *unit);

#endif
