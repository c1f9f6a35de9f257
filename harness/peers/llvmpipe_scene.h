/* SPDX-License-Identifier: MIT */
/**
 * @file llvmpipe_scene.h
 * What the peer and its renderer processes share: one mapping that starts with this, arrays behind
 * it, and the commands on the pipe. The renderer links Mesa and nothing of ours: Mesa and PoCL
 * bring different LLVMs, which must not meet in one process.
 */
#ifndef FMI_LLVMPIPE_SCENE_H
#define FMI_LLVMPIPE_SCENE_H

#include <stdatomic.h>
#include <stdint.h>

#define FMI_LLVMPIPE_MAGIC 0x464D4C50U
#define FMI_LLVMPIPE_PROGRAM "fmbench-llvmpipe" /**< beside fmbench or in ../libexec */
#define FMI_LLVMPIPE_PROCESSES 16               /**< at most */

/** Head of the mapping. Offsets are bytes from its start. */
typedef struct fmi_llvmpipe_scene {
    uint32_t magic;
    uint32_t vertices, triangles;
    uint32_t texture_width, texture_height; /**< 0 = grey */
    uint32_t width, height, samples, trilinear;
    float projection[16];          /**< column-major, of clip space */
    float rotation[9];             /**< column-major, of normals */
    float to_camera[16];           /**< column-major, of points */
    uint64_t a, b;                 /**< positions: vertices x 3 floats */
    uint64_t q0, q1, q2;           /**< normal terms: vertices x 3 floats */
    uint64_t uvs;                  /**< vertices x 2 floats, for texel centres */
    uint64_t indices;              /**< triangles x 3 */
    uint64_t texture_a, texture_b; /**< RGB bytes, top row first */
    uint64_t frame;                /**< RGBA, one frame of each process */
    uint64_t frame_bytes;          /**< of one */
    _Atomic uint32_t next;         /**< frame that nobody has taken yet */
    struct {
        uint64_t covered; /**< pixels of the frames of the last command with `count` */
        char renderer[96];
    } process[FMI_LLVMPIPE_PROCESSES];
} fmi_llvmpipe_scene;

/** Renders frames at weights 1 - i / (total - 1): each process takes the next one from the head of
 *  the mapping until `last` is reached. */
typedef struct fmi_llvmpipe_command {
    uint32_t total; /**< frames of the launch */
    uint32_t last;  /**< frame behind the last one to render */
    uint32_t count; /**< 1: also counts the covered pixels */
} fmi_llvmpipe_command;

/** Answer to every command, and once after the start. */
typedef struct fmi_llvmpipe_answer {
    uint32_t ok;
    char reason[124];
} fmi_llvmpipe_answer;

#endif
