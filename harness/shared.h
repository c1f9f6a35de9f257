/* SPDX-License-Identifier: MIT */
/**
 * @file shared.h
 * The inputs of a sweep in one shared mapping: made once by the parent, used by every worker. The
 * mapping holds fmi_input structs whose pointers are offsets; opening turns them back.
 */
#ifndef FMI_SHARED_H
#define FMI_SHARED_H

#include "input.h"

/** The parent's side. Zeroed = none. */
typedef struct fmi_shared_inputs {
    void *mapping;
    int descriptor;
    size_t bytes;
    uint32_t references; /**< reference frames in it: more in the inputs means it is out of date */
} fmi_shared_inputs;

/** Makes the mapping, or makes it anew when the inputs have gained reference frames. */
fm_status fmi_shared_inputs_make(fmi_shared_inputs *shared, fmi_input *const *inputs,
                                 uint32_t count, fm_error *err);
/** Reference frames the inputs have now. */
uint32_t fmi_shared_references(fmi_input *const *inputs, uint32_t count);
void fmi_shared_inputs_free(fmi_shared_inputs *shared);

/**
 * The worker's side: maps the descriptor and makes one input for each.
 * @param inputs out, room for capacity; each is destroyed with fmi_input_destroy as usual
 */
fm_status fmi_shared_inputs_open(int descriptor, fmi_input **inputs, uint32_t capacity,
                                 uint32_t *count, fm_error *err);

#endif
