/* SPDX-License-Identifier: MIT */
/**
 * @file pages.h
 * Memory that is touched for the first time costs a page fault for every 4 KiB, ten times what
 * writing them costs. Where the system has larger pages on request, this asks for them.
 *
 * Threads: any.
 */
#ifndef FMI_PAGES_H
#define FMI_PAGES_H

#include <stddef.h>

#define FMI_PAGES_LEAST ((size_t)4 << 20) /**< bytes from which on it is worth asking */

/**
 * Asks for large pages below the memory, wherever it comes from; before it is used, since pages
 * that are there stay as they are. Only whole large pages of it count. Advice: nothing fails, and
 * less than FMI_PAGES_LEAST, or NULL, does nothing.
 */
void fmi_pages_advise(void *memory, size_t bytes);

#endif
