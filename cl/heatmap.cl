/* SPDX-License-Identifier: MIT */
/* heatmap.cl: fields and panels of the heatmaps as one program. */
#include "heatmap_draw.cl"
#include "heatmap_fields.cl"
