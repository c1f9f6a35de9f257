#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph blend from end to end on made-up heads: weights, names, run.json, pictures, refusals.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
heads
a=heads/head_a.fbx
b=heads/head_b.fbx
small=(--size 96x80)

# Kernels built once, so that no build is reported later.
printf '0\n1\n' >ends.csv
for specialisation in cpu gpu; do
    expect 0 blend $a $b --weights ends.csv --specialisation $specialisation -o - --raw "${small[@]}"
done

# Files and names.
printf '0,0\r\n0.25,0\r\n0.5,0.5\r\n-0.5,1\r\n1,0.125' >w.csv
expect 0 blend $a $b heads/head_b.obj --weights w.csv -o out "${small[@]}"
[ ! -s "$out" ] || complain "something on stdout"
[ "$(wc -l <"$err")" -eq 1 ] || complain "more than the summary: $(cat "$err")"
names=$(cd out/head_a_w/png && echo *)
want="frame-0000.png frame-0001.png frame-0002.png frame-0003.png frame-0004.png"
[ "$names" = "$want" ] || complain "frames are called: $names"
[ "$(cd out/head_a_w && echo *)" = "png run.json session.log" ] || complain "other files: $(ls out/head_a_w)"

# run.json.
json=out/head_a_w/run.json
[[ $("$helper" get "$json" inputs.a.hash) == *[1-9a-f]* ]] || complain "no hash of the base in run.json"
is() {
    local got
    got=$("$helper" get "$json" "$1")
    [ "$got" = "$2" ] || complain "$1 is $got, want $2"
}
is schema facemorph/run/1
is frames 5
is size '[96,80]'
is inputs.a.path $a
is inputs.a.positions 2000
is inputs.a.texture '[128,128]'
is inputs.b null
is inputs.targets.1 heads/head_b.obj
is inputs.weights w.csv
is transfers.in_frame_loop.to_device_bytes 0
is outputs.0.path out/head_a_w/png/frame-0000.png
is outputs.0.bytes "$(wc -c <out/head_a_w/png/frame-0000.png)"
is recoveries '[]'
refused 5 "is there already" blend $a $b heads/head_b.obj -w w.csv -o out "${small[@]}"

# The same pictures with named columns in another order, in other batches, and read from --json.
printf 'head_b,frame,"head_b"\n0,0,0\n0.25,1,0\n0.5,2,0.5\n-0.5,3,1\n1,4,0.125\n' >named.csv
expect 0 blend $a $b heads/head_b.obj --weights named.csv -o out "${small[@]}" --batch 2 --json
cmp -s "$out" out/head_a_named/run.json || complain "--json differs from run.json"
diff -rq out/head_a_w/png out/head_a_named/png || complain "named columns or batches change the pictures"
printf 'head_c,head_b\n0,0\n0,0.25\n0.5,0.5\n1,-0.5\n0.125,1\n' >swapped.csv
cp heads/head_b.obj heads/head_c.obj
expect 0 blend $a $b heads/head_c.obj --weights swapped.csv -o out "${small[@]}" --batch 1
diff -rq out/head_a_w/png out/head_a_swapped/png || complain "columns went to the wrong targets"
cmp -s out/head_a_w/png/frame-0000.png out/head_a_w/png/frame-0001.png && complain "frames do not differ"

# One target with weights t is the morph with one texture on both sides: bytes at most 1 apart on
# 99.9 % of the picture, with both forms of the kernels.
printf '1\n0.75\n0.5\n0.25\n0\n' >t.csv
for specialisation in cpu gpu; do
    expect 0 morph $a $b --texture-b heads/head_a.png --frames 5 "${small[@]}" -o - --raw \
        --specialisation $specialisation
    mv "$out" morph.raw
    expect 0 blend $a $b --weights t.csv "${small[@]}" -o - --raw --specialisation $specialisation
    [ "$(wc -c <"$out")" -eq "$(wc -c <morph.raw)" ] || complain "raw sizes differ"
    off=$(cmp -l "$out" morph.raw | awk '
        function octal(s,  i, n) { for (i = 1; i <= length(s); i++) n = 8 * n + substr(s, i, 1); return n }
        { d = octal($2) - octal($3); if (d > 1 || d < -1) n++ } END { print n + 0 }')
    [ "$off" -le 115 ] || complain "$specialisation: $off bytes are more than 1 apart from the morph"
done

# A plan only.
expect 0 blend $a $b --weights t.csv -o plan --dry-run "${small[@]}"
grep -q 'plan/head_a_t/png/frame-0004.png' "$out" || complain "--dry-run does not name the frames"
[ ! -e plan ] || complain "--dry-run left something"

# What is refused, with file, row and column, and nothing left behind.
rows() { printf '%b' "$1" >bad.csv; }
bad_weights() { # CONTENT TEXT
    rows "$1"
    refused 3 "$2" blend $a $b heads/head_c.obj --weights bad.csv -o bad "${small[@]}"
    [ ! -e bad ] || complain "bad weights left something: $1"
}
bad_weights '0,0\n1,x\n' "row 2, column 2"
bad_weights '0,0\n1,nan\n' "row 2, column 2"
bad_weights '0,0\n1\n' "row 2"
bad_weights '0\n1\n' "row 1 has 1 columns and there are 2 targets"
bad_weights 'head_b,head_x\n0,0\n' "'head_x' is no target"
bad_weights 'head_b,head_b\n0,0\n' "'head_b' is there more often"
bad_weights 'head_b\n0\n' "no column for target 2, heads/head_c.obj"
bad_weights 'head_b,head_c\n' "0 frames"
bad_weights '' "bad.csv"
refused 3 "missing.csv" blend $a $b --weights missing.csv -o bad
refused 3 "missing.obj" blend $a missing.obj --weights t.csv -o bad
refused 2 "--weights: is missing" blend $a $b -o bad
refused 2 "at least one target" blend $a --weights t.csv -o bad
refused 2 "--frames: the weights say how many" blend $a $b --weights t.csv --frames 3 -o bad
refused 2 "--texture-b: the texture is the base's" blend $a $b --weights t.csv --texture-b x.png -o bad
refused 2 "--full: " blend $a $b --weights t.csv --full -o bad
refused 2 "--verify: the reference" blend $a $b --weights t.csv --verify -o bad
expect 0 sample -o other --vertices 900 --texture 64
refused 3 "do not match" blend $a other/head_a.fbx --weights t.csv -o bad
[ ! -e bad ] || complain "a refused run left something"
FMORPH_FRAMES=7 expect 0 blend $a $b --weights t.csv -o env "${small[@]}"
[ "$(count env/head_a_t/png/*)" -eq 5 ] || complain "FMORPH_FRAMES changed the frames"
finish
