/* SPDX-License-Identifier: MIT */
/*
 * FMK_PREFETCH(address, locality): asks for the cache line at address, where the compiler can, to
 * be read soon; locality is how long it will be of use (0 once ... 3 often). It changes no result.
 * FMK_NO_HINTS: for a driver (Oclgrind) that cannot, although its compiler says so.
 */
#ifndef FM_PREFETCH_CL
#define FM_PREFETCH_CL

#if defined(__has_builtin) && !defined(FMK_NO_HINTS)
#if __has_builtin(__builtin_prefetch)
#define FMK_PREFETCH(address, locality) \
    __builtin_prefetch((const void *)(uintptr_t)(address), 0, locality)
#endif
#endif
#ifndef FMK_PREFETCH
#define FMK_PREFETCH(address, locality) (void)(address)
#endif

#endif
