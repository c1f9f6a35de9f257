/* SPDX-License-Identifier: MIT */
/** @file zip_memory.h Lets minizip read and write archives in memory instead of files. */
#ifndef FMI_ZIP_MEMORY_H
#define FMI_ZIP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

#include <minizip/ioapi.h>

/** A file in memory. For reading: bytes, size. For writing: zeroed; free(bytes) afterwards. */
typedef struct fmi_zip_memory {
    unsigned char *bytes;
    size_t size, capacity, at;
    bool failed; /**< there was no memory for what was written: bytes are not the archive */
} fmi_zip_memory;

/** Functions for unzOpen2_64 and zipOpen2_64; memory is borrowed and must outlive the archive. */
zlib_filefunc64_def fmi_zip_memory_functions(fmi_zip_memory *memory);

#endif
