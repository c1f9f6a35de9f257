#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph batch on a device that says it has memory of its own: each pair goes up beside the frames of
# the one before. The same files, every byte counted by the run that moved it, nothing left alive.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
printf 'a,b\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" >pairs.csv
pairs=(head_a_head_b head_b_head_a)
job=(batch pairs.csv --minimal --frames 12 --batch 2 --size 48 --specialisation cpu -o out)
# Launches that take their time, so that the next pair is ready before the frames are through.
slowly=FMFAULT_DELAY=clEnqueueNDRangeKernel:1:30:sticky

# of PAIR PATH: a value of its run.json.
of() {
    "$helper" get "out/$1/run.json" "$2"
}

faulty -- "${job[@]}" --level high
wants "shared memory: exit" "$code" 0
for pair in "${pairs[@]}"; do
    wants "shared memory, $pair: bytes for the next pair" "$(of "$pair" transfers.ahead.for_next_pair.bytes)" 0
    wants "shared memory, $pair: bytes by the one before" "$(of "$pair" transfers.ahead.by_previous_pair.bytes)" 0
done
mv out high
faulty -- "${job[@]}" --level extreme
mv out extreme

for level in high extreme; do
    rm -rf out
    faulty FMFAULT_LACK=shared "$slowly" -- "${job[@]}" --level $level --trace trace.json
    wants "$level: exit" "$code" 0
    nothing_lives "$level"
    diff -rq -x run.json -x session.log $level out || complain "$level: other files"
    count=0 bytes=0 before=0
    for pair in "${pairs[@]}"; do
        "$helper" run "out/$pair/run.json" || complain "$level, $pair: run.json breaks the contract"
        count=$((count + $(of "$pair" transfers.to_device.count)))
        bytes=$((bytes + $(of "$pair" transfers.to_device.bytes)))
        wants "$level, $pair: bytes in the loop" "$(of "$pair" transfers.in_frame_loop.to_device_bytes)" 0
        wants "$level, $pair: bytes by the one before" "$(of "$pair" transfers.ahead.by_previous_pair.bytes)" "$before"
        before=$(of "$pair" transfers.ahead.for_next_pair.bytes)
        [ "$(of "$pair" memory.peak_bytes)" -le "$(of "${pairs[0]}" memory.planned_bytes)" ] ||
            complain "$level, $pair: $(of "$pair" memory.peak_bytes) bytes pass the plan"
        [ "$pair" = head_b_head_a ] || [ "$(of "$pair" transfers.ahead.for_next_pair.count)" -eq 3 ] ||
            complain "$level, $pair: nothing went up for the next pair"
    done
    wants "$level: bytes for a pair that never comes" "$before" 0
    wants "$level: transfers to the device, by the layer" "$count" "$(fact transfers.to_device.count)"
    wants "$level: bytes to the device, by the layer" "$bytes" "$(fact transfers.to_device.bytes)"
    # The first upload begins before the last batch beside it ends.
    tr '{' '\n' <trace.json | awk -F'[:,]' '
        /"name":"batch 5"/ && !end { for (i = 1; i < NF; i++) { if ($i ~ /"ts"/) t = $(i + 1); if ($i ~ /"dur"/) end = t + $(i + 1) } }
        /"name":"upload"/ && /"tid":6/ && !begin { for (i = 1; i < NF; i++) if ($i ~ /"ts"/) begin = $(i + 1) }
        END { exit !(begin > 0 && begin < end) }' || complain "$level: no upload beside the frames in the trace"
done

# Memory that lasts for one pair only: the same files.
rm -rf out
room=$(($(of_high=high/head_a_head_b/run.json && "$helper" get "$of_high" memory.peak_bytes) + 65536))
faulty FMFAULT_LACK=shared FMFAULT_MEM_ROOM=$room "$slowly" -- "${job[@]}" --level high
wants "room for one: exit" "$code" 0
nothing_lives "room for one"
diff -rq -x run.json -x session.log high out || complain "room for one: other files"
wants "room for one: what ran out" "$(of head_a_head_b recoveries.0.stage)" "next pair"
wants "room for one: warning" "$(grep -c 'the next pair goes up by itself' "$err")" 1
finish
