/* SPDX-License-Identifier: MIT */
/**
 * @file peer.h
 * The peer table: what else does the same work on this machine. `--peers` times each peer
 * interleaved with ours on the same inputs, so that the ratio is one of one run.
 *
 * A peer is built only where its library was found; then its file is in the table, else a stand-in
 * whose `unavailable` says so.
 */
#ifndef FMI_PEER_H
#define FMI_PEER_H

#include "case.h"

/** One peer of one op. */
typedef struct fmi_peer {
    const char *name;        /**< for example "llvmpipe x 2", "LAPACK" */
    const char *op;          /**< name of the case it competes with */
    const char *description; /**< what runs, in one sentence */
    bool spins; /**< its threads go on burning the cores for some ms after run: let them settle */
    /** Frames of a launch, at most the batch: as many as tell its rate, when its cost a frame does
     * not depend on their number. They lie evenly in the batch. NULL: all of them. */
    uint32_t (*frames)(const fmi_case_params *params);
    /** NULL when it can do these params on this machine, else the reason in a few words. Cheap.
     *  Of no params: whether it can do anything here. */
    const char *(*unavailable)(const fmi_case_params *params);
    /** Inputs as the case makes them from the same params. *state stays NULL on failure. */
    fm_status (*create)(void **state, const fmi_case_params *params, fm_error *err);
    /** The work of one fmi_case.run, of `frames` frames. */
    fm_status (*run)(void *state, fm_error *err);
    /** Is it the same work? Compares with the reference as loosely as the peer's precision asks;
     *  a wrong result is FM_OK with passed = false. Runs before any time is taken. */
    fm_status (*check)(void *state, fmi_check *check, fm_error *err);
    /** Frames of a launch, covered fraction, bytes: what must agree with the case. May be NULL. */
    void (*facts)(const void *state, fmi_case_facts *facts);
    void (*destroy)(void **state);
} fmi_peer;

/** Ends with NULL. */
extern const fmi_peer *const fmi_peers[];

#endif
