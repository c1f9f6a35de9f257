/* SPDX-License-Identifier: MIT */
/** @file counts.h Calls, transfers, launches, builds, injected failures. Functions take the lock.
 */
#ifndef FMF_COUNTS_H
#define FMF_COUNTS_H

#include "fault.h"

#define FMF_KERNELS 128
#define FMF_NAME_BYTES 64

typedef enum fmf_way {
    FMF_WRITE,
    FMF_MAP_WRITE,
    FMF_COPYING_CREATION,
    FMF_READ,
    FMF_MAP_READ,
    FMF_WAY_COUNT
} fmf_way;
extern const char *const fmf_way_names[FMF_WAY_COUNT];

typedef struct fmf_tally {
    uint64_t count, bytes;
} fmf_tally;

/** Read under the lock. */
typedef struct fmf_counts {
    uint64_t calls[FMF_CALL_COUNT];
    uint64_t fallible; /**< what '*' counts */
    uint64_t places;   /**< what 'place' counts, when a rule asks for it */
    uint64_t injected, refused;
    fmf_call first_call; /**< of the first injected failure */
    uint64_t first_nth;  /**< its place among the fallible ones */
    cl_int first_code;
    fmf_tally ways[FMF_WAY_COUNT];
    fmf_tally after_mark, repeated;
    uint64_t launches;
    uint64_t builds_source, builds_binary;
    uint32_t kernel_count;
    struct {
        char name[FMF_NAME_BYTES];
        uint64_t launches;
    } kernels[FMF_KERNELS];
} fmf_counts;

/** A transfer that succeeded. */
void fmf_transferred(fmf_way way, uint64_t bytes);
/** What went up with it, or will when a map for writing ends. */
void fmf_uploaded(const void *content, uint64_t bytes);
/** Slot of a kernel's name, made when new; UINT32_MAX when there is no room. */
uint32_t fmf_kernel_slot(const char *name);
void fmf_launched(uint32_t slot);
void fmf_built(bool from_binary);
/** True for the read-back whose bit is to be flipped. */
bool fmf_flip_now(void);

/** With the lock held. */
const fmf_counts *fmf_all(void);

#endif
