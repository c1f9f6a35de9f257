/* SPDX-License-Identifier: MIT */
/** @file heatmap_scene.h A made-up pair's heatmaps, compared with the reference. */
#ifndef HEATMAP_SCENE_H
#define HEATMAP_SCENE_H

#include "raster_scene.h"

/** All fields of an open scene: asserts. */
void heatmap_scene_check(raster_scene *s, const char *name);
/** All panels of an open scene: asserts. Slivers and ties may differ on 0.1 % of the pixels. */
void heatmap_scene_check_panels(raster_scene *s, const fm_view *view);
/** Draws and copies one panel; free with free(). */
uint8_t *heatmap_scene_panel(fm_heatmap *heatmap, const fm_view *view, fm_field field);

#endif
