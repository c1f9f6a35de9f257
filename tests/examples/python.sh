#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A Python user's file, where there is a Python. usage: python.sh LIBFM
set -uo pipefail

library=${1:?}
if ! command -v python3 >/dev/null; then
    echo "skipped: no python3"
    exit 77
fi
picture=${FM_TEST_TMP:?}/middle.ppm
python3 "$(dirname "${BASH_SOURCE[0]}")/render.py" "$library" >"$picture" || exit 1
[ "$(wc -c <"$picture")" -eq $((512 * 512 * 3 + 15)) ] || {
    echo "FAIL: $(wc -c <"$picture") bytes"
    exit 1
}
# More than one byte in ten is not background.
[ "$(tail -c +16 "$picture" | tr -d '\377' | wc -c)" -gt $((512 * 512 * 3 / 10)) ] || {
    echo "FAIL: the picture is nearly empty"
    exit 1
}
