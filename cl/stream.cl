/* SPDX-License-Identifier: MIT */
/*
 * stream.cl: stores of what nobody reads soon, past the caches where the compiler can: memory then
 * need not be read before it is written, and inputs stay in the cache. They change no result.
 *
 * FMK_STREAM(value, address)   address: aligned to the size of value
 * FMK_STREAM_END()             after the last one of an item: others see them from here on
 * FMK_NO_HINTS                 plain stores: for a driver that stops at these intrinsics
 */
#ifndef FM_STREAM_CL
#define FM_STREAM_CL

#if defined(__has_builtin) && !defined(FMK_NO_HINTS)
#if __has_builtin(__builtin_nontemporal_store)
#define FMK_STREAM(value, address) __builtin_nontemporal_store(value, address)
#endif
#if __has_builtin(__builtin_ia32_sfence)
#define FMK_STREAM_END() __builtin_ia32_sfence()
#endif
#endif
#ifndef FMK_STREAM
#define FMK_STREAM(value, address) (*(address) = (value))
#endif
#ifndef FMK_STREAM_END
#define FMK_STREAM_END() mem_fence(CLK_GLOBAL_MEM_FENCE)
#endif

#endif
