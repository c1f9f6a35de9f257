#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# animation.mp4 of a full run, and pictures and videos behind the head.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
[ -e "${fmorph%/*}/fm_video.so" ] || {
    echo "skipped: this build has no video"
    exit 77
}
heads
a=heads/head_a.fbx
b=heads/head_b.fbx

# watch FOLDER: the facts of its video, checked against its pictures.
watch() {
    "$helper" video "$1/animation.mp4" "$1"/png/*.png || complain "$1: the video is not its frames"
}

# The video of a run: order, tags, rate, quality; odd edges; the same bytes again.
expect 0 morph $a $b --full --size 161x121 --frames 21 -o one --threads 2
said=$(watch one/head_a_head_b)
case $said in
"h264 yuv420p 162x122 30/1 21 "[3-9]?.?) ;;
*) complain "the video is: $said" ;;
esac
[ "$("$helper" get one/head_a_head_b/run.json outputs | grep -c animation)" -le 1 ] || complain "listed twice"
grep -q '"path": *"one/head_a_head_b/animation.mp4"' one/head_a_head_b/run.json || complain "run.json has no video"
expect 0 morph $a $b --full --size 161x121 --frames 21 -o two --threads 2
cmp one/head_a_head_b/animation.mp4 two/head_a_head_b/animation.mp4 || complain "other bytes the second time"
for codec in libsvtav1 libvpx-vp9 mpeg4; do
    expect 0 morph $a $b --full --size 96 --frames 9 --fps 24 --codec $codec -o $codec
    watch $codec/head_a_head_b >said
    grep -q '96x96 24/1 9 ' said || complain "$codec: $(cat said)"
    [ ! -s "$out" ] || complain "$codec: something on stdout"
    grep -v '^fmorph: ' "$err" && complain "$codec: strange words on stderr"
done
expect 0 morph $a $b --full --size 96 --frames 9 --background transparent -o clear
[ -s clear/head_a_head_b/animation.mp4 ] || complain "no video of transparent frames"
refused 2 "from 0 to 51" morph $a $b --full -q --size 32 --frames 2 --codec libx264 --crf 60 -o none
[ ! -e none ] || complain "a refused codec left its folder"

# Behind the head: a corner of frame i is that of the picture or of frame i of the video.
png=$(echo one/head_a_head_b/png/*0500*.png)
expect 0 morph $a $b --minimal --size 161x121 --frames 3 --background "$png" -o picture
expect 0 morph $a $b --minimal --size 161x121 --frames 3 -o plain
for name in plain picture; do
    "$helper" pixels $name/head_a_head_b/png/*0500*.png >$name.rgb
done
[ "$(stat -c %s plain.rgb)" -eq "$(stat -c %s picture.rgb)" ] || complain "a picture behind makes other channels"
cmp -s plain.rgb picture.rgb || complain "the same head before the same head looks different"
expect 0 morph $a $b --minimal --size 64 --frames 12 -o moving --background mpeg4/head_a_head_b/animation.mp4
expect 0 morph $a $b -o - --raw --size 64 --frames 12 --background mpeg4/head_a_head_b/animation.mp4
for file in moving/head_a_head_b/png/*.png; do "$helper" pixels "$file"; done | cmp - "$out" || complain "raw frames have another background"
refused 3 "give a PNG" morph $a $b --minimal --background "$FM_SOURCE_DIR/README.md" -o none
refused 3 "cannot be opened" morph $a $b --minimal --background ./none.png -o none
refused 2 "is in the output folder" morph $a $b --minimal --background "$png" -o one --force
[ ! -e none ] || complain "a refused background left its folder"
finish
