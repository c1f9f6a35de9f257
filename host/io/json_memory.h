/* SPDX-License-Identifier: MIT */
/** @file json_memory.h What JSON of others may cost before it is parsed. */
#ifndef FMI_JSON_MEMORY_H
#define FMI_JSON_MEMORY_H

#include <stddef.h>
#include <stdint.h>

/** Of the text. A whole sweep has a few MB, a run some 150 bytes a file. */
#define FMI_JSON_BYTES (UINT64_C(32) << 20)
/** That its values may take. */
#define FMI_JSON_MEMORY (UINT64_C(768) << 20)

/**
 * What jansson takes for that text at most, by what it allocates for an object, a list, a member
 * and an entry: empty objects need 80 times the bytes that they stand in.
 */
uint64_t fmi_json_memory(const char *text, size_t bytes);

#endif
