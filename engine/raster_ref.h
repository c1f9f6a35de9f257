/* SPDX-License-Identifier: MIT */
/** @file raster_ref.h What the reference renderer was made from, for the heatmaps. */
#ifndef FMI_RASTER_REF_H
#define FMI_RASTER_REF_H

#include "ref/ref.h"
#include "renderer.h"

/** The parts of a state of fmi_renderer_ref, borrowed. mips == 0: untextured. */
typedef struct fmi_reference_parts {
    const fmi_ref_mesh *mesh;
    const fmi_ref_texture *a, *b;
} fmi_reference_parts;
fmi_reference_parts fmi_raster_ref_parts(const void *state);

/** A camera of ours as the reference has it. */
void fmi_raster_ref_camera(fmi_ref_camera *out, const fmi_camera *camera, const fm_view *view);

#endif
