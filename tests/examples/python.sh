#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A Python user's file, where there is a Python. usage: python.sh LIBFMIO
set -uo pipefail

library=${1:?}
example=$(dirname "${BASH_SOURCE[0]}")/render.py
if ! command -v python3 >/dev/null; then
    echo "skipped: no python3"
    exit 77
fi
cd "${FM_TEST_TMP:?}" || exit 1
fail() {
    echo "FAIL: $*"
    exit 1
}
"${FMORPH:?}" sample -o heads --vertices 2000 --texture 64 -q || fail "no heads"
python3 "$example" "$library" heads/head_a.fbx heads/head_b.obj >middle.ppm || fail "exit $?"
[ "$(wc -c <middle.ppm)" -eq $((512 * 512 * 3 + 15)) ] || fail "$(wc -c <middle.ppm) bytes"
# More than one byte in ten is not background.
[ "$(tail -c +16 middle.ppm | tr -d '\377' | wc -c)" -gt $((512 * 512 * 3 / 10)) ] ||
    fail "the picture is nearly empty"
python3 "$example" "$library" heads/head_a.fbx nowhere.fbx 2>errors >/dev/null && fail "no file, no error"
grep -q 'nowhere.fbx' errors || fail "the error does not name the file: $(cat errors)"
