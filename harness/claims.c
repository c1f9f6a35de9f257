/* SPDX-License-Identifier: MIT */
/* Lower is better where the unit is s or bytes. What a row leaves out stands in its note. */
#include "claims.h"

#define EPYC "EPYC 7763, 16 cores"
#define GB 1e9

static const char whole[] =
    "theirs is the whole run; ours rendering and PNG, without import, heatmaps and files";

static const char fits[] = "ours: what fits three quarters of it by the measured bytes of a frame; "
                           "theirs contradicts its own formula by a factor of 4 to 10";

const fmi_claim fmi_claims[] = {
    {"S0-13", "keypoints kept on the device, against before", 5, 10, "x", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_PEER, "keypoints", "C, per frame",
     "ours against the same algorithm in plain C, a frame at a time"},
    {"S0-14", "a linear solve instead of the inverse", 2, 3, "x", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_PEER, "solve", "LAPACK", "ours against LAPACK; theirs solved the wrong product"},
    {"S0-17", "all keypoint changes together", 15, 60, "x", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_PEER,
     "keypoints", "C, per frame", "the product of their own rows is 45 to 300"},
    {"S0-34", "keypoint steps, before", 0.1, 0.2, "frames/s", FMI_CLAIM_ESTIMATE, "Tesla T4",
     FMI_CLAIM_FIRST, "keypoints", "", "a frame at a time"},
    {"S0-35", "keypoint steps, after", 1, 2, "frames/s", FMI_CLAIM_ESTIMATE, "Tesla T4",
     FMI_CLAIM_RATE, "keypoints", "", "whole clips in one call"},
    {"S1-2", "batches sized by the memory, against one by one", 2, 10, "x", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_BATCHED, "raster", "", "rendering; theirs later ran frame by frame"},
    {"S1-33", "device memory a frame", 0.15 * GB, 0.15 * GB, "bytes", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_FRAME_BYTES, "raster", "", "their code took 0.65 GB"},
    {"S1-38", "batch for 8 GB of device memory", 4, 8, "frames", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_FITS, "raster", "8", fits},
    {"S1-39", "batch for 16 GB", 8, 16, "frames", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_FITS, "raster",
     "16", fits},
    {"S1-40", "batch for 24 GB", 16, 32, "frames", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_FITS, "raster",
     "24", fits},
    {"S1-41", "batch for 48 GB", 32, 64, "frames", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_FITS, "raster",
     "48", fits},
    {"S2-7", "frames a second before the changes", 0.19, 0.19, "frames/s", FMI_CLAIM_MOCK, "CUDA",
     FMI_CLAIM_NOTHING, "", "", "a network; nothing of ours does that work"},
    {"S2-7", "and after", 0.48, 0.48, "frames/s", FMI_CLAIM_MOCK, "CUDA", FMI_CLAIM_NOTHING, "", "",
     "a network; nothing of ours does that work"},
    {"S2-8", "memory, before to after", 1.6 * GB, 2.8 * GB, "bytes", FMI_CLAIM_MOCK, "CUDA",
     FMI_CLAIM_NOTHING, "", "", "a network; nothing of ours does that work"},
    {"S2-13", "input 256 instead of 512 pixels", 2.53, 2.53, "x", FMI_CLAIM_MOCK, "CUDA",
     FMI_CLAIM_SMALLER, "raster", "",
     "a quarter of the pixels is no faster program; theirs with all other changes"},
    {"S3-4", "device memory for the textures of 41 morphs", 2.5 * GB, 2.5 * GB, "bytes",
     FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_BYTES, "raster", "textured",
     "ours never makes them: all device memory of rendering"},
    {"S3-6", "all morphs in one launch, against a loop", 2, 3, "x", FMI_CLAIM_ESTIMATE, "",
     FMI_CLAIM_BATCHED, "morph", "", ""},
    {"S3-13", "41 frames, before", 60, 60, "s", FMI_CLAIM_MEASURED, "a GPU, not named",
     FMI_CLAIM_SECONDS_41, "pipeline", "textured", whole},
    {"S3-14", "41 frames, after", 44, 44, "s", FMI_CLAIM_MEASURED, "a GPU, not named",
     FMI_CLAIM_SECONDS_41, "pipeline", "textured", whole},
    {"S3-16", "batch rendering", 3, 5, "x", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_BATCHED, "raster",
     "textured", "theirs found no gain when it was tried"},
    {"S3-17", "PNG by a pool", 2, 2, "x", FMI_CLAIM_ESTIMATE, "", FMI_CLAIM_PEER, "encode",
     "libpng", "ours against libpng, one frame after another"},
    {"S4-5", "transfers inside the frame loop", 0, 0, "cells", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_UPLOADS, "", "",
     "theirs without a device; ours counts every upload of every timed cell"},
    {"S4-10", "default run, 41 PNG and 2 heatmaps", 16.21, 16.21, "s", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_SECONDS_41, "pipeline", "textured", whole},
    {"S4-22", "the same without texture, 1 heatmap", 7.60, 7.60, "s", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_SECONDS_41, "pipeline", "grey", whole},
    {"S4-31", "full run with 41 FBX, video and tables", 48.35, 48.35, "s", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_NOTHING, "", "", "fmorph's own figure: seconds.total in run.json"},
    {"S4-46", "rendering, textured", 10.25, 10.25, "frames/s", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_RATE, "raster", "textured", "512 x 512, the same count of vertices"},
    {"S4-46", "rendering, untextured", 4.56, 4.56, "frames/s", FMI_CLAIM_MEASURED, EPYC,
     FMI_CLAIM_RATE, "raster", "grey", "theirs contradicts its own S4-22"},
    {"S4-47", "a heatmap", 3.5, 3.5, "s", FMI_CLAIM_MEASURED, EPYC, FMI_CLAIM_SECONDS, "heatmap",
     "", "ours both figures of a pair, without text and PNG"},
    {"S4-64", "batch rendering on a GPU", 200, 300, "frames/s", FMI_CLAIM_PROJECTED, "a GPU",
     FMI_CLAIM_RATE, "raster", "textured", "their first run on one was slower than without"},
    {"S4-65", "default run on a GPU", 1.5, 2.0, "s", FMI_CLAIM_PROJECTED, "a GPU",
     FMI_CLAIM_SECONDS_41, "pipeline", "textured", whole},
    {"S4-66", "full run on a GPU", 5, 8, "s", FMI_CLAIM_PROJECTED, "a GPU", FMI_CLAIM_NOTHING, "",
     "", "fmorph's own figure: seconds.total in run.json"},
    {"S4-69", "memory at most", 0.8 * GB, 0.9 * GB, "bytes", FMI_CLAIM_ESTIMATE, EPYC,
     FMI_CLAIM_NOTHING, "", "", "of the process: fmorph's own figure"},
};
const size_t fmi_claim_count = sizeof fmi_claims / sizeof fmi_claims[0];

const char *fmi_claim_kind_name(fmi_claim_kind kind) {
    static const char *const names[] = {"measured", "mock", "estimate", "projected"};
    return (unsigned)kind < 4 ? names[kind] : "unknown";
}
