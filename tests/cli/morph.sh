#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph morph from end to end on made-up heads: files, names, run.json, raw output, options.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
heads
a=heads/head_a.fbx
b=heads/head_b.fbx
small=(--minimal --frames 5 --size 96x80)

# Lines on stderr, but for slow builds of kernels, which say so.
told() {
    grep -vc ' built in ' "$err"
}

# Files and names.
expect 0 morph $a $b "${small[@]}" -o out
names=$(cd out/head_a_head_b/png && echo *)
want="head_a-0000_head_b-1000.png head_a-0250_head_b-0750.png head_a-0500_head_b-0500.png"
want="$want head_a-0750_head_b-0250.png head_a-1000_head_b-0000.png"
[ "$names" = "$want" ] || complain "frames are called: $names"
[ "$(cd out/head_a_head_b && echo *)" = "png run.json session.log" ] || complain "other files: $(ls out/head_a_head_b)"
[ "$(ls -A out)" = head_a_head_b ] || complain "left over: $(ls -A out)"
[ ! -s "$out" ] || complain "something on stdout"
[ "$(told)" -eq 1 ] || complain "more than the summary: $(cat "$err")"
log=out/head_a_head_b/session.log
grep -qvE '^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:]{8} - fmorph - (DEBUG|INFO|WARNING) - ' $log && complain "session.log has other lines"
for words in '={70}$' 'step 1: device: ' 'topology matches: 2000 positions' ' 5 frames rendered in ' RESULTS 'transfers [0-9]+ to the device' \
    ' render  ' SUCCESS; do
    grep -qE -e " - $words|$words" $log || complain "session.log: no '$words'"
done

# run.json.
json=out/head_a_head_b/run.json
"$helper" run $json || complain "run.json breaks the contract"
is() {
    local got
    got=$("$helper" get "$json" "$1")
    [ "$got" = "$2" ] || complain "$1 is $got, want $2"
}
is schema facemorph/run/1
is frames 5
is size '[96,80]'
is inputs.a.positions 2000
is inputs.b.texture '[128,128]'
is inputs.a.reason null
is specialisation cpu
is level medium
is precision fp32
is align none
is align_transform.5 1
is transfers.in_frame_loop.to_device_bytes 0
is statistics null
is outputs.0.path out/head_a_head_b/png/head_a-0000_head_b-1000.png
is outputs.0.bytes "$(wc -c <out/head_a_head_b/png/head_a-0000_head_b-1000.png)"
is outputs.0.cached false

# An existing run is refused, and replaced as a whole with --force.
touch out/head_a_head_b/stray
refused 5 "out/head_a_head_b" morph $a $b "${small[@]}" -o out
[ -e out/head_a_head_b/stray ] || complain "a refused run touched the folder"
expect 0 morph $a $b "${small[@]}" -o out --force
[ ! -e out/head_a_head_b/stray ] || complain "--force kept an old file"
[ "$(ls -A out)" = head_a_head_b ] || complain "left over after --force: $(ls -A out)"

# --json prints what run.json holds.
expect 0 morph $a $b "${small[@]}" -o json --json
cmp -s "$out" json/head_a_head_b/run.json || complain "--json differs from run.json"

# The same bytes for other thread counts, batches, levels and a rerun.
for options in "--threads 1" "--threads 2" "--batch 1" "--batch 3" "--level low" "--level high"; do
    rm -rf again
    # shellcheck disable=SC2086
    expect 0 morph $a $b "${small[@]}" -o again $options
    diff -rq out/head_a_head_b/png again/head_a_head_b/png || complain "$options: other pictures"
done

# Raw output: every frame in order, nothing else, the pixels of the PNG files.
expect 0 morph $a $b "${small[@]}" -o - --raw
for file in out/head_a_head_b/png/*.png; do "$helper" pixels "$file"; done >all.rgb
cmp "$out" all.rgb || complain "raw frames differ from the PNG files"
[ "$(wc -c <"$out")" -eq $((96 * 80 * 3 * 5)) ] || complain "raw: $(wc -c <"$out") bytes"
expect 0 morph $a $b "${small[@]}" -o - --raw --background transparent
[ "$(wc -c <"$out")" -eq $((96 * 80 * 4 * 5)) ] || complain "raw RGBA: $(wc -c <"$out") bytes"
# A pipe that returns at once when it is full, as some parents hand it over: 10 frames of 196,608 bytes.
got=$("$helper" nonblock "$fmorph" morph $a $b --minimal --frames 10 --size 256 -o - --raw 2>"$err")
code=$?
[ "$code $got" = "0 1966080" ] || complain "a pipe that does not wait: exit $code, $got bytes: $(cat "$err")"
got=$("$helper" nonblock "$fmorph" morph $a $b --minimal --frames 900 --size 16 -o full_pipe --json 2>"$err")
code=$?
[[ $code -eq 0 && $got -gt 66000 ]] || complain "--json to a pipe that does not wait: exit $code, $got bytes: $(cat "$err")"
"$fmorph" morph $a $b --minimal --frames 200 -o - --raw 2>"$err" | head -c 1000 >/dev/null
[ "${PIPESTATUS[0]}" -eq 5 ] || complain "a broken pipe does not give exit 5"
# shellcheck disable=SC2094
(cp $a in.fbx && "$fmorph" morph in.fbx $b "${small[@]}" -o - --raw >>in.fbx 2>"$err")
[ $? -eq 2 ] || complain "stdout into an input is not refused"

# --dry-run: the plan and the names, no folder.
expect 0 morph $a $b "${small[@]}" -o dry --dry-run
[ "$(grep -c '\.png$' "$out")" -eq 5 ] || complain "--dry-run does not list the files"
expect 0 morph $a $b "${small[@]}" --heatmaps on -o dry --dry-run
cp "$out" listed
grep -q '^batch ' "$out" || complain "--dry-run prints no plan"
grep -q '^batch     5 frames a launch, limited by the number of frames$' "$out" || complain "--dry-run: $(grep ^batch "$out")"
expect 0 morph $a $b "${small[@]}" -o dry --dry-run --json
[ "$("$helper" get "$out" outputs.4.bytes)" = null ] || complain "--dry-run knows sizes"
[ ! -e dry ] || complain "--dry-run made a folder"

# The default mode: frames and both heatmaps, a line for each; the folder is ./fmorph-out.
expect 0 morph $a $b --frames 2 --size 32
[ "$(told)" -eq 4 ] || complain "default mode: $(cat "$err")"
grep -q 'drawing 2 heatmaps' "$err" || complain "no line at the start of the heatmaps"
[ "$(grep -c 'heatmap .* is done' "$err")" -eq 2 ] || complain "no line for each heatmap"
want="png run.json session.log shape_displacement_components.png texture_difference_components.png"
[ "$(cd fmorph-out/head_a_head_b && echo *)" = "$want" ] || complain "default mode: $(ls fmorph-out/*)"
"$helper" run fmorph-out/head_a_head_b/run.json || complain "default mode: run.json breaks the contract"
"$helper" get fmorph-out/head_a_head_b/run.json statistics.perceptual_difference.p95 >/dev/null ||
    complain "run.json has no statistics"
[ -d fmorph-out/head_a_head_b/png ] || complain "no ./fmorph-out"
# The same in 16 bits: what that costs is measured, told and small.
expect 0 morph $a $b --frames 2 --size 32 --precision fp16 -o half
grep -q 'PSNR [0-9.]* dB against fp32$' "$err" || complain "fp16: no PSNR: $(cat "$err")"
grep -q 'fields of the heatmaps within 0\.[0-9]* % of their range' "$err" || complain "fp16: no error: $(cat "$err")"
json=half/head_a_head_b/run.json
is precision fp16
for key in precision_psnr precision_fields.normal_displacement statistics.total_displacement.p99; do
    "$helper" get $json $key >/dev/null || complain "fp16: run.json has no $key"
done
for field in normal tangent total; do
    "$helper" get $json statistics.${field}_displacement.max
    "$helper" get fmorph-out/head_a_head_b/run.json statistics.${field}_displacement.max
done | paste - - | awk '{ if ($1 < 0.98 * $2 || $1 > 1.02 * $2) exit 1 }' || complain "fp16: other displacements"
expect 0 morph $a $b --frames 2 --size 32 --minimal -q -o quiet
[ ! -s "$err" ] || complain "-q is not quiet"

# One file twice, equal stems, formats mixed, more than 1,001 frames, the time line.
expect 0 morph $a $a --minimal --frames 2 --size 32 -o twice
[ -e twice/head_a_head_a-2/png/head_a-0000_head_a-2-1000.png ] || complain "one file twice: $(ls -R twice)"
expect 0 morph heads/head_a.obj $b --minimal --frames 2 --size 32 -o mixed --trace mixed.json
"$helper" get mixed.json traceEvents.0.ph >/dev/null || complain "no time line"
for words in '"start"' '"render"' '"batch 0"' '"head_a"' '"main thread"' '"PNG"' '"encoder 0"'; do
    grep -q "$words" mixed.json || complain "the time line lacks $words"
done
refused 5 "none/t.json" morph $a $b -q --minimal --frames 2 --size 32 -o late --trace none/t.json
refused 2 "is in the output folder" morph $a $b -q --minimal --frames 2 --size 32 -o mixed --force --trace mixed/head_a_head_b/t.json
[ -e mixed/head_a_head_b/run.json ] || complain "a refused time line cost the old run"
[ ! -e late ] || complain "a time line that cannot be written leaves a folder"
expect 0 morph $a $b --minimal --frames 1002 --size 8 -o many
[ "$(count many/head_a_head_b/png/*)" -eq 1002 ] || complain "1002 frames: $(count many/head_a_head_b/png/*)"
[ -e many/head_a_head_b/png/head_a-0000999_head_b-0999001.png ] || complain "no names in millionths"
expect 0 morph $a $b --minimal --step 500 --size 16 -o step
[ "$(count step/head_a_head_b/png/*)" -eq 3 ] || complain "--step 500 does not give 3 frames"

# The reference as a judge, with every kind of picture.
for options in "--samples 4 --filter trilinear --background transparent" "--background #204060 --align rigid" "--heatmaps on --size 80x33"; do
    rm -rf again
    # shellcheck disable=SC2086
    expect 0 morph $a $b "${small[@]}" -o again --verify $options
    json=again/head_a_head_b/run.json
    [ "$("$helper" get $json verify.frames) $("$helper" get $json verify.holes)" = "3 0" ] || complain "--verify $options"
done
# The last of them has the files that --dry-run listed.
grep '^dry/' listed | sed 's,^dry,again,' | sort | cmp -s - <(find again -type f | sort) || complain "--dry-run lists: $(cat listed)"
FM_CL_DIR=$work/wrong
cp -r "$FM_SOURCE_DIR/cl" "$FM_CL_DIR"
sed -i 's/FM_LIGHT_AMBIENT 0.6f/FM_LIGHT_AMBIENT 0.55f/' "$FM_CL_DIR/fm_shared.h"
if FM_CL_DIR=$FM_CL_DIR "$fmorph" morph $a $b "${small[@]}" -o wrong --verify >"$out" 2>"$err"; then
    complain "--verify takes another light for right"
fi
unset FM_CL_DIR

# Options that change the picture change it; the environment works.
for options in "--camera yaw=40" "--camera fov=40" "--fit off" "--background black" "--align rigid"; do
    rm -rf again
    # shellcheck disable=SC2086
    expect 0 morph $a $b "${small[@]}" -o again $options
    cmp -s again/head_a_head_b/png/head_a-0000_head_b-1000.png \
        out/head_a_head_b/png/head_a-0000_head_b-1000.png && complain "$options: the same picture"
done
FMORPH_FRAMES=2 FMORPH_OUTPUT=env expect 0 morph $a $b --minimal --size 16
[ "$(count env/head_a_head_b/png/*)" -eq 2 ] || complain "the environment is not heard"
finish
