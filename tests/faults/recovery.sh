#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Memory that runs out in the middle of a run: smaller batches, the same pictures, and run.json
# tells of it.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
job=(morph "$a" "$b" --minimal --frames 24 --batch 8 --size 48 -o out)

rm -rf out
faulty -- "${job[@]}"
wants "exit without a fault" "$code" 0
wants "recoveries without a fault" "$("$helper" get out/head_a_head_b/run.json recoveries)" "[]"
mv out good

# survives FAULT FROM TO: one failure, one recovery, the same pictures.
survives() {
    rm -rf out
    faulty FMFAULT_FAIL="$1" -- "${job[@]}"
    local json=out/head_a_head_b/run.json
    wants "$1: exit" "$code" 0
    [ "$code" -eq 0 ] || return
    diff -rq out/head_a_head_b/png good/head_a_head_b/png >/dev/null || complain "$1: other pictures"
    wants "$1: from" "$("$helper" get "$json" recoveries.0.from)" "$2"
    wants "$1: to" "$("$helper" get "$json" recoveries.0.to)" "$3"
    grep -q 'ran out of memory' "$err" || complain "$1: no warning: $(cat "$err")"
    [ "$("$helper" get "$json" batches | tr -cd '{' | wc -c)" -gt 3 ] || complain "$1: batches"
    nothing_lives "$1"
}
survives clEnqueueNDRangeKernel:4:-4 8 4
survives clEnqueueNDRangeKernel:4:-6 8 4
survives clEnqueueNDRangeKernel:4:-5 8 1
survives clEnqueueNDRangeKernel:9:-61 8 4

# A device that is lost: a new process goes on with half the batch.
for fault in clFinish:2:-5 clEnqueueNDRangeKernel:7:-36; do
    rm -rf out "$work/once"
    faulty FMFAULT_FAIL="$fault" FMFAULT_ONCE="$work/once" -- "${job[@]}"
    wants "$fault: exit" "$code" 0
    wants "$fault: stage" "$("$helper" get out/head_a_head_b/run.json recoveries.0.stage)" "new process"
    wants "$fault: to" "$("$helper" get out/head_a_head_b/run.json recoveries.0.to)" 4
    wants "$fault: counted" "$("$helper" get out/head_a_head_b/run.json counts.recoveries)" 1
    wants "$fault: batch" "$("$helper" get out/head_a_head_b/run.json plan.batch)" 4
    diff -rq out/head_a_head_b/png good/head_a_head_b/png >/dev/null ||
        complain "$fault: other pictures"
    grep -q 'starting over in a new process' "$err" || complain "$fault: no warning: $(cat "$err")"
done

# What worked is remembered, shown, and kept by the next run.
survives clEnqueueNDRangeKernel:4:-4 8 4
keep_learned=yes
faulty -- mem --json
wants "learned: source" "$("$helper" get "$out" source)" learned
rm -rf out
faulty -- "${job[@]}"
[ "$("$helper" get out/head_a_head_b/run.json plan.batch)" -lt 8 ] || complain "learned: not kept"
keep_learned=

# Less and less memory than planned, at every level: smaller batches, the same pictures, and no more
# tries than halving takes.
large=(morph "$a" "$b" --minimal --frames 64 --batch 64 --size 48 -o out)
rm -rf out
faulty -- "${large[@]}" --json
planned=$("$helper" get "$out" memory.planned_bytes)
fixed=$("$helper" get "$out" plan.bytes_fixed)
for level in low medium high extreme; do
    rm -rf out level
    faulty -- "${large[@]}" --level $level
    mv out level
    for part in 2 4 8 16 32 64; do
        rm -rf out
        room=$((fixed + (planned - fixed) / part + 65536)) # alignment
        faulty FMFAULT_MEM_ROOM=$room -- "${large[@]}" --level $level
        what="room of 1/$part, $level"
        wants "$what: exit" "$code" 0
        diff -rq out/head_a_head_b/png level/head_a_head_b/png >/dev/null ||
            complain "$what: other pictures"
        tries=$("$helper" get out/head_a_head_b/run.json recoveries | grep -o '"code": *-' | wc -l)
        ((tries >= 1 && tries <= 7)) || complain "$what: $tries tries"
        nothing_lives "$what"
    done
done

# Less memory than one frame needs: the frame comes in strips, the same pictures; less than a row
# of tiles needs: exit 75, one line.
for form in cpu gpu; do
    huge=(morph "$a" "$b" --minimal --frames 4 --batch 2 --size 500x700 --specialisation "$form" -o out)
    rm -rf out whole
    faulty -- "${huge[@]}" --json
    fixed=$("$helper" get "$out" plan.bytes_fixed)
    frame=$("$helper" get "$out" plan.bytes_per_frame)
    mv out whole
    for percent in 80 60; do
        rm -rf out
        faulty FMFAULT_MEM_ROOM=$((fixed + frame * percent / 100)) -- "${huge[@]}"
        what="$percent % of a frame, $form"
        wants "$what: exit" "$code" 0
        diff -rq out/head_a_head_b/png whole/head_a_head_b/png >/dev/null ||
            complain "$what: other pictures"
        [ "$("$helper" get out/head_a_head_b/run.json recoveries.1.strips)" -gt 1 ] ||
            complain "$what: no strips"
        nothing_lives "$what"
        rm -rf out
        faulty -- "${huge[@]}" --mem-limit $((fixed + frame * percent / 100)) --json
        wants "$what planned: exit" "$code" 0
        diff -rq out/head_a_head_b/png whole/head_a_head_b/png >/dev/null ||
            complain "$what planned: other pictures"
        [ "$("$helper" get "$out" plan.strips)" -gt 1 ] || complain "$what planned: no strips"
        wants "$what planned: recoveries" "$("$helper" get "$out" recoveries)" "[]"
        [ "$(fact memory.peak_bytes)" -le "$("$helper" get "$out" memory.planned_bytes)" ] ||
            complain "$what planned: $(fact memory.peak_bytes) bytes pass the plan"
        wants "$what planned: uploads in the loop" \
            "$("$helper" get "$out" transfers.in_frame_loop.to_device_bytes)" 0
        nothing_lives "$what planned"
    done
    rm -rf out
    faulty FMFAULT_MEM_ROOM=$((fixed + 65536)) -- "${huge[@]}" -q
    wants "no row of tiles, $form: exit" "$code" 75
    grep -q 'one frame at once in [0-9]* strips could not be drawn either: use a smaller --size' "$err" ||
        complain "no row of tiles, $form: $(cat "$err")"
    wants "no row of tiles, $form: lines" "$(wc -l <"$err")" 1
    [ ! -e out ] || complain "no row of tiles, $form: left behind: $(find out | head -n 3)"
    nothing_lives "no row of tiles, $form"
done

# Every try fails: exit 75, one line, nothing left.
rm -rf out
faulty FMFAULT_FAIL=clEnqueueNDRangeKernel:4:-4:sticky -- "${job[@]}" -q
wants "sticky: exit" "$code" 75
wants "sticky: lines" "$(wc -l <"$err")" 1
[ ! -e out ] || complain "sticky: left behind: $(find out | head -n 3)"
nothing_lives "sticky"
finish
