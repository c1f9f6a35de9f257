/* SPDX-License-Identifier: MIT */
/**
 * @file arena.h
 * One device buffer cut into aligned parts, so that peak memory is known before the run and the
 * frame loop allocates nothing.
 *
 *     uint64_t bytes = 0;
 *     fmi_arena_add(&bytes, align, 41 * 100);   // sizing, pure
 *     fmi_arena_create(&arena, queue, bytes, CL_MEM_READ_WRITE, false, "frames", err);
 *     fmi_arena_take(&arena, 41 * 100, &mem, err);
 */
#ifndef FMI_ARENA_H
#define FMI_ARENA_H

#include "queue.h"

#define FMI_ARENA_PARTS 24

/** Zeroed = none. */
typedef struct fmi_arena {
    fmi_buffer whole;
    uint64_t used;  /**< canaries not counted */
    uint64_t apart; /**< bytes of canaries between parts (guard.h); 0 = none */
    uint32_t count;
    char what[40];
    fmi_buffer parts[FMI_ARENA_PARTS]; /**< sub-buffers, owned by the arena */
} fmi_arena;

/** Adds one part of bytes, rounded up to align, to *total. Saturates at UINT64_MAX. */
void fmi_arena_add(uint64_t *total, uint64_t align, uint64_t bytes);

/**
 * Makes the buffer.
 * @param joined  whole is used as one as well, so parts lie in it as fmi_arena_add counts them.
 * Else a guarded arena has canaries around each part
 */
fm_status fmi_arena_create(fmi_arena *arena, fmi_queue *queue, uint64_t bytes, cl_mem_flags flags,
                           bool joined, const char *what, fm_error *err);
/** Cuts the next part; *part points into the arena and lives as long as it. */
fm_status fmi_arena_take(fmi_arena *arena, uint64_t bytes, fmi_buffer **part, fm_error *err);
/** Releases parts and buffer, zeroes. Accepts a zeroed arena. */
void fmi_arena_destroy(fmi_arena *arena);

#endif
