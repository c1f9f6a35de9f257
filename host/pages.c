/* SPDX-License-Identifier: MIT */
#include "pages.h"

#include <stdint.h>
#include <sys/mman.h>

#define LARGE ((uintptr_t)2 << 20) /* of x86-64, and of aarch64 with pages of 4 KiB */

void fmi_pages_advise(void *memory, size_t bytes) {
#ifdef MADV_HUGEPAGE
    uintptr_t first = ((uintptr_t)memory + LARGE - 1) / LARGE * LARGE;
    uintptr_t end = ((uintptr_t)memory + bytes) / LARGE * LARGE;
    if (!memory || bytes < FMI_PAGES_LEAST)
        return;
    (void)madvise((char *)memory + (first - (uintptr_t)memory), end - first, MADV_HUGEPAGE);
#else
    (void)memory;
    (void)bytes;
#endif
}
