/* SPDX-License-Identifier: MIT */
/**
 * @file guard.h
 * Canaries: bytes of known content before and after what kernels write. A kernel that writes
 * beside its output is found although the output itself is right.
 *
 *     fmi_queue_set_guarded(queue, true);
 *     ... make buffers, run ...
 *     char broken[FMI_GUARD_TEXT];
 *     fmi_guards_look(queue, broken, err);      // broken[0] != '\0': says where
 *
 * A guarded buffer is a sub-buffer of a larger one; its canaries are in no ledger and their
 * transfers in no counter. Only buffers that are not CL_MEM_READ_ONLY are guarded, and none where
 * the device's largest buffer leaves no room for canaries.
 */
#ifndef FMI_GUARD_H
#define FMI_GUARD_H

#include "queue.h"

#define FMI_GUARD_BYTES 4096 /**< on each side, or the device's alignment where that is more */
#define FMI_GUARD_TEXT 200

/** On: buffers made from now on are guarded. Off: those that are there keep their canaries. */
void fmi_queue_set_guarded(fmi_queue *queue, bool on);
/** Canaries that are watched now. */
uint32_t fmi_guards(const fmi_queue *queue);
/**
 * Waits for the queue and looks at every canary.
 * @param broken  out: which one was overwritten, and how; "" = none. Those of buffers that went
 *                since the last look count as well; each is told once
 */
fm_status fmi_guards_look(fmi_queue *queue, char broken[FMI_GUARD_TEXT], fm_error *err);

/* --- for buffer.c and arena.c ----------------------------------------------------------------- */

/** Bytes of one canary on this device. */
uint64_t fmi_guard_bytes(const fmi_queue *queue);
/** True when a buffer with these flags is to be guarded. */
bool fmi_guard_wanted(const fmi_queue *queue, cl_mem_flags flags);
/** Fills a canary and remembers it. where: "before " or "after ". */
fm_status fmi_guard_add(fmi_queue *queue, cl_mem whole, uint64_t offset, uint64_t bytes,
                        const char *where, const char *what, fm_error *err);
/** Looks at the canaries of a buffer that goes and forgets them. */
void fmi_guard_drop(fmi_queue *queue, cl_mem whole);
/** Forgets all: the queue goes. */
void fmi_guards_free(fmi_queue *queue);

#endif
