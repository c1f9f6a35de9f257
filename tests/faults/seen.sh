#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The layer sees every OpenCL call that fmorph can make: otherwise its counts mean nothing.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
faulty -- devices
wants "exit of devices" "$code" 0
calls=$(nm -D --undefined-only "$fmorph" | sed -nE 's/.* U (cl[A-Z][A-Za-z]*)(@.*)?$/\1/p')
[ "$(wc -w <<<"$calls")" -gt 20 ] || complain "nm shows only these OpenCL calls: $calls"
for call in $calls; do
    fact "calls.$call" >/dev/null || complain "the layer does not see $call"
done
# Without the layer's variables nothing changes.
faulty -- morph $a $b --minimal --frames 3 --size 32 -o seen
run morph $a $b --minimal --frames 3 --size 32 -o plain
diff -r seen/head_a_head_b/png plain/head_a_head_b/png || complain "the layer changes pictures"
# A setting that is not understood keeps the layer out, with a word.
for setting in FMFAULT_FAIL=clNoSuchCall:1 FMFAULT_FAIL=clFinish FMFAULT_FAIL=clFinish:0 \
    FMFAULT_FAIL=clReleaseEvent:1 FMFAULT_MEM_CAP=64X FMFAULT_DELAY=clFinish:1:x; do
    rm -f "$report"
    env OPENCL_LAYERS="$layer" FMFAULT_REPORT="$report" "$setting" "$fmorph" devices >"$out" 2>"$err"
    grep -q "^fmfault: $setting is not understood" "$err" || complain "$setting: no word: $(cat "$err")"
    [ ! -e "$report" ] || complain "$setting: there is a report"
done
finish
