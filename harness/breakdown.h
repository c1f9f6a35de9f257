/* SPDX-License-Identifier: MIT */
/**
 * @file breakdown.h
 * Where the time of a cell goes, stage by stage, and which roof limits each. The stages are timed
 * after the cell's samples in the same process, one after the other (host/watch.h), so their sum
 * is longer than the cell's time where it overlaps them. Roofs are those of the same run.
 */
#ifndef FMI_BREAKDOWN_H
#define FMI_BREAKDOWN_H

#include "case.h"
#include "roofs.h"

#define FMI_BREAKDOWN_MAX 20

typedef enum fmi_stage_kind {
    FMI_KIND_KERNEL = 0,
    FMI_KIND_TRANSFER,
    FMI_KIND_ENCODE, /**< PNG on the host's cores */
    FMI_KIND_HOST,   /**< everything else that is no command of the queue */
    FMI_KIND_LAUNCH  /**< of a bottleneck only: what starting and waiting costs */
} fmi_stage_kind;

/** One stage of one launch of a cell. Plain data: it travels through pipes. */
typedef struct fmi_stage {
    char name[32];
    uint32_t kind;
    double count;   /**< commands; 0 = none of the queue */
    double seconds; /**< alone, launches and waits included */
    double bytes;   /**< kernels: by formula; transfers: moved. 0 = not known */
    double flops;   /**< by formula; 0 = not known */
} fmi_stage;

/** Zeroed = not measured. */
typedef struct fmi_breakdown {
    uint32_t count;
    fmi_stage stage[FMI_BREAKDOWN_MAX];
} fmi_breakdown;

/**
 * Runs a checked state a few times and notes its stages.
 * @param engine of the state; NULL = it has none: all is the host's
 * @param facts  of one launch
 */
fm_status fmi_breakdown_measure(fmi_breakdown *breakdown, const fmi_case *op,
                                const fmi_case_params *params, const fmi_case_facts *facts,
                                void *state, fm_engine *engine, fm_error *err);

/** Bytes and flops of a kernel in one launch, by formula; both stay 0 where there is none. Pure. */
void fmi_breakdown_work(const char *kernel, const fmi_case_params *params,
                        const fmi_case_facts *facts, double *bytes, double *flops);

/** A stage as people look at it. */
typedef struct fmi_bottleneck {
    char name[32];         /**< of the kernel; "launches", "to device", "PNG", "host" */
    double seconds, share; /**< of one launch of the cell, launches apart; of the sum of all */
    const char *roof;      /**< "compute", "cache", "memory", "launch", "transfer", "encode",
                                "host"; "" = no formula says */
    double reached;        /**< share of that roof that is reached; NAN = none to hold against */
} fmi_bottleneck;

/**
 * The stages, largest share first. The cost of starting and waiting, as the roofs measured it with
 * an empty kernel, is taken out of kernels and transfers and stands by itself. Pure.
 * @return how many; 0 = the cell has none
 */
uint32_t fmi_bottlenecks(const fmi_breakdown *breakdown, const fmi_roofs *roofs,
                         fmi_precision precision, fmi_bottleneck out[FMI_BREAKDOWN_MAX + 1]);

/** The word of a kind in the store and in JSON, and back (FMI_KIND_HOST for an unknown one). */
const char *fmi_stage_kind_name(uint32_t kind);
fmi_stage_kind fmi_stage_kind_of(const char *word);

#endif
