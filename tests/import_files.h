/* SPDX-License-Identifier: MIT */
/** @file import_files.h Tiny mesh files for the import tests, written without the code under test.
 */
#ifndef IMPORT_FILES_H
#define IMPORT_FILES_H

#include "fm_test.h"

#include <io/load.h>

/** Writes a file below dir; out receives its path (FM_TEST_PATH bytes). */
void put_file(char *out, const char *dir, const char *name, const void *bytes, size_t count);
void put_text(char *out, const char *dir, const char *name, const char *text);

/**
 * Writes a GLB of one triangle mesh: (0,0,0) (2,0,0) (0,3,0) with UVs (0,0) (1,0) (0,0.25), indexed
 * as 2 0 1 and 0 1 2. nodes is the JSON of the nodes array; texture is NULL or PNG bytes to embed.
 */
void put_glb(char *out, const char *dir, const char *name, const char *nodes, const void *texture,
             size_t texture_bytes);

/** Header values of put_fbx. */
typedef struct fbx_head {
    double unit; /**< centimetres */
    int up, up_sign, front, front_sign;
    const char *node; /**< properties of the node, "" = none */
} fbx_head;

/** Writes an ASCII FBX of a quad (0,0,0) (1,0,0) (1,2,0) (0,2,3) and a triangle of its corners
 *  0 1 2. */
void put_fbx(char *out, const char *dir, const char *name, const fbx_head *head);

/* A log that is kept. */
typedef struct lines {
    char text[4096];
    int warnings;
} lines;

fm_log keep_lines(lines *l);
/* Loads a side that must load, with the log kept in l (may be NULL). */
void load(fmi_side *side, const char *path, lines *l);
/* dir/name; the folders of the tests are short. */
void join(char out[FM_TEST_PATH], const char *dir, const char *name);

#endif
