/* SPDX-License-Identifier: MIT */
/**
 * @file claims.h
 * Figures that descriptions of other face pipelines give, one row each, and which of our cells does
 * the same work. Their documents are named S0 to S4 with the number of the row.
 */
#ifndef FMI_CLAIMS_H
#define FMI_CLAIMS_H

#include <stddef.h>

/** Where their figure comes from. */
typedef enum fmi_claim_kind {
    FMI_CLAIM_MEASURED = 0,
    FMI_CLAIM_MOCK,     /**< measured, but of a stand-in for the work */
    FMI_CLAIM_ESTIMATE, /**< stated, never measured */
    FMI_CLAIM_PROJECTED /**< for hardware that was not tried */
} fmi_claim_kind;

/** What stands beside it. */
typedef enum fmi_claim_metric {
    FMI_CLAIM_RATE = 0,    /**< best rate of the op */
    FMI_CLAIM_SECONDS_41,  /**< seconds for 41 units at that rate */
    FMI_CLAIM_SECONDS,     /**< seconds of one unit at that rate */
    FMI_CLAIM_FIRST,       /**< rate at batch 1 */
    FMI_CLAIM_BATCHED,     /**< best rate over the rate at batch 1 */
    FMI_CLAIM_PEER,        /**< times as fast as the peer, in turn */
    FMI_CLAIM_FRAME_BYTES, /**< device bytes that one more frame of a batch takes */
    FMI_CLAIM_BYTES,       /**< device bytes at most, of the cell with the best rate */
    FMI_CLAIM_FITS,    /**< frames of a batch that fit 3/4 of so many GB (detail), by the measured
                            bytes of a frame */
    FMI_CLAIM_UPLOADS, /**< timed cells that uploaded anything inside a loop of frames */
    FMI_CLAIM_SMALLER, /**< rate at 256 x 256 over the rate at 512 x 512 */
    FMI_CLAIM_NOTHING  /**< no cell does that */
} fmi_claim_metric;

/** One row. */
typedef struct fmi_claim {
    const char *row; /**< "S4-10" */
    const char *what;
    double low, high; /**< their figure; equal for one value */
    const char *unit; /**< of both figures */
    fmi_claim_kind kind;
    const char *hardware; /**< theirs; "" = not told */
    fmi_claim_metric metric;
    const char *op;     /**< of our cells; "" = all */
    const char *detail; /**< "textured" or "grey" for pictures, the peer's name, else "" */
    const char *note;   /**< what our figure covers and theirs does not, or the other way round */
} fmi_claim;

extern const fmi_claim fmi_claims[];
extern const size_t fmi_claim_count;

/** "measured", "mock", "estimate" or "projected". */
const char *fmi_claim_kind_name(fmi_claim_kind kind);

#endif
