/* SPDX-License-Identifier: MIT */
/** @file memory_report.h What `fmorph mem` and `fmbench mem` print: every source and the budget. */
#ifndef FMI_MEMORY_REPORT_H
#define FMI_MEMORY_REPORT_H

#include "json.h"

#include <fm/memory.h>

/** fm_memory_query plus what hwloc counts, which libfm cannot ask. */
fm_status fmi_memory_ask_all(const fm_engine *engine, fm_level level, uint64_t mem_limit_bytes,
                             fm_memory *memory, fm_error *err);
/** A table for people, to be freed with free(); NULL without memory. */
char *fmi_memory_text(const fm_caps *caps, fm_level level, const fm_memory *memory);
/** The line of the budget alone, as the table has it; free with free(), NULL without memory. */
char *fmi_memory_budget_text(const fm_caps *caps, fm_level level, const fm_memory *memory);
/** Bytes with a unit: "64 MiB", "512 bytes". Returns out. */
const char *fmi_memory_amount(uint64_t bytes, char out[24]);
/** One object, schema facemorph/memory/1. */
void fmi_memory_json(fmi_json *json, const fm_caps *caps, fm_level level, const fm_memory *memory);

#endif
