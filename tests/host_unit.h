/* SPDX-License-Identifier: MIT */
/** @file host_unit.h What the tests of the host machine share: a queue, a log that is kept, a
 * kernel. */
#ifndef HOST_UNIT_H
#define HOST_UNIT_H

#include "fm_test.h"

#include "queue.h"

#include <pthread.h>

typedef struct lines {
    int count;
    char last[FM_TEST_PATH + 512];
    char all[4096];
    pthread_t thread;
} lines;

/* For fm_log.write; user is a lines. */
void take_line(void *user, fm_log_level level, const char *line);

/* A queue on the default device. */
fmi_queue *open_queue(const fmi_queue_params *params);

void write_file(const char *dir, const char *name, const char *text);

/* A program from one file of the test's own, and a kernel of it. */
typedef struct unit {
    fmi_queue *queue;
    cl_program program;
    cl_kernel kernel;
    fmi_buffer out;
} unit;

unit open_unit(const fmi_queue_params *params);
/* Adds k to each of 64 numbers. */
fm_status launch_unit(unit *u, cl_uint k, uint32_t timer, fm_error *err);
void close_unit(unit *u);

#endif
