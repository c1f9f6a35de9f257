/* SPDX-License-Identifier: MIT */
/* Kinds 35 to 40: names, arguments, JSON and variables. */
#include "hostile.h"

#include <criterion/criterion.h>

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRIANGLES "v 0 0 0\nv 1 0 0\nv 1 1 1\nv 0 1 0\nf 1 2 3\nf 1 3 4\n"
#define LONG_NAME                                                                      \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
    "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn" \
    "nnnnnnnnnnn.obj"
_Static_assert(sizeof LONG_NAME == 256, "a name of 255 bytes");

static char long_word[100001]; /* an argument may have 128 kB */

static void fill_long_word(const hostile_row *row) {
    memset(long_word, 'x', sizeof long_word - 1);
    (void)row;
}

/* A run folder whose run.json is detail; the pair's meshes are a.obj and b.obj. */
static void old_run(const hostile_row *row) {
    cr_assert_eq(mkdir("out", 0777), 0);
    cr_assert_eq(mkdir("out/a_b", 0777), 0);
    hostile_text("out/a_b/run.json", row->detail);
    hostile_text("pairs.csv", "a,b\na.obj,b.obj\n");
}

static void deep_run(const hostile_row *row) {
    old_run(row);
    FILE *f = hostile_open("out/a_b/run.json");
    for (long i = 0; i < row->n; i++)
        fputc('[', f);
    fclose(f);
}

static const char *run_again(const hostile_outcome *outcome) {
    struct stat info;
    (void)outcome;
    return stat("out/a_b/png/a-1000_b-0000.png", &info) == 0 ? NULL : "the pair was not run again";
}

static const char *two_frames(const hostile_outcome *outcome) {
    return strstr(outcome->err, "2 frames") ? NULL : "no word of 2 frames";
}

#define NAME(label, name)                                                                    \
    {                                                                                        \
        35, label, name, TRIANGLES, .command = "morph {} {} " HOSTILE_SMALL, .makes = "out", \
                                    .check = two_frames, .lines = true                       \
    }
#define USAGE(kind, label, words, line) \
    { kind, label, .command = line, .exit = 2, .says = words }
#define MORPH_AB "morph a.obj b.obj --device ref --minimal "
#define RESUME "batch pairs.csv --resume " HOSTILE_SMALL
#define OLD(label, json)                                                               \
    {                                                                                  \
        39, label, .make = old_run, .detail = json, .command = RESUME, .makes = "out", \
                   .lines = true, .check = run_again                                   \
    }
#define VARIABLE(label, variables, code, words)                                                   \
    {                                                                                             \
        40, label, .command = "morph a.obj b.obj " HOSTILE_SMALL, .env = variables, .exit = code, \
                   .says = words, .makes = "out", .lines = true                                   \
    }

static const hostile_row rows[] = {
    NAME("blanks", "two words.obj"),
    NAME("a line feed", "two\nlines.obj"),
    NAME("a tab", "a\ttab.obj"),
    NAME("quotes", "it's \"it\".obj"),
    NAME("a command", "$(touch pwned).obj"),
    NAME("back quotes", "`touch pwned`.obj"),
    NAME("a semicolon", "a;touch pwned;.obj"),
    NAME("a pipe", "a|touch pwned|.obj"),
    NAME("a variable", "$HOME.obj"),
    NAME("formats", "%s%n%d.obj"),
    NAME("a backslash", "a\\b.obj"),
    NAME("255 bytes", LONG_NAME),
    NAME("no UTF-8", "\xFF\xFE\xC3.obj"),
    NAME("an emoji", "\xF0\x9F\x98\x80.obj"),
    NAME("dots only before the ending", "...obj"),
    {35, "a leading dash behind --", "-x.obj", TRIANGLES, .makes = "out", .lines = true,
     .command = "morph --device ref --minimal --frames 2 --size 16 -o out -- {} {}"},
    {35, "a leading dash", "-x.obj", TRIANGLES, .exit = 2, .says = "unknown option"},
    {35, "escape sequences in a missing name", "\033]0;pwned\007.obj", .exit = 3, .nameless = true,
     .says = "\\x1B]0;pwned\\x07.obj"},
    {36, "one file on both sides", .command = "morph a.obj a.obj " HOSTILE_SMALL, .makes = "out"},
    USAGE(36, "solutions over the matrices", "m.npy", "solve m.npy r.npy -o m.npy --device ref"),
    USAGE(36, "solutions over the right sides", "r.npy",
          "solve m.npy r.npy -o ./r.npy --device ref"),
    USAGE(36, "status over the matrices", "m.npy",
          "solve m.npy r.npy -o x.npy --status m.npy --device ref"),
    USAGE(36, "status and solutions in one file", "x.npy",
          "solve m.npy r.npy -o x.npy --status x.npy --device ref"),
    USAGE(36, "keypoints over the driving file", "s.csv",
          "keypoints --model fomm --source s.csv --driving s.csv -o s.csv --device ref"),
    USAGE(36, "report over the source", "s.csv",
          "keypoints --model fomm --source s.csv --driving s.csv -o o.csv --report s.csv --device "
          "ref"),
    USAGE(36, "time line over a mesh", "a.obj", "morph a.obj b.obj --trace a.obj " HOSTILE_SMALL),
    USAGE(36, "time line over a texture", "skin.png",
          "morph a.obj b.obj --texture-a skin.png --trace skin.png " HOSTILE_SMALL),
    USAGE(36, "page over the store", "x.db",
          "fmbench --sweep --op morph --quick --db x.db -o x.db"),
    USAGE(37, "size 0", "1 to 8192", MORPH_AB "--size 0 -o out"),
    USAGE(37, "size 65537", "1 to 8192", MORPH_AB "--size 65537 -o out"),
    USAGE(37, "size -1", "1 to 8192", MORPH_AB "--size -1 -o out"),
    USAGE(37, "size 16x", "1 to 8192", MORPH_AB "--size 16x -o out"),
    USAGE(37, "size 16x16x16", "1 to 8192", MORPH_AB "--size 16x16x16 -o out"),
    USAGE(37, "size 4294967297", "1 to 8192", MORPH_AB "--size 4294967297 -o out"),
    {37, "size 1", .command = MORPH_AB "--size 1 --frames 2 -o out", .makes = "out"},
    {37, "size 3x1", .command = MORPH_AB "--size 3x1 --frames 2 -o out", .makes = "out"},
    USAGE(37, "0 frames", "from 2 to", MORPH_AB "--frames 0 -o out"),
    USAGE(37, "1 frame", "from 2 to", MORPH_AB "--frames 1 -o out"),
    USAGE(37, "10^9 frames", "from 2 to", MORPH_AB "--frames 1000000000 -o out"),
    USAGE(37, "-5 frames", "from 2 to", MORPH_AB "--frames -5 -o out"),
    USAGE(37, "2^64 frames", "from 2 to", MORPH_AB "--frames 18446744073709551616 -o out"),
    USAGE(37, "batch 0", "--batch", MORPH_AB "--batch 0 -o out"),
    USAGE(37, "batch 2^63", "--batch", MORPH_AB "--batch 9223372036854775808 -o out"),
    {37, "level with a blank behind it", "EXTREME ", .command = MORPH_AB "--level {} -o out",
     .exit = 2, .says = "low medium high extreme"},
    USAGE(37, "limit of 0", "--mem-limit", MORPH_AB "--mem-limit 0 -o out"),
    USAGE(37, "limit of 2^64 K", "--mem-limit",
          MORPH_AB "--mem-limit 18446744073709551615K -o out"),
    USAGE(37, "threads 10^9", "--threads", MORPH_AB "--threads 1000000000 -o out"),
    USAGE(37, "camera of nan", "--camera", MORPH_AB "--camera yaw=nan -o out"),
    USAGE(37, "camera of 1e999", "--camera", MORPH_AB "--camera fov=1e999 -o out"),
    USAGE(37, "camera with blanks", "--camera", MORPH_AB "--camera yaw=,pitch=0x10 -o out"),
    USAGE(37, "rcond in hexadecimal", "--rcond", "solve m.npy r.npy -o x.npy --rcond 0x1p-9"),
    USAGE(37, "rcond of nan", "--rcond", "solve m.npy r.npy -o x.npy --rcond nan"),
    USAGE(37, "rcond with junk", "--rcond", "solve m.npy r.npy -o x.npy --rcond 1e-6x"),
    USAGE(37, "vertices 10^7", "500 to 2000000", "sample -o heads --vertices 10000000"),
    USAGE(37, "fmbench batch 2^63", "--batch", "fmbench --sweep --batch 9223372036854775808"),
    USAGE(37, "fmbench seed of words", "--seed", "fmbench --sweep --seed nan"),
    USAGE(37, "fmbench size 0", "--size", "fmbench --sweep --size 0"),
    USAGE(37, "fmbench level with a blank", "level", "fmbench --sweep --level extreme,"),
    USAGE(37, "fmbench time of nan", "--max-time", "fmbench --sweep --max-time nan"),
    USAGE(37, "fmbench endless axis", "--batch", "fmbench --sweep --batch 1-100000000000*1"),
    USAGE(37, "fmbench axis of 10^9 points", "--batch", "fmbench --sweep --batch 1-1000000000+1"),
    {38, "option of 100 kB", long_word, .make = fill_long_word, .exit = 2, .says = "unknown option",
     .command = MORPH_AB "--{} -o out"},
    {38, "value of 100 kB", long_word, .make = fill_long_word, .exit = 2, .says = "--level",
     .command = MORPH_AB "--level {} -o out"},
    {38, "command of 100 kB", long_word, .make = fill_long_word, .exit = 2, .command = "{}",
     .says = "unknown command"},
    {38, "mesh name of 100 kB", long_word, .make = fill_long_word, .exit = 3, .nameless = true,
     .says = "File name too long"},
    {38, "output of 100 kB", long_word, .make = fill_long_word, .exit = 2, .says = "-o",
     .command = "morph a.obj b.obj -o {}"},
    {38, "output file of 100 kB", long_word, .make = fill_long_word, .exit = 5,
     .command = "solve m.npy r.npy -o {} --device ref", .says = "File name too long"},
    {38, "fmbench option of 100 kB", long_word, .make = fill_long_word, .exit = 2,
     .command = "fmbench --sweep --{}"},
    {38, "an option twice: the last one counts",
     .command = MORPH_AB "--size 8 --frames 3 --size 16 "
                         "--frames 2 -o out",
     .makes = "out", .check = two_frames},
    USAGE(38, "an unknown option", "--nonsense: unknown option", MORPH_AB "--nonsense"),
    USAGE(38, "an unknown option of fmbench", "--nonsense", "fmbench --sweep --nonsense"),
    USAGE(38, "an unknown word of fmbench", "nonsense", "fmbench nonsense"),
    USAGE(38, "an unknown op of fmbench", "nonsense", "fmbench --sweep --op nonsense"),
    USAGE(38, "an unknown letter", "-z: unknown option", MORPH_AB "-z"),
    USAGE(38, "an unknown command", "unknown command", "nonsense"),
    USAGE(38, "options behind --", "one argument too many", MORPH_AB "-o out -- --size 16"),
    USAGE(38, "a value where none belongs", "takes no value", MORPH_AB "--force=yes"),
    USAGE(38, "an empty word", "", "morph"),
    OLD("run.json is no JSON", "{\"schema\":"),
    OLD("run.json of another schema", "{\"schema\":\"facemorph/run/99\"}"),
    OLD("run.json with keys twice", "{\"schema\":\"facemorph/run/1\",\"schema\":\"x\"}"),
    OLD("run.json with numbers too large",
        "{\"schema\":\"facemorph/run/1\",\"frames\":99999999999999999999999999,\"outputs\":[]}"),
    OLD("run.json of bytes that are no UTF-8", "{\"schema\":\"\xFF\xFE\"}"),
    OLD("run.json that names files elsewhere",
        "{\"schema\":\"facemorph/run/1\",\"outputs\":[{\"path\":\"../../a.obj\",\"bytes\":1}]}"),
    {39, "run.json of 1,000,000 brackets", .make = deep_run, .detail = "", .n = 1000000,
     .command = RESUME, .makes = "out", .lines = true, .check = run_again},
    {40, "frames of words", .command = "morph a.obj b.obj -o out", .env = "FMORPH_FRAMES=many",
     .exit = 2, .says = "FMORPH_FRAMES"},
    {40, "size of words", .command = "morph a.obj b.obj -o out", .env = "FMORPH_SIZE=big",
     .exit = 2, .says = "FMORPH_SIZE"},
    VARIABLE("switch of words", "FMORPH_FORCE=perhaps", 2, "FMORPH_FORCE"),
    VARIABLE("log level of words", "FMORPH_LOG_LEVEL=loud", 2, "FMORPH_LOG_LEVEL"),
    VARIABLE("cache in a file", "FM_CACHE_DIR=/dev/null/below", 0, ""),
    VARIABLE("no importer", "FM_IMPORTER=/nonexistent/fm-import", 2, "is no program"),
    VARIABLE("a folder as importer", "FM_IMPORTER=/tmp", 2, "is no program"),
    VARIABLE("an earlier loss of rubbish", "FMORPH_LOST=99999999999999999999:x,,:", 0, ""),
    VARIABLE("an unknown locale", "LC_ALL=xx_YY.rubbish", 0, ""),
    {40, "unknown device", .command = "devices", .env = "FMORPH_DEVICE=99;OCL_ICD_VENDORS=rubbish",
     .exit = 4},
    {40, "device index of rubbish", .command = "selftest", .env = "FMORPH_DEVICE=99", .exit = 4,
     .says = "99"},
    {40, "kernels from nowhere", .command = "selftest", .env = "FM_CL_DIR=/nonexistent",
     .lines = true, .says = "/nonexistent"},
};

const hostile_table hostile_words = {"words", rows, sizeof rows / sizeof rows[0]};
