/* SPDX-License-Identifier: MIT */
/**
 * @file driver_cache.h
 * PoCL's kernel cache, where the folder is ours. PoCL believes whatever is in it: a file cut by a
 * full disk or a power cut aborts the process, and every later one. So what is there is looked at
 * first.
 */
#ifndef FMI_DRIVER_CACHE_H
#define FMI_DRIVER_CACHE_H

/**
 * Removes the programs of the folder with a file that is not whole: LLVM bitcode whose blocks do
 * not fill it, an ELF library without its end, anything else under such a name. Changed bytes in
 * the middle of a file are not seen. Reads headers only: about 20 us a file.
 * @param dir PoCL's folder (dir/XX/DIGEST/program.bc, dir/XX/DIGEST/kernel/shape/kernel.so); may be
 *            missing
 * @return how many files were not whole
 */
unsigned fmi_driver_cache_mend(const char *dir);

#endif
