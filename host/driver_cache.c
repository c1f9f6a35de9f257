/* SPDX-License-Identifier: MIT */
#include "driver_cache.h"

#include "driver_folder.h"
#include "tree.h"

#include <elf.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define LIST 64 /* files that are not whole, of one look */

/* nftw has no argument for its caller. One look at a time: it comes before any thread. */
static struct {
    size_t root;
    unsigned count;
    char path[LIST][PATH_MAX];
} damaged;

static bool read_at(int fd, void *to, size_t bytes, uint64_t at) {
    return pread(fd, to, bytes, (off_t)at) == (ssize_t)bytes;
}

/* Blocks of the outermost level, each with its length in words, fill the file (LLVM bitstream). */
static bool is_whole_bitcode(int fd, uint64_t bytes) {
    uint32_t word[2];
    uint64_t at = 4;
    if (!read_at(fd, word, 4, 0) || memcmp(word, "BC\xC0\xDE", 4) != 0)
        return false;
    while (at < bytes) {
        if (!read_at(fd, word, sizeof word, at) || (word[0] & 3U) != 1U)
            return false;
        at += 8 + 4 * (uint64_t)word[1];
    }
    return at == bytes && at > 4;
}

/* A linker writes the table of sections last. */
static bool is_whole_library(int fd, uint64_t bytes) {
    Elf64_Ehdr head;
    return read_at(fd, &head, sizeof head, 0) && memcmp(head.e_ident, ELFMAG, SELFMAG) == 0 &&
           head.e_ident[EI_CLASS] == ELFCLASS64 && head.e_type == ET_DYN && head.e_shoff > 0 &&
           head.e_shoff + (uint64_t)head.e_shnum * head.e_shentsize <= bytes;
}

static bool is_whole(const char *path, bool bitcode) {
    struct stat info;
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    bool whole = fd >= 0 && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                 (bitcode ? is_whole_bitcode(fd, (uint64_t)info.st_size)
                          : is_whole_library(fd, (uint64_t)info.st_size));
    if (fd >= 0)
        (void)close(fd);
    return whole;
}

/* PoCL writes under other names and renames, so a file of these names is finished. */
static int look(const char *path, const struct stat *info, int type, struct FTW *where) {
    const char *name = path + where->base;
    size_t length = strlen(name);
    bool bitcode = strcmp(name, "program.bc") == 0;
    bool library = length > 3 && strcmp(name + length - 3, ".so") == 0;
    (void)info;
    (void)type;
    if (where->level < 3 || (!bitcode && !library) || damaged.count == LIST)
        return 0;
    if (!is_whole(path, bitcode))
        (void)snprintf(damaged.path[damaged.count++], PATH_MAX, "%s", path);
    return 0;
}

/* dir/XX/DIGEST of a file below it. */
static void remove_program(char *path) {
    char *end = path + damaged.root;
    for (int level = 0; level < 2 && end; level++)
        end = strchr(end + 1, '/');
    if (end) {
        *end = '\0';
        fmi_tree_remove(path);
    }
}

unsigned fmi_driver_cache_mend(const char *dir) {
    damaged.root = strlen(dir);
    damaged.count = 0;
    (void)nftw(dir, look, 16, FTW_PHYS);
    for (unsigned i = 0; i < damaged.count; i++)
        remove_program(damaged.path[i]);
    return damaged.count;
}

static char note[PATH_MAX + 200]; /* what the last use has to tell */

const char *fmi_driver_cache_note(void) {
    return note[0] ? note : NULL;
}

/* PoCL's own choice where it is safe, else a folder for this run. */
static void use_another(const char *path, const char *why) {
    char folder[PATH_MAX];
    if (fmi_driver_folder_of_pocl() || !fmi_driver_folder_temporary(folder))
        return;
    (void)setenv("POCL_CACHE_DIR", folder, 0);
    (void)snprintf(note, sizeof note,
                   "%.1000s %s: PoCL's kernels are kept for this run alone; name another folder by "
                   "FM_CACHE_DIR",
                   path, why);
}

unsigned fmi_driver_cache_use(const char *cache_dir) {
    char path[PATH_MAX];
    const char *set = getenv("POCL_CACHE_DIR");
    const bool any = cache_dir && cache_dir[0];
    note[0] = '\0';
    int n = snprintf(path, sizeof path, "%s/pocl-%s", any ? cache_dir : "", FM_VERSION);
    if (n < 0 || (size_t)n >= sizeof path || (set && (!any || strcmp(set, path) != 0)))
        return 0;
    if (any)
        (void)mkdir(path, 0700);
    const char *why = any ? fmi_driver_folder_fault(path) : "cannot be made";
    if (why) {
        use_another(any ? path : "the folder of kernels", why);
        return 0;
    }
    (void)setenv("POCL_CACHE_DIR", path, 0);
    return fmi_driver_cache_mend(path);
}
