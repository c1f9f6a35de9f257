/* SPDX-License-Identifier: MIT */
/** @file objects.h The living OpenCL objects and how often the program holds each. */
#ifndef FMF_OBJECTS_H
#define FMF_OBJECTS_H

#include <stdint.h>

typedef enum fmf_kind {
    FMF_CONTEXT,
    FMF_QUEUE,
    FMF_BUFFER,
    FMF_SUB_BUFFER,
    FMF_IMAGE,
    FMF_PROGRAM,
    FMF_KERNEL,
    FMF_EVENT,
    FMF_MAP, /**< handle: the pointer; held once */
    FMF_KIND_COUNT
} fmf_kind;

/** Read under the lock. */
typedef struct fmf_object_counts {
    uint64_t created[FMF_KIND_COUNT];
    uint64_t live[FMF_KIND_COUNT];
    uint64_t strays;                 /**< retains and releases of objects that do not live */
    uint64_t live_bytes, peak_bytes; /**< of buffers and images */
    uint64_t largest_bytes;
} fmf_object_counts;

extern const char *const fmf_kind_names[FMF_KIND_COUNT];

/**
 * The functions take the lock themselves. handle NULL is ignored. tag: what the caller wants to
 * find again: the slot of a kernel's name, 1 for a program made from a binary or a map to write.
 */
void fmf_born(fmf_kind kind, const void *handle, uint64_t bytes, uint32_t tag);
void fmf_retained(const void *handle);
/** Call before the driver releases: afterwards the handle may come back as another object. */
void fmf_released(const void *handle);
/** The tag of a living object; UINT32_MAX when it does not live. */
uint32_t fmf_tag(const void *handle);
/** Its bytes; 0 when it does not live. */
uint64_t fmf_bytes(const void *handle);

/** With the lock held. */
const fmf_object_counts *fmf_objects(void);
uint64_t fmf_objects_live(void);

#endif
