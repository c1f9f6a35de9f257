#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A device that is lost in the middle of a batch: a new process takes the pairs that are left.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
printf 'a,b\n%s,%s\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" "$a" "$a" >pairs.csv
job=(batch pairs.csv --minimal --frames 16 --batch 8 --size 48 -o out)

rm -rf out
faulty -- "${job[@]}"
wants "exit without a fault" "$code" 0
mv out good

rm -rf out "$work/once"
faulty FMFAULT_FAIL=clFinish:4:-5 FMFAULT_ONCE="$work/once" -- "${job[@]}" --json
wants "lost device: exit" "$code" 0
grep -q 'starting over in a new process' "$err" || complain "no warning: $(cat "$err")"
done=$("$helper" get "$out" "done")
skipped=$("$helper" get "$out" skipped)
wants "lost device: pairs" $((done + skipped)) 3
[ "$skipped" -ge 1 ] || complain "nothing was done before: the fault came too early"
[ "$done" -ge 1 ] || complain "nothing was done afterwards: the fault came too late"
for pair in good/*; do
    diff -rq "$pair/png" "out/${pair#good/}/png" >/dev/null || complain "$pair: other pictures"
done
wants "logs of failures" "$(count out/*.failed.log)" 0

# Memory that runs out is a matter of one pair.
rm -rf out
faulty FMFAULT_FAIL=clEnqueueNDRangeKernel:9:-4 -- "${job[@]}"
wants "out of memory: exit" "$code" 0
diff -rq good out -x run.json -x session.log >/dev/null || complain "out of memory: other files"
finish
