/* SPDX-License-Identifier: MIT */
#include "peer.h"

#include <stddef.h>

extern const fmi_peer fmi_peer_llvmpipe, fmi_peer_c_morph, fmi_peer_libpng, fmi_peer_libpng_fast;
extern const fmi_peer fmi_peer_c_textures, fmi_peer_c_textures_f32, fmi_peer_c_fill,
    fmi_peer_c_fill_f32;
extern const fmi_peer fmi_peer_keypoints_perframe, fmi_peer_keypoints_host, fmi_peer_lapack;

const fmi_peer *const fmi_peers[] = {
    &fmi_peer_llvmpipe,       &fmi_peer_c_morph,    &fmi_peer_keypoints_perframe,
    &fmi_peer_libpng,         &fmi_peer_lapack,     &fmi_peer_keypoints_host,
    &fmi_peer_libpng_fast,    &fmi_peer_c_textures, &fmi_peer_c_fill,
    &fmi_peer_c_textures_f32, &fmi_peer_c_fill_f32, NULL};
