/* SPDX-License-Identifier: MIT */
/** @file runner_impl.h What the files of the runner share. */
#ifndef FMI_RUNNER_IMPL_H
#define FMI_RUNNER_IMPL_H

#include "child.h"
#include "runner.h"
#include "shared.h"
#include "worker.h"

#define FMI_RUNNER_START_S 120.0 /* a driver may compile its own parts when it is first opened */
#define FMI_RUNNER_GRACE_S 2.0   /* for a worker to end by itself */
#define FMI_RUNNER_ARGUMENTS 60

struct fmi_runner {
    fmi_runner_params params;
    char program[1024];
    const char *arguments[FMI_RUNNER_ARGUMENTS + 2];
    fmi_input *const *inputs;
    uint32_t input_count;
    fmi_shared_inputs shared;
    fmi_child child;
    const fmi_case *op; /* of the worker that lives, with --isolate op */
    char phase[FMI_PHASE_BYTES];
    uint64_t deadline_ns; /* of the whole request */
};

bool fmi_runner_isolated(const fmi_runner *runner);
uint32_t fmi_runner_index_of_op(const fmi_case *op);
uint32_t fmi_runner_index_of_input(const fmi_runner *r, const fmi_input *input);
void fmi_runner_name_device(fmi_request *request, const char *device);
/** Makes the reference frames that the ends of a batch need, once for all workers. */
void fmi_runner_references(const fmi_case *op, const fmi_case_params *params);
/** Sends a request and what follows it, reads phases until the answer's struct is there. */
fm_status fmi_runner_ask(fmi_runner *r, const fmi_request *request, const void *more,
                         size_t more_bytes, void *body, size_t bytes, double limit_s, double most_s,
                         fm_error *err);
/** The first half of fmi_runner_ask: sends. */
fm_status fmi_runner_send(fmi_runner *r, const fmi_request *request, const void *more,
                          size_t more_bytes, double most_s, fm_error *err);
/** The second half: reads phases and news until the answer is there. */
fm_status fmi_runner_receive(fmi_runner *r, void *body, size_t bytes, double limit_s,
                             fm_error *err);
/** Reads bench->count samples, which are the next thing on the pipe. */
fm_status fmi_runner_samples(fmi_runner *r, fmi_bench *bench, double limit_s, fm_error *err);
/** What became of a worker that did not answer, as one sentence; it is ended. */
void fmi_runner_bury(fmi_runner *r, fm_status why, char *out, size_t out_bytes, double limit_s);

#endif
