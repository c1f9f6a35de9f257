/* SPDX-License-Identifier: MIT */
/**
 * @file raster_half.h
 * Vertex inputs as 16-bit floats (storage only: kernels compute in 32 bits).
 *
 * What is stored is chosen so that little is lost. Positions are divided by a power of two that
 * keeps them in range, which the camera's matrix takes back, and stored as offsets from the middle
 * of 8 vertices that lie close together; the middles are 32-bit floats. (Plain 16-bit
 * positions move by 1/16 pixel in a picture of 512: 42 dB where 45 are asked for.) The three normal
 * terms of a vertex are multiplied by a power of two of its own, as only their direction matters.
 * Texture coordinates are stored less 0.5.
 */
#ifndef FMI_RASTER_HALF_H
#define FMI_RASTER_HALF_H

#include "pair_join.h"

/**
 * @param rows  17 rows of padded floats, as raster_vertex.cl describes them; changed
 * @param out   17 rows of padded 16-bit floats, then 6 rows of padded / 8 floats: the middles of
 *              A.xyz and B.xyz; fmi_geometry_bytes in all
 * @param scale out: what stored positions are to be multiplied by
 */
void fmi_geometry_to_half(float *rows, uint32_t padded, uint16_t *out, float *scale);

/** An order in which neighbours in space mostly follow each other: place[i] is where vertex i goes.
 * Free *place with free(). */
fm_status fmi_vertex_places(const fmi_joined *joined, uint32_t **place, fm_error *err);

#endif
