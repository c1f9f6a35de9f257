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

/**
 * Gives PoCL a cache folder of ours, cache_dir/pocl-<our version>, for programs that keep cache_dir
 * to themselves: PoCL's cache has no locks and no digests and finds no device where it cannot
 * write. Where that folder does not fit (driver_folder.h), PoCL's own is left to it if it does,
 * else it gets a temporary one. Sets POCL_CACHE_DIR, unless the user set it to another folder, and
 * mends what is there; also when a process before this one, which started it, had set it. Call
 * before the first OpenCL call and before any thread.
 * @param cache_dir "" or NULL: there is none
 * @return how many files were not whole
 */
unsigned fmi_driver_cache_use(const char *cache_dir);

/** What the last use has to tell: why there is a temporary folder; NULL = nothing. */
const char *fmi_driver_cache_note(void);

#endif
