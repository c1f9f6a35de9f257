/* SPDX-License-Identifier: MIT */
/**
 * @file names.h
 * How the outputs of a morph are called. Frame i of F carries the A-weight i / (F - 1); names hold
 * both weights in permille (four digits) up to 1,001 frames, in millionths (seven digits) above,
 * and sort in ratio order. Pure.
 */
#ifndef FMI_CLI_NAMES_H
#define FMI_CLI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FMI_NAME_STEM 96        /**< bytes kept of a file's stem */
#define FMI_MAX_FRAMES 1000001U /**< more would share names */
#define FMI_NAME_FRAME 256

/** What A and B are called. */
typedef struct fmi_names {
    char a[FMI_NAME_STEM], b[FMI_NAME_STEM + 3];
    bool numbered; /**< frames are called frame-NNNN.png, seven digits above 10,000 frames */
} fmi_names;

/** Stem of a path, as fmi_names_make makes it. */
void fmi_name_stem(char out[FMI_NAME_STEM], const char *path);
/** Stems of two paths: base name without its extension, control bytes as '_'; equal ones get the
 *  suffix -2 on the second. Frames are not numbered. */
void fmi_names_make(fmi_names *names, const char *path_a, const char *path_b);
/** DIR/A_B. */
void fmi_names_folder(const fmi_names *names, const char *dir, char *out, size_t out_bytes);
/** A-PPPP_B-PPPP.png or frame-NNNN.png of frame i. */
void fmi_names_frame(const fmi_names *names, uint32_t i, uint32_t frames, char *out,
                     size_t out_bytes);
/** Weight of B in frame i. */
float fmi_frame_weight(uint32_t i, uint32_t frames);

#endif
