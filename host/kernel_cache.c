/* SPDX-License-Identifier: MIT */
#include "kernel_cache.h"

#include "clock.h"
#include "fd.h"
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define FORMAT_VERSION 1U
#define MAX_PAYLOAD (256U << 20)
/* Zeros behind a payload: PoCL reads a header of its own before it looks at the length. */
#define HEADER_OF_DRIVERS 128
#define NAME_BYTES 48
#define LOCK_NAME "lock"
#define NEW_NAME "new.tmp" /* the one temporary file, written under the lock */
#define STORE_WAIT_MS 2000
#define BUILD_LOCK_NAME "build.lock"
#define BUILD_WAIT_MS 30000

static const char magic[8] = {'F', 'M', 'B', 'I', 'N', '\r', '\n', 26};

/* --- digest -------------------------------------------------------------------------------- */

typedef struct digest {
    uint64_t high, low;
} digest;

/* Not ISO C, but in both compilers on every 64-bit target. */
__extension__ typedef unsigned __int128 u128;

/* 128-bit FNV-1a. It guards against damage and mix-ups, not against forgery: whoever can write
 * the user's own files needs no kernel cache. */
static u128 fnv_start(void) {
    return ((u128)UINT64_C(0x6C62272E07BB0142) << 64) | UINT64_C(0x62B821756295C58D);
}

static u128 fnv_add(u128 hash, const void *data, size_t bytes) {
    const u128 prime = ((u128)1 << 88) | 0x13B;
    const unsigned char *s = data;
    for (size_t i = 0; i < bytes; i++) {
        hash = (hash ^ s[i]) * prime;
    }
    return hash;
}

static digest fnv_end(u128 hash) {
    return (digest){.high = (uint64_t)(hash >> 64), .low = (uint64_t)hash};
}

static bool same(digest a, digest b) {
    return a.high == b.high && a.low == b.low;
}

static digest key_digest(const fmi_cache_key *key) {
    const char *fields[] = {key->text,   key->options,  key->device,
                            key->driver, key->platform, key->version};
    u128 hash = fnv_start();
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
        const char *field = fields[i] ? fields[i] : "";
        hash = fnv_add(hash, field, strlen(field) + 1); /* with the end, so fields keep apart */
    }
    return fnv_end(hash);
}

static void entry_name(char out[NAME_BYTES], digest key) {
    (void)snprintf(out, NAME_BYTES, "%016" PRIx64 "%016" PRIx64 ".fmbin", key.high, key.low);
}

/* --- file format --------------------------------------------------------------------------- */

/* In front of the payload. Little-endian, no padding: 64 bytes. */
typedef struct header {
    char magic[8];
    uint32_t version;
    uint32_t reserved; /* 0 */
    digest key;
    uint64_t payload_bytes;
    uint64_t spare; /* 0 */
    digest payload;
} header;
_Static_assert(sizeof(header) == 64, "the header is written as it lies in memory");

static header make_header(digest key, const unsigned char *binary, size_t bytes) {
    header h = {.version = FORMAT_VERSION,
                .key = key,
                .payload_bytes = bytes,
                .payload = fnv_end(fnv_add(fnv_start(), binary, bytes))};
    memcpy(h.magic, magic, sizeof magic);
    return h;
}

/* Why a header cannot belong to this key and file size; NULL when it can. */
static const char *header_fault(const header *h, digest key, uint64_t file_bytes) {
    if (memcmp(h->magic, magic, sizeof magic) != 0 || h->reserved || h->spare) {
        return "not a kernel binary of ours";
    }
    if (h->version != FORMAT_VERSION) {
        return "another format version";
    }
    if (!same(h->key, key)) {
        return "made for another device, driver or kernel";
    }
    return h->payload_bytes == file_bytes - sizeof *h ? NULL : "wrong length";
}

static bool read_full(int fd, void *out, size_t bytes) {
    return fmi_fd_read(fd, out, bytes) == (ssize_t)bytes;
}

/* --- reading ------------------------------------------------------------------------------- */

/* Why an open file may not be trusted by its kind, owner or size; NULL when it may. */
static const char *file_fault(const struct stat *info) {
    if (!S_ISREG(info->st_mode)) {
        return "not a regular file";
    }
    if (info->st_uid != geteuid() || (info->st_mode & (S_IWGRP | S_IWOTH))) {
        return "others may have written it";
    }
    if (info->st_size <= (off_t)sizeof(header)) {
        return "too short";
    }
    return info->st_size > (off_t)(MAX_PAYLOAD + sizeof(header)) ? "too long" : NULL;
}

/* Reads and verifies. Returns the payload, or NULL with *fault set. */
static unsigned char *read_entry(int fd, digest key, size_t *bytes, const char **fault) {
    struct stat info;
    header h;
    *fault = fstat(fd, &info) == 0 ? file_fault(&info) : "unreadable";
    if (*fault) {
        return NULL;
    }
    *fault =
        read_full(fd, &h, sizeof h) ? header_fault(&h, key, (uint64_t)info.st_size) : "unreadable";
    if (*fault) {
        return NULL;
    }
    unsigned char *binary = calloc(1, (size_t)h.payload_bytes + HEADER_OF_DRIVERS);
    if (!binary || !read_full(fd, binary, (size_t)h.payload_bytes)) {
        *fault = "unreadable";
    } else if (!same(fnv_end(fnv_add(fnv_start(), binary, (size_t)h.payload_bytes)), h.payload)) {
        *fault = "damaged";
    }
    if (*fault) {
        free(binary);
        return NULL;
    }
    *bytes = (size_t)h.payload_bytes;
    return binary;
}

static int open_dir(const char *dir) {
    return open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

unsigned char *fmi_cache_load(const char *dir, const fmi_cache_key *key, size_t *bytes,
                              const fm_log *log) {
    char name[NAME_BYTES];
    const char *fault = NULL;
    unsigned char *binary = NULL;
    digest id = key_digest(key);
    *bytes = 0;
    entry_name(name, id);
    int folder = open_dir(dir);
    if (folder < 0) {
        return NULL;
    }
    /* O_NOFOLLOW: a link could point at anything; O_NONBLOCK: a pipe must not stop us. */
    int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd >= 0) {
        binary = read_entry(fd, id, bytes, &fault);
        (void)close(fd);
    } else if (errno != ENOENT) {
        fault = errno == ELOOP ? "a symbolic link" : strerror(errno);
    }
    if (fault) {
        fmi_log(log, FM_LOG_WARNING, "kernel cache: %s/%s is ignored (%s) and built again", dir,
                name, fault);
    }
    (void)close(folder);
    return binary;
}

/* --- writing ------------------------------------------------------------------------------- */

/* Makes a folder and those above it, for the user alone. */
static bool make_dirs(const char *dir) {
    char path[PATH_MAX];
    size_t bytes = strlen(dir);
    if (bytes == 0 || bytes >= sizeof path) {
        errno = bytes ? ENAMETOOLONG : ENOENT;
        return false;
    }
    memcpy(path, dir, bytes + 1);
    for (char *s = path + 1; *s; s++) {
        if (*s == '/') {
            *s = '\0';
            (void)mkdir(path, 0700); /* a failure shows at the last one */
            *s = '/';
        }
    }
    if (mkdir(path, 0700) == 0) {
        return true;
    }
    int code = errno;
    struct stat info;
    bool there = stat(path, &info) == 0 && S_ISDIR(info.st_mode);
    errno = code; /* of mkdir: it says why */
    return there;
}

/* Takes a lock file of a folder, waiting up to wait_ms. Close the result to give it back. */
static int take_lock(int folder, const char *name, int wait_ms, bool *waited) {
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0) {
        return -1;
    }
    uint64_t until = fmi_clock_ns() + (uint64_t)wait_ms * 1000000U;
    const struct timespec pause = {.tv_nsec = 2000000};
    *waited = false;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        if ((errno != EWOULDBLOCK && errno != EINTR) || fmi_clock_ns() > until) {
            (void)close(fd);
            errno = EWOULDBLOCK;
            return -1;
        }
        *waited = true;
        (void)nanosleep(&pause, NULL);
    }
    return fd;
}

static bool write_new(int folder, const header *h, const unsigned char *binary, size_t bytes) {
    (void)unlinkat(folder, NEW_NAME, 0); /* left by a writer that died: we hold the lock */
    int fd = openat(folder, NEW_NAME, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return false;
    }
    bool good = fmi_fd_write(fd, h, sizeof *h) && fmi_fd_write(fd, binary, bytes) && fsync(fd) == 0;
    int code = errno;
    if (close(fd) != 0 && good) {
        code = errno;
        good = false;
    }
    errno = code;
    return good;
}

/* Gives the new file its name. An empty folder of that name makes way. */
static bool publish(int folder, const char *name) {
    if (renameat(folder, NEW_NAME, folder, name) == 0) {
        return true;
    }
    return errno == EISDIR && unlinkat(folder, name, AT_REMOVEDIR) == 0 &&
           renameat(folder, NEW_NAME, folder, name) == 0;
}

static bool store(int folder, digest id, const unsigned char *binary, size_t bytes) {
    char name[NAME_BYTES];
    bool waited = false;
    int lock = take_lock(folder, LOCK_NAME, STORE_WAIT_MS, &waited);
    if (lock < 0) {
        return false;
    }
    header h = make_header(id, binary, bytes);
    entry_name(name, id);
    bool good = write_new(folder, &h, binary, bytes) && publish(folder, name);
    int code = errno;
    if (!good) {
        (void)unlinkat(folder, NEW_NAME, 0);
    }
    (void)close(lock);
    errno = code;
    return good;
}

void fmi_cache_store(const char *dir, const fmi_cache_key *key, const unsigned char *binary,
                     size_t bytes, const fm_log *log) {
    if (!dir || !*dir || bytes == 0 || bytes > MAX_PAYLOAD) {
        return;
    }
    int folder = make_dirs(dir) ? open_dir(dir) : -1;
    if (folder < 0 || !store(folder, key_digest(key), binary, bytes)) {
        fmi_log(log, FM_LOG_WARNING,
                "kernel cache: nothing can be kept in %s (%s); kernels are built at each start",
                dir, strerror(errno));
    }
    if (folder >= 0) {
        (void)close(folder);
    }
}

void fmi_cache_drop(const char *dir, const fmi_cache_key *key) {
    char name[NAME_BYTES];
    entry_name(name, key_digest(key));
    int folder = open_dir(dir);
    if (folder >= 0) {
        (void)unlinkat(folder, name, 0);
        (void)close(folder);
    }
}

bool fmi_cache_has(const char *dir, const fmi_cache_key *key) {
    char name[NAME_BYTES];
    struct stat info;
    header h;
    digest id = key_digest(key);
    entry_name(name, id);
    int folder = open_dir(dir);
    int fd = folder < 0 ? -1 : openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool found = fd >= 0 && fstat(fd, &info) == 0 && !file_fault(&info) &&
                 read_full(fd, &h, sizeof h) && !header_fault(&h, id, (uint64_t)info.st_size);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (folder >= 0) {
        (void)close(folder);
    }
    return found;
}

int fmi_cache_lock(const char *dir, bool *waited) {
    static _Atomic bool in_vain; /* somebody holds it and does not build: stopped, perhaps */
    *waited = false;
    int folder = dir && *dir && make_dirs(dir) ? open_dir(dir) : -1;
    if (folder < 0) {
        return -1;
    }
    int lock = take_lock(folder, BUILD_LOCK_NAME, in_vain ? 0 : BUILD_WAIT_MS, waited);
    in_vain = lock < 0;
    (void)close(folder);
    return lock;
}

void fmi_cache_unlock(int lock) {
    if (lock >= 0) {
        (void)close(lock);
    }
}

/* --- the default folder -------------------------------------------------------------------- */

/* An environment variable that names an absolute folder, else NULL. */
static const char *folder_variable(const char *name) {
    const char *value = getenv(name);
    return value && value[0] == '/' ? value : NULL;
}

void fmi_cache_default_dir(char *out, size_t out_bytes) {
    const char *own = getenv("FM_CACHE_DIR");
    const char *cache = folder_variable("XDG_CACHE_HOME");
    const char *home = folder_variable("HOME");
    int n = -1;
    if (own) {
        n = snprintf(out, out_bytes, "%s", own);
    } else if (cache) {
        n = snprintf(out, out_bytes, "%s/facemorph", cache);
    } else if (home) {
        n = snprintf(out, out_bytes, "%s/.cache/facemorph", home);
    }
    if (out_bytes && (n < 0 || (size_t)n >= out_bytes || !make_dirs(out))) {
        out[0] = '\0';
    }
}

bool fmi_cache_driver_keeps(void) {
    const char *value = getenv("POCL_KERNEL_CACHE");
    return !value || strcmp(value, "0") != 0;
}
