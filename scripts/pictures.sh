#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Makes the pictures of the README from the project's own sample heads.
# usage: scripts/pictures.sh FMORPH    (needs ImageMagick)
set -euo pipefail
[ $# -eq 1 ] || { sed -n '3,4s/^# //p' "$0"; exit 2; }
fmorph=$(realpath "$1")
out=$(cd "$(dirname "$0")/.." && pwd)/results/pictures
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$out"
"$fmorph" sample -o "$work"
for view in front turned; do
    camera=yaw=0
    [ "$view" = front ] || camera=yaw=-35
    "$fmorph" morph "$work/head_a.fbx" "$work/head_b.fbx" -o "$work/$view" --minimal \
        --frames 5 --size 320 --camera "$camera"
    convert "$work/$view"/*/png/*.png +append "$work/$view.png"
done
convert "$work/front.png" "$work/turned.png" -append -strip PNG24:"$out/sample_morph.png"
# The figure of the displacements between the two heads.
"$fmorph" morph "$work/head_a.fbx" "$work/head_b.fbx" -o "$work/heat" --frames 2 --size 64
convert "$work"/heat/head_a_head_b/shape_displacement_components.png -resize 1600x -strip \
    PNG24:"$out/sample_heatmap.png"
