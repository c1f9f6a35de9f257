/* SPDX-License-Identifier: MIT */
/*
 * raster.cl: the frame pipeline of one specialisation as one program:
 * vertex -> bin -> raster and shade, plus the probe of the shared structs.
 */
#include "probe.cl"
#include "raster_bin.cl"
#include "raster_cpu.cl"
#include "raster_vertex.cl"
