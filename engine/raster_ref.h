/* SPDX-License-Identifier: MIT */
/** @file raster_ref.h Our objects as the reference has them. */
#ifndef FMI_RASTER_REF_H
#define FMI_RASTER_REF_H

#include "pair_join.h"
#include "ref/ref.h"
#include "renderer.h"

/** The parts of a state of fmi_renderer_ref, borrowed. mips == 0: untextured. */
typedef struct fmi_reference_parts {
    const fmi_ref_mesh *mesh;
    const fmi_ref_texture *a, *b;
} fmi_reference_parts;
fmi_reference_parts fmi_raster_ref_parts(const void *state);

/** A joined pair as the reference has it, borrowed; without the targets of a blend. */
fmi_ref_mesh fmi_raster_ref_mesh(const fmi_joined *joined);
/** A camera of ours as the reference has it. */
void fmi_raster_ref_camera(fmi_ref_camera *out, const fmi_camera *camera, const fm_view *view);

#endif
