/* SPDX-License-Identifier: MIT */
/**
 * @file hostile.h
 * Hostile inputs and the answers to them, as a table: what is made, which command meets it, and
 * what that command must say, do and leave behind. 60 kinds; each has one row or more.
 *
 * A row runs in an empty folder of its own that holds a pair of good heads (a.obj, b.obj with
 * skin.mtl and skin.png), good keypoints (s.csv), good matrices (m.npy, r.npy) and weights (w.csv).
 * Then its file is written and its command started there.
 */
#ifndef FM_TEST_HOSTILE_H
#define FM_TEST_HOSTILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HOSTILE_KINDS 60
#define HOSTILE_TEXT (1 << 16)

/** What a command did. */
typedef struct hostile_outcome {
    int exit; /**< 128 + N after signal N */
    double seconds, cpu_seconds;
    uint64_t peak_bytes; /**< of the largest process of the tree */
    char out[HOSTILE_TEXT], err[HOSTILE_TEXT];
} hostile_outcome;

typedef struct hostile_row hostile_row;
struct hostile_row {
    int kind; /**< 1 to HOSTILE_KINDS */
    const char *label;
    const char *file; /**< "{}" in the command; the message must name it when the exit code is 3 */
    const char *text; /**< its content; NULL: make writes it, or it stays missing */
    size_t bytes;     /**< of text; 0: up to its zero byte */
    void (*make)(const hostile_row *row); /**< in the row's folder, after text */
    long n;                               /**< for make */
    const char *detail;                   /**< for make */
    const char *command;  /**< words between single blanks; NULL: HOSTILE_MORPH; "fmbench .." */
    const char *env;      /**< "NAME=VALUE;NAME=VALUE" */
    void (*inside)(void); /**< in the new process, before the program starts */
    const char *(*meanwhile)(int pid); /**< while it runs; a complaint or NULL */
    int exit;
    const char *says;  /**< parts that stderr must hold, between bars */
    const char *makes; /**< names that may be new afterwards, with blanks between */
    const char *(*check)(const hostile_outcome *outcome); /**< a complaint or NULL */
    bool nameless;                                        /**< the message need not name the file */
    bool lines;   /**< more than one line on stderr is right */
    bool or_done; /**< exit code 0 is right as well: "right or refused" */
    bool slow;    /**< waits for a time-out of the tool\'s own; 30 s are allowed */
    bool layer;   /**< behind the fault layer: env holds its settings */
    bool plain;   /**< not under sanitizers, which tell of an overflown stack themselves and have no
                       memory limit */
};

typedef struct hostile_table {
    const char *name;
    const hostile_row *rows;
    size_t count;
} hostile_table;

extern const hostile_table hostile_fbx, hostile_mesh, hostile_texture, hostile_picture,
    hostile_array, hostile_words, hostile_place, hostile_device, hostile_machine;

#define HOSTILE_SMALL "--device ref --minimal --frames 2 --size 16 -o out"
#define HOSTILE_MORPH "morph {} {} " HOSTILE_SMALL
#define HOSTILE_TEXTURE "morph a.obj b.obj --texture-a {} " HOSTILE_SMALL
#define HOSTILE_SOLVE "solve {} r.npy -o out.npy --device ref"
#define HOSTILE_KEYPOINTS                                                                 \
    "keypoints --model fomm --source s.csv --driving {} -o out.csv --report report.json " \
    "--device ref"

/** Makes the row's folder, runs it and judges it. Complaints go to text; "" = none. */
void hostile_run(const hostile_row *row, const char *folder, char *text, size_t bytes);
/** For hostile_row.inside: root keeps no right over files that others would lack. */
void hostile_drop_rights(void);
/** Words with "{}" replaced; argv ends with NULL. Returns their number. */
int hostile_split(const hostile_row *row, char *line, size_t bytes, char **argv, int most);

/** The folder's content, file by file, as text: kind, mode, size, hash, name. */
void hostile_tree(FILE *to, const char *folder);

/* ---- makers ---- */

FILE *hostile_open(const char *name); /**< new file for writing; ends the test when it cannot */
void hostile_write(const char *name, const void *bytes, size_t count);
void hostile_text(const char *name, const char *text);
void hostile_number(FILE *f, uint64_t value, int bytes); /**< little-endian */
void hostile_big(FILE *f, uint32_t value);               /**< big-endian, 4 bytes */
/** A folder with links to the files of another one, at any depth. */
void hostile_copy_tree(const char *from, const char *to);
/** The good files of every row, in the current folder. */
void hostile_good_files(void);
/** A PNG: IHDR as said, then a raw IDAT of count bytes, IEND. */
void hostile_png(const char *name, uint32_t width, uint32_t height, int depth, int colour,
                 int interlace, const void *raw, size_t count);
void hostile_png_begin(FILE *f, uint32_t width, uint32_t height, int depth, int colour,
                       int interlace);
void hostile_png_chunk(FILE *f, const char *type, const void *bytes, size_t count);
void hostile_png_pixels(FILE *f, const void *raw, size_t count);
/** A NPY file of version 1 with that dictionary and count bytes of 1.0F. */
void hostile_npy(const char *name, const char *dictionary, size_t count);

#endif
