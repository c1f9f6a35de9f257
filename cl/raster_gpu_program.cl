/* SPDX-License-Identifier: MIT */
/*
 * raster_gpu_program.cl: the frame pipeline for GPUs as one program: vertex -> set-up, count,
 * scan, fill -> raster and shade, plus the probe of the shared structs. raster.cl is its sister.
 */
#include "probe.cl"
#include "raster_gpu.cl"
#include "raster_gpu_bin.cl"
#include "raster_gpu_vertex.cl"
