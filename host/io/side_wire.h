/* SPDX-License-Identifier: MIT */
/**
 * @file side_wire.h
 * How an imported side travels from fm-import to its parent: one header, the mesh block, the
 * pixels, in a file in memory. Log lines come before it through a pipe, one a line: a digit for the
 * level, then the text.
 */
#ifndef FMI_SIDE_WIRE_H
#define FMI_SIDE_WIRE_H

#include "load.h"

#include <stdbool.h>

#define FMI_WIRE_MAGIC 0x31574D46U /**< "FMW1" little-endian */
#define FMI_WIRE_FILE 3            /**< descriptor of the file in the child */
#define FMI_WIRE_LOG 4             /**< descriptor of the pipe in the child */
#define FMI_WIRE_NO_ROOM 4         /**< exit status: the answer could not be written */

typedef struct fmi_wire {
    uint32_t magic, header_bytes;
    uint64_t blob_bytes, pixel_bytes;
    uint32_t width, height, channels; /**< of the texture; 0 = none */
    uint32_t status; /**< fm_status; other than FM_OK: only error holds something */
    char texture_path[1024], reason[256];
    fm_error error;
} fmi_wire;

/** Child: writes a side, or the story of its failure. False when the file cannot be written. */
bool fmi_wire_write(int file, const fmi_side *side, fm_status status, const fm_error *err);
/** Parent: reads and checks it. label names the file in messages. */
fm_status fmi_wire_read(int file, fmi_side *side, const char *label, fm_error *err);

#endif
