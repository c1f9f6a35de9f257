/* SPDX-License-Identifier: MIT */
/**
 * @file worker.h
 * The protocol between the sweep and its workers: fixed structs of one and the same program, so
 * they travel as they are, with pointers left out.
 */
#ifndef FMI_WORKER_H
#define FMI_WORKER_H

#include "cell.h"
#include "cold.h"
#include "live.h"
#include "opencl_facts.h"

#define FMI_WORKER_OPTION "--worker-process" /**< first argument of a worker */
#define FMI_NO_INPUT UINT32_MAX

typedef enum fmi_ask {
    FMI_ASK_DEVICE = 1, /**< facts of the device; flag: judge its event clock */
    FMI_ASK_ROOFS,
    FMI_ASK_COLD, /**< flag: caches are filled already */
    FMI_ASK_CELL,
    FMI_ASK_BUILD, /**< builds, runs once; a uint32_t answers */
    FMI_ASK_LIVE   /**< two recipes follow, each as its length and its block; 0 = today's */
} fmi_ask;

typedef struct fmi_request {
    uint32_t ask;
    bool flag;
    bool has_device;
    char device[96];
    char folder[512]; /**< of the kernel caches of a cold start */
    uint32_t op;      /**< index in fmi_cases */
    uint32_t input;   /**< index of the shared inputs, or FMI_NO_INPUT */
    fmi_case_params params;
    fmi_cell_how how;
    fmi_live_how live;
} fmi_request;

typedef enum fmi_reply_kind {
    FMI_REPLY_PHASE = 1, /**< text follows: what the worker does now */
    FMI_REPLY_FAILED,    /**< fm_error follows */
    FMI_REPLY_NEWS,      /**< fmi_cell_news follows: the cell that is being timed */
    FMI_REPLY_DONE       /**< the answer's struct follows; after a cell its samples */
} fmi_reply_kind;

typedef struct fmi_reply {
    uint32_t kind, bytes; /**< bytes that follow */
} fmi_reply;

#define FMI_PHASE_BYTES 32

/** Answer to FMI_ASK_DEVICE. */
typedef struct fmi_device_answer {
    fm_caps caps;
    fmi_opencl_facts facts;
} fmi_device_answer;

/** Answer to FMI_ASK_LIVE: fmi_live, then the samples of both sides. */

/** Answer to FMI_ASK_CELL; then count samples of the cell and of each peer. */
typedef struct fmi_cell_answer {
    fm_status status; /**< FM_OK or FM_ERROR_CANCELLED */
    fmi_cell cell;
} fmi_cell_answer;

#endif
