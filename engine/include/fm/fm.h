/* SPDX-License-Identifier: MIT */
/**
 * @file fm.h
 * Everything of libfm: include this one.
 *
 * @mainpage
 * libfm morphs, renders and measures faces on any OpenCL device. It links OpenCL, libm and pthread
 * only; its headers are its manual, and these pages are made of them.
 *
 * @section start Where to start
 * - fm/engine.h: a device and its kernels; everything else is made from it
 * - fm/pair.h, fm/mesh.h: two meshes of one topology; fm/io.h (libfmio) reads them from files
 * - fm/render.h: frames of their morph; fm/shapes.h: frames of a base and many targets
 * - fm/heatmap.h, fm/textures.h, fm/geometry.h: what differs, and what lies between
 * - fm/keypoints.h, fm/solve.h, fm/blend.h, fm/morph.h: batched work without pictures
 * - fm/plan.h, fm/memory.h, fm/device.h: how much at a time, and what the device can do
 * - fm/opencl.h: your own context and buffers, which this header leaves out
 *
 * @section rules What holds everywhere
 * - What can fail returns an fm_status; its last parameter is an fm_error, which may be NULL and
 *   says what failed, with which value, and what to do (fm/status.h).
 * - Parameter structs begin with their size; zero in any other field, or NULL for the whole struct,
 *   is the default. They live only during the call.
 * - Objects are made into an out pointer, NULL after a failure; destroy takes its address, accepts
 *   NULL and half-made objects, and sets it to NULL. What was made from an object goes first.
 * - Arrays and strings that go in are borrowed for the call unless a comment says otherwise.
 * - An engine and all that is made from it belong to one thread at a time; different engines run
 *   side by side. Callbacks come on the calling thread.
 * - The library never prints, exits or aborts: lines go to fm_engine_params.log.
 *
 * @example render_pair.c
 * Two shapes in, five pictures out.
 * @example render_to_buffer.c
 * Frames into the program's own OpenCL buffer, on its own context.
 * @example sink.c
 * A sink that hands frames on as they come.
 * @example keypoints_loop.c
 * Keypoints normalised frame by frame.
 * @example plan_device.c
 * A plan for a device that is not there.
 */
#ifndef FM_FM_H
#define FM_FM_H

#include <fm/ahead.h>
#include <fm/blend.h>
#include <fm/device.h>
#include <fm/engine.h>
#include <fm/geometry.h>
#include <fm/heatmap.h>
#include <fm/keypoints.h>
#include <fm/log.h>
#include <fm/memory.h>
#include <fm/mesh.h>
#include <fm/morph.h>
#include <fm/pair.h>
#include <fm/plan.h>
#include <fm/render.h>
#include <fm/shapes.h>
#include <fm/solve.h>
#include <fm/status.h>
#include <fm/textures.h>

#endif
