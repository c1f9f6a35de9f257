#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph devices, selftest and sample.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

expect 0 devices
grep -q '^0  ' "$out" || complain "devices lists nothing"
expect 0 devices --json
id=$("$helper" get "$out" devices.0.id) || complain "devices --json has no id"
[ "$("$helper" get "$out" schema)" = facemorph/devices/1 ] || complain "devices --json: schema"
OCL_ICD_VENDORS=/nonexistent expect 4 devices
grep -q 'pocl-opencl-icd' "$err" || complain "an empty list does not say what to install"
OCL_ICD_VENDORS=/nonexistent expect 4 devices --json
[ "$("$helper" get "$out" devices)" = '[]' ] || complain "an empty list is no empty array"

expect 0 selftest --device "$id"
grep -q "^pass  structs" "$out" || complain "selftest does not check the structs"
grep -q '^FAIL' "$out" && complain "selftest failed: $(cat "$out")"
refused 4 "nothing-like-it" selftest --device nothing-like-it

# Kernels that draw nothing right must fail it: the shader's light is turned off.
if [ -d "$FM_SOURCE_DIR/cl" ]; then
    cp -r "$FM_SOURCE_DIR/cl" cl
    sed -i 's/\(#define FM_LIGHT_AMBIENT \).*/\10.3f/' cl/fm_shared.h
    FM_CL_DIR=$PWD/cl expect 1 selftest
    grep -q '^FAIL' "$out" || complain "selftest does not see wrong light"
fi

expect 0 sample -o heads --vertices 1234 --texture 64 --pairs 2
[ "$(wc -l <"$out")" -eq 12 ] || complain "sample says: $(cat "$out")"
while read -r file; do
    [ -s "$file" ] || complain "sample: no $file"
done <"$out"
[ "$(grep -c '^v ' heads/head_a.obj)" -eq 1234 ] || complain "sample: not 1234 positions"
[ "$(find heads -mindepth 1 | wc -l)" -eq 16 ] || complain "sample left something: $(ls -A heads)"
cp -r heads before
expect 0 sample -o heads --vertices 1234 --texture 64 --pairs 2
diff -r heads before || complain "sample is not the same twice"
expect 0 sample -o heads --vertices 1234 --texture 64 --seed 2
cmp -s heads/head_a.obj before/head_a.obj && complain "--seed changes nothing"
finish
