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

# What worked is remembered, shown, and kept by the next run.
keep_learned=yes
faulty -- mem --json
wants "learned: source" "$("$helper" get "$out" source)" learned
rm -rf out
faulty -- "${job[@]}"
[ "$("$helper" get out/head_a_head_b/run.json plan.batch)" -lt 8 ] || complain "learned: not kept"
keep_learned=

# Every try fails: exit 75, one line, nothing left.
rm -rf out
faulty FMFAULT_FAIL=clEnqueueNDRangeKernel:4:-4:sticky -- "${job[@]}" -q
wants "sticky: exit" "$code" 75
wants "sticky: lines" "$(wc -l <"$err")" 1
[ ! -e out ] || complain "sticky: left behind: $(find out | head -n 3)"
nothing_lives "sticky"
finish
