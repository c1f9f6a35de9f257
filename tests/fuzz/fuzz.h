/* SPDX-License-Identifier: MIT */
/**
 * @file fuzz.h
 * What the fuzz targets share. A target is one file with
 *
 *     int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
 *     void fuzz_seeds(void);          // calls fuzz_seed for every example of its format
 *
 * Seeds are made anew at each start, in the folder FM_FUZZ_CORPUS.
 */
#ifndef FM_FUZZ_H
#define FM_FUZZ_H

#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);
void fuzz_seeds(void);

/** One example into the corpus. */
void fuzz_seed(const void *bytes, size_t size);
void fuzz_seed_text(const char *text);
/** A file in memory with that content, as a name that can be opened; the same one each time. */
const char *fuzz_file(const uint8_t *data, size_t size);
/** A folder of this process's own, for readers that look for files by name. */
const char *fuzz_folder(void);
/** Writes a file of that folder. */
void fuzz_put(const char *name, const uint8_t *data, size_t size);
/** Ends the process: the reader broke a promise. */
void fuzz_expect(int holds, const char *promise);

#endif
