#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One bit of one read-back is flipped: with --verify every flip that changes a frame is found.
#
# FM_FAULTS=all: every read-back of the job; by default a sample.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
k=${FM_FAULTS:-1/3}
[ "$k" = all ] && k=1/1
k=${k#1/}
runs=0 found=0 harmless=0

# flips MODE FORM: every read-back of a frame loop is summed on both sides, and heatmaps are made twice;
# the others are checked where they are used. So every flip is found that changes a file: not one in a
# byte that nobody reads, nor in the last bits of a value that is drawn.
flips() {
    local job=(morph "$a" "$b" --frames 9 --batch 2 --size 48 --verify -q -o out --specialisation "$2")
    local total n what
    [ "$1" = default ] || job+=("--$1")
    rm -rf out
    faulty -- "${job[@]}"
    wants "$1, $2: exit without a flip ($(cat "$err"))" "$code" 0
    total=$(fact transfers.from_device.count)
    rm -rf good && mv out good
    for ((n = 1; n <= total; n++)); do
        [ $(((n * 7919 + ${FM_TEST_SEED:-20240607}) % k)) -eq 0 ] || continue
        rm -rf out
        faulty FMFAULT_FLIP=$n -- "${job[@]}"
        runs=$((runs + 1))
        what="$1, read-back $n of $total flipped, $2"
        nothing_lives "$what"
        if [ "$code" -eq 0 ] && diff -rq -x run.json -x session.log good out >/dev/null; then
            harmless=$((harmless + 1))
            continue
        fi
        if [ "$code" -eq 0 ]; then
            complain "$what: not found"
            continue
        fi
        found=$((found + 1))
        [[ $code == [14] ]] || complain "$what: exit $code: $(cat "$err")"
        wants "$what: lines on stderr" "$(wc -l <"$err")" 1
        [ ! -e out ] || complain "$what: left behind"
    done
}
for form in cpu gpu; do
    flips minimal $form
    flips default $form
done
echo "$found of $runs flips found, $harmless changed no file"
[ "$found" -ge $((runs * 3 / 4)) ] || complain "only $found of $runs flips found"
[ "$runs" -ge 4 ] || complain "only $runs runs"
finish
