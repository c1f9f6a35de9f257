/* SPDX-License-Identifier: MIT */
/* Kinds 44 to 50, 56, 57 and 59: drivers, devices and their caches. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- loaders ---- */

static void put_vendors(const hostile_row *row) {
    cr_assert_eq(mkdir("vendors", 0777), 0);
    FILE *f = hostile_open("vendors/x.icd");
    fprintf(f, "%s\n", row->detail);
    fclose(f);
}

/* ---- kernels from a folder ---- */

/* The program's own kernels in ./cl, and detail behind one of them. */
static void copy_kernels(const hostile_row *row) {
    char from[PATH_MAX], to[PATH_MAX];
    struct dirent **entries = NULL;
    snprintf(from, sizeof from, "%s/cl", getenv("FM_SOURCE_DIR"));
    cr_assert_eq(mkdir("cl", 0777), 0);
    int count = scandir(from, &entries, NULL, NULL);
    cr_assert_gt(count, 2, "%s: no kernels", from);
    for (int i = 0; i < count; i++) {
        char block[1 << 16];
        size_t n = 0;
        snprintf(from, sizeof from, "%s/cl/%s", getenv("FM_SOURCE_DIR"), entries[i]->d_name);
        snprintf(to, sizeof to, "cl/%s", entries[i]->d_name);
        FILE *f = strchr(entries[i]->d_name, '.') > entries[i]->d_name ? fopen(from, "rbe") : NULL;
        if (f) {
            n = fread(block, 1, sizeof block, f);
            fclose(f);
            hostile_write(to, block, n);
        }
        free(entries[i]);
    }
    free(entries);
    FILE *f = fopen("cl/common.cl", "abe");
    for (long i = 0; f && i < (row->n ? row->n : 1); i++)
        fprintf(f, "%s\n", row->detail);
    if (f)
        fclose(f);
}

/* ---- caches ---- */

/* Entries of our own, one of each kind of damage. */
static void bad_cache(const hostile_row *row) {
    static const char *const entries[] = {"", "FMBIN", "FMBIN\r\n\x1A\1\0\0\0", "\xFF\xFF\xFF\xFF"};
    char name[64];
    hostile_copy_tree(getenv("FM_CACHE_DIR"), "cache");
    for (int i = 0; i < 64; i++) {
        snprintf(name, sizeof name, "cache/%032d.fmbin", i);
        hostile_text(name, entries[i % 4]);
    }
    if (row->n)
        cr_assert_eq(chmod("cache", (mode_t)row->n), 0);
}

/* Every entry of ours becomes another device's: its key, behind 16 bytes, is turned. */
static void foreign_cache(const hostile_row *row) {
    struct dirent **entries = NULL;
    hostile_copy_tree(getenv("FM_CACHE_DIR"), "cache");
    int count = scandir("cache", &entries, NULL, NULL);
    for (int i = 0; i < count; i++) {
        char path[PATH_MAX], block[4096];
        const char *dot = strrchr(entries[i]->d_name, '.');
        snprintf(path, sizeof path, "cache/%s", entries[i]->d_name);
        if (dot && strcmp(dot, ".fmbin") == 0) {
            FILE *f = fopen(path, "rbe");
            size_t n = f ? fread(block, 1, sizeof block, f) : 0;
            if (f)
                fclose(f);
            unlink(path); /* it is linked to the shared one */
            if (n > 24)
                block[row->n] ^= 1;
            hostile_write(path, block, n);
        }
        free(entries[i]);
    }
    free(entries);
}

static const char *not_setuid(const hostile_outcome *outcome) {
    struct stat info;
    (void)outcome;
    return stat(getenv("FMORPH"), &info) == 0 && !(info.st_mode & (S_ISUID | S_ISGID))
               ? NULL
               : "fmorph is setuid";
}

static const char *run_json_says(const char *wanted) {
    char text[1 << 15] = "";
    FILE *f = fopen("out/a_b/run.json", "rbe");
    size_t n = f ? fread(text, 1, sizeof text - 1, f) : 0;
    text[n] = '\0';
    if (f)
        fclose(f);
    return strstr(text, wanted) ? NULL : "run.json does not say so";
}

static const char *retried(const hostile_outcome *outcome) {
    return outcome->exit == 0 ? run_json_says("\"code\": -4") : NULL;
}

static const char *no_device_time(const hostile_outcome *outcome) {
    return outcome->exit == 0 ? run_json_says("\"device\": null") : NULL;
}

#define SMALL "morph a.obj b.obj --minimal --frames 3 --size 16 -o out"
#define BENCH "fmbench --sweep --op morph --vertices 500 --quick --batch 1 --level medium --db x.db"
#define NO_DRIVER(label, setting, line) \
    { 44, label, .command = line, .env = setting, .exit = 4, .says = "install" }
#define LAYER(kind_, label_, setting, code, words)                                                 \
    .kind = kind_, .label = label_, .command = SMALL, .env = setting, .exit = code, .says = words, \
    .makes = "out", .layer = true, .lines = true

static const hostile_row rows[] = {
    NO_DRIVER("no driver", "OCL_ICD_VENDORS=/nonexistent", SMALL),
    NO_DRIVER("no driver: devices", "OCL_ICD_VENDORS=/nonexistent", "devices"),
    NO_DRIVER("no driver: solve", "OCL_ICD_VENDORS=/nonexistent", "solve m.npy r.npy -o x.npy"),
    {44, "no driver: fmbench", .command = "fmbench devices", .env = "OCL_ICD_VENDORS=/nonexistent",
     .exit = 4, .says = "no OpenCL device"},
    {44, "a driver that is not there", .make = put_vendors, .detail = "libnothing-of-the-kind.so",
     .env = "OCL_ICD_VENDORS=vendors", .command = SMALL, .exit = 4, .says = "install"},
    {44, "a driver that is no library", .make = put_vendors, .detail = "./a.obj",
     .env = "OCL_ICD_VENDORS=vendors", .command = SMALL, .exit = 4, .says = "install"},
    {LAYER(44, "no compiler", "FMFAULT_LACK=compiler", 4, "compiler")},
    {LAYER(44, "no context", "FMFAULT_FAIL=clCreateContext:1:-2:sticky", 4, "clCreateContext")},
    {LAYER(45, "builds fail", "FMFAULT_FAIL=clBuildProgram:1:-11:sticky", 4, "")},
    {45, "kernels that do not compile", .make = copy_kernels, .detail = "int broken(", .exit = 4,
     .command = "morph a.obj b.obj --minimal --frames 2 --size 16 -o out", .env = "FM_CL_DIR=cl",
     .lines = true, .says = "does not compile"},
    {45, "a log of a megabyte", .make = copy_kernels, .detail = "int broken(;", .n = 20000,
     .exit = 4, .command = "morph a.obj b.obj --minimal --frames 2 --size 16 -o out",
     .env = "FM_CL_DIR=cl", .lines = true, .says = "does not compile"},
    {45, "a compiler that loops", .layer = true, .exit = 4, .lines = true, .makes = "x.db",
     .command = "fmbench --sweep --op raster --vertices 500 --size 16 --quick --batch 1 --level "
                "medium --texture off --max-time 0 --timeout 1 --db x.db",
     .env = "FMFAULT_DELAY=clBuildProgram:3:60000", .says = "timeout=1", .slow = true},
    {46, "damaged entries", .make = bad_cache, .command = SMALL, .env = "FM_CACHE_DIR=cache",
     .makes = "out cache", .lines = true},
    {46, "a folder that all may write to", .make = bad_cache, .n = 0777, .command = SMALL,
     .env = "FM_CACHE_DIR=cache", .makes = "out cache", .lines = true},
    {46, "a folder that is a file", .command = SMALL, .env = "FM_CACHE_DIR=a.obj", .makes = "out",
     .lines = true},
    {LAYER(47, "groups of one item", "FMFAULT_WG_CAP=1", 0, ""), .or_done = true},
    {LAYER(47, "1 byte of local memory", "FMFAULT_LMEM_CAP=1", 0, ""), .or_done = true},
    {LAYER(47, "16 MiB of memory", "FMFAULT_MEM_CAP=16M", 0, ""), .or_done = true},
    {LAYER(47, "no images", "FMFAULT_LACK=images", 0, "")},
    {LAYER(48, "no memory for a buffer", "FMFAULT_FAIL=clCreateBuffer:4:-4", 75, "no room"),
     .or_done = true},
    {LAYER(48, "no memory at a launch", "FMFAULT_FAIL=clEnqueueNDRangeKernel:3:-4", 0, ""),
     .check = retried},
    {LAYER(48, "no memory ever", "FMFAULT_FAIL=clCreateBuffer:1:-4:sticky", 75, "no room")},
    {LAYER(49, "device lost at a launch", "FMFAULT_FAIL=clEnqueueNDRangeKernel:2:-36:sticky", 75,
           "")},
    {LAYER(49, "device lost at the end", "FMFAULT_FAIL=clFinish:1:-5:sticky", 75, ""),
     .or_done = true},
    {49, "a launch that hangs", .layer = true, .exit = 4, .lines = true, .makes = "x.db",
     .command = "fmbench --sweep --op raster --vertices 500 --size 16 --quick --batch 1 --level "
                "medium --texture off "
                "--max-time 0 --timeout 1 --db x.db",
     .env = "FMFAULT_DELAY=clEnqueueMapBuffer:9:60000", .says = "timeout=1", .slow = true},
    {LAYER(50, "times of zero", "FMFAULT_LACK=clock", 0, ""), .check = no_device_time},
    {LAYER(50, "no times at all", "FMFAULT_LACK=profiling", 0, "")},
    {56, "an edited kernel", .make = copy_kernels, .detail = "// edited", .env = "FM_CL_DIR=cl",
     .command = "selftest", .says = "cl", .lines = true},
    {56, "an empty folder of kernels: the embedded ones", .command = SMALL, .env = "FM_CL_DIR=.",
     .makes = "out", .lines = true, .says = "kernels come from ."},
    {57, "a driver from the variable", .make = put_vendors, .detail = "libnothing-of-the-kind.so",
     .command = "devices", .env = "OCL_ICD_VENDORS=vendors", .exit = 4, .check = not_setuid},
    {59, "entries of another device", .make = foreign_cache, .n = 16, .command = SMALL,
     .env = "FM_CACHE_DIR=cache", .makes = "out cache", .lines = true},
    {59, "entries of another size", .make = foreign_cache, .n = 32, .command = SMALL,
     .env = "FM_CACHE_DIR=cache", .makes = "out cache", .lines = true},
};

const hostile_table hostile_device = {"devices", rows, sizeof rows / sizeof rows[0]};
