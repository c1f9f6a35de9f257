/* SPDX-License-Identifier: MIT */
/** @file fm.h Everything: include this one. */
#ifndef FM_FM_H
#define FM_FM_H

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
