#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Failures while several batches are on the device: memory is recovered from with the same pictures,
# anything else ends with its code; nothing is left alive either way.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
job=(morph "$a" "$b" --minimal --frames 12 --batch 2 --size 48 -o out)
json=out/head_a_head_b/run.json

for level in high extreme; do
    rm -rf out "$level"
    faulty -- "${job[@]}" --level $level
    wants "$level: exit" "$code" 0
    [ "$("$helper" get "$json" plan.in_flight)" -gt 1 ] || complain "$level: nothing in flight"
    [ "$(fact memory.peak_bytes)" -le "$("$helper" get "$json" memory.planned_bytes)" ] ||
        complain "$level: $(fact memory.peak_bytes) bytes pass the plan"
    nothing_lives "$level"
    mv out "$level"
done

# fails FAULT LEVEL: the run ends as it may.
fails() {
    rm -rf out
    faulty FMFAULT_FAIL="$1" -- "${job[@]}" --level "$2"
    nothing_lives "$1, $2"
    if [ "$code" -eq 0 ]; then
        diff -rq out/head_a_head_b/png "$2/head_a_head_b/png" >/dev/null ||
            complain "$1, $2: other pictures"
    else
        [ ! -e out ] || complain "$1, $2: exit $code left files"
        [ "$(grep -c '^fmorph: .*(-' "$err")" -ge 1 ] || complain "$1, $2: $(cat "$err")"
    fi
}

# Memory: the same pictures, one batch at a time from then on.
for position in 3 13 26; do
    fails clEnqueueNDRangeKernel:$position:-4 high
    wants "launch $position: exit" "$code" 0
    wants "launch $position: from" "$("$helper" get "$json" recoveries.0.from)" 2
    fails clEnqueueNDRangeKernel:$position:-4 extreme
    wants "launch $position: exit at extreme" "$code" 0
done
for position in 1 5; do
    fails clEnqueueMapBuffer:$position:-4 high
    fails clWaitForEvents:$position:-14 high
    fails clEnqueueMarkerWithWaitList:$position:-5 extreme
    fails clEnqueueBarrierWithWaitList:$position:-6 high
    fails clFlush:$position:-5 extreme
    fails clEnqueueUnmapMemObject:$position:-5 high
done

# No second queue, no profiling: the same pictures.
fails clCreateCommandQueue:2:-6 high
wants "no second queue: exit" "$code" 0
rm -rf out
faulty FMFAULT_LACK=profiling -- "${job[@]}" --level high
wants "no profiling: exit" "$code" 0
diff -rq out/head_a_head_b/png high/head_a_head_b/png >/dev/null || complain "no profiling: pictures"

# A bit that flips on its way is seen, whichever batch it is of.
for read in 4 8; do
    faulty FMFAULT_FLIP=$read -- "${job[@]}" --level high --verify --force
    wants "bit of read-back $read: exit" "$code" 1
done
finish
