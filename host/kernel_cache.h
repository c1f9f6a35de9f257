/* SPDX-License-Identifier: MIT */
/**
 * @file kernel_cache.h
 * Program binaries on disk. A file is a header (magic, format version, key digest, length, payload
 * digest) and the payload. Anything that does not verify is ignored, never handed to a driver:
 * some drivers abort on a foreign binary.
 *
 * Writers hold a lock file and publish by rename; readers need no lock.
 */
#ifndef FMI_KERNEL_CACHE_H
#define FMI_KERNEL_CACHE_H

#include <fm/log.h>
#include <fm/status.h>

#include <stdbool.h>
#include <stddef.h>

/** Everything that changes the code. Strings are borrowed. */
typedef struct fmi_cache_key {
    const char *text, *options;
    const char *device, *driver, *platform, *version; /**< version: ours */
} fmi_cache_key;

/** Looks up. Returns a malloc'd binary and its size, or NULL: a miss is not an error. */
unsigned char *fmi_cache_load(const char *dir, const fmi_cache_key *key, size_t *bytes,
                              const fm_log *log);
/** Stores; failures are logged at warning level once and otherwise ignored. */
void fmi_cache_store(const char *dir, const fmi_cache_key *key, const unsigned char *binary,
                     size_t bytes, const fm_log *log);
/** True when there is a file with a sound header for the key; its payload is not read. */
bool fmi_cache_has(const char *dir, const fmi_cache_key *key);
/** Removes the entry of a key (a binary that verified but that the driver refused). */
void fmi_cache_drop(const char *dir, const fmi_cache_key *key);
/**
 * Default folder: $FM_CACHE_DIR, else $XDG_CACHE_HOME/facemorph, else $HOME/.cache/facemorph,
 * else "" (no cache). Made when missing.
 */
void fmi_cache_default_dir(char *out, size_t out_bytes);

/**
 * Lets one process at a time build: drivers' own caches have crashed under parallel cold builds.
 * Waits up to 30 s, then goes on without the lock, and does not wait for it again. *waited:
 * somebody else was building, so a second look into the cache pays. Returns a handle for
 * fmi_cache_unlock; -1 = no lock.
 */
int fmi_cache_lock(const char *dir, bool *waited);
void fmi_cache_unlock(int lock);

/** False when the user turned PoCL's own cache off: POCL_KERNEL_CACHE=0. */
bool fmi_cache_driver_keeps(void);

#endif
