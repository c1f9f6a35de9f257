/* SPDX-License-Identifier: MIT */
/* Kinds 51, 53 and 60: clocks, locales, folders and machines that are odd. The bytes stay. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/hash.h"

static uint64_t usual; /* hash of what the first row made */

static uint64_t hash_of(const char *path, uint64_t seed) {
    char bytes[1 << 14];
    FILE *f = fopen(path, "rbe");
    size_t n = f ? fread(bytes, 1, sizeof bytes, f) : 0;
    if (f)
        fclose(f);
    return n > 0 ? fmi_hash64(bytes, n, seed) : 0;
}

static uint64_t made(void) {
    uint64_t hash = hash_of("out/a_b/png/a-1000_b-0000.png", 0);
    hash = hash_of("out/a_b/png/a-0000_b-1000.png", hash);
    return hash_of("out/a_b/vertex_displacements.csv", hash);
}

static const char *keep_usual(const hostile_outcome *outcome) {
    (void)outcome;
    usual = made();
    return usual != 0 ? NULL : "the files are not there";
}

static const char *as_usual(const hostile_outcome *outcome) {
    (void)outcome;
    return made() == usual ? NULL : "other bytes than usual";
}

static void odd_mask(void) {
    umask(0);
}

static void no_folder(void) {
    if (mkdir("gone", 0777) != 0 || chdir("gone") != 0 || rmdir("../gone") != 0)
        _exit(126);
}

static void one_core(void) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET((size_t)sched_getcpu(), &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* What seconds the run's own report gives. */
static const char *sane_seconds(const hostile_outcome *outcome) {
    double seconds = -1;
    const char *at = strstr(outcome->err, " in ");
    if (at)
        seconds = strtod(at + 4, NULL);
    return seconds >= 0 && seconds <= outcome->seconds + 0.1 ? as_usual(outcome)
                                                             : "a time that cannot be";
}

/* The locales that FmTests.cmake makes. Not where leaks are looked for: a library of drivers loses
 * memory when it finds the folder named. */
static void with_locales(void) {
#if !defined(FM_SANITIZED)
    if (getenv("FM_TEST_LOCALES"))
        setenv("LOCPATH", getenv("FM_TEST_LOCALES"), 1);
#endif
}

#define FULL "morph a.obj b.obj --device ref --full --frames 2 --size 16 -o out"
#define ODD(label, setting) \
    { 53, label, .command = FULL, .env = setting, .makes = "out", .check = as_usual, .lines = true }

#define IN_LOCALE(label, setting)                                                           \
    {                                                                                       \
        53, label, .command = FULL, .env = setting, .inside = with_locales, .makes = "out", \
                   .check = as_usual, .lines = true                                         \
    }

static const hostile_row rows[] = {
    {53, "as usual", .command = FULL, .makes = "out", .check = keep_usual, .lines = true},
    IN_LOCALE("German", "LC_ALL=de_DE.UTF-8;LANG=de_DE.UTF-8"),
    IN_LOCALE("Turkish", "LC_ALL=tr_TR.UTF-8;LANG=tr_TR.UTF-8"),
    ODD("a zone of rubbish", "TZ=:/etc/passwd"),
    ODD("a zone far away", "TZ=XYZ-167:59:59"),
    ODD("no HOME", "HOME="),
    ODD("no variables", "HOME=;PATH=;LANG=;TMPDIR=;USER="),
    ODD("no temporary folder", "TMPDIR=/nonexistent"),
    {53, "umask 000", .command = FULL, .inside = odd_mask, .makes = "out", .check = as_usual,
     .lines = true},
    {53, "a working folder that is gone", "a.obj", .command = HOSTILE_MORPH, .inside = no_folder,
     .exit = 3},
#if defined(FM_TEST_CLOCK) && !defined(FM_SANITIZED)
    {51, "a clock that jumps", .command = FULL, .env = "LD_PRELOAD=" FM_TEST_CLOCK, .makes = "out",
     .check = sane_seconds, .lines = true},
#else
    {51, "no jumping clock", .command = FULL, .makes = "out", .check = sane_seconds, .lines = true},
#endif
    {60, "one core", .command = FULL, .inside = one_core, .makes = "out", .check = as_usual,
     .lines = true},
    {60, "hwloc finds another machine", .command = FULL, .env = "HWLOC_SYNTHETIC=node:1 pu:1",
     .makes = "out", .check = as_usual, .lines = true},
    {60, "hwloc reads rubbish", .command = FULL, .env = "HWLOC_XMLFILE=/etc/passwd", .makes = "out",
     .check = as_usual, .lines = true},
    {60, "doctor of another machine", .command = "fmbench doctor",
     .env = "HWLOC_COMPONENTS=synthetic", .lines = true},
};

const hostile_table hostile_machine = {"machines", rows, sizeof rows / sizeof rows[0]};
