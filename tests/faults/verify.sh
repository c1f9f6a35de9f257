#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# One bit of one read-back is flipped: with --verify every flip that changes a frame is found.
#
# FM_FAULTS=all: every read-back of the job; by default a sample.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
job=(morph "$a" "$b" --minimal --frames 9 --batch 2 --size 48 --verify -q -o out)
rm -rf out
faulty -- "${job[@]}"
wants "exit without a flip ($(cat "$err"))" "$code" 0
mv out good

# Every read-back of the frame loop is summed on both sides; the others are checked where they are
# used, or are counts that change nothing. So a flip is found, or the pictures are the right ones.
k=${FM_FAULTS:-1/3}
[ "$k" = all ] && k=1/1
k=${k#1/}
total=$(fact transfers.from_device.count)
runs=0 found=0
for form in cpu gpu; do
    for ((n = 1; n <= total; n++)); do
        [ $(((n * 7919 + ${FM_TEST_SEED:-20240607}) % k)) -eq 0 ] || continue
        rm -rf out
        faulty FMFAULT_FLIP=$n -- "${job[@]}" --specialisation $form
        runs=$((runs + 1))
        what="read-back $n flipped, $form"
        nothing_lives "$what"
        if [ "$code" -eq 0 ]; then
            complain "$what: not found"
            continue
        fi
        found=$((found + 1))
        [[ $code == [14] ]] || complain "$what: exit $code: $(cat "$err")"
        wants "$what: lines on stderr" "$(wc -l <"$err")" 1
        [ ! -e out ] || complain "$what: left behind"
    done
done
echo "$found of $runs flips found, of $total read-backs"
[ "$runs" -ge 4 ] || complain "only $runs runs"
finish
