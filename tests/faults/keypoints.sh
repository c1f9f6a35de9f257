#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph keypoints counted and disturbed from outside: calls do not grow with the frames; every
# failing call ends in one line and the right exit code, or the same result; nothing is left behind.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
seed=${FM_TEST_SEED:-20240607}
k=${FM_FAULTS:-1/4}
[ "$k" = all ] && k=1/1
k=${k#1/}

# clip FRAMES: ten points that move, in CSV.
clip() {
    awk -v frames="$1" 'BEGIN {
        print "frame,kp,x,y,j00,j01,j10,j11"
        for (f = 0; f < frames; f++)
            for (k = 0; k < 10; k++)
                printf "%d,%d,%.6f,%.6f,%.6f,0.1,0.05,1.1\n", f, k, sin(k) + 0.01 * f, cos(3 * k),
                    1 + 0.001 * f
    }'
}
clip 1 >source.csv
clip 300 >short.csv
clip 900 >long.csv
job=(keypoints --model fomm --source source.csv --driving short.csv -o out.csv -q)

faulty -- "${job[@]}" --json
wants "exit without a fault" "$code" 0
wants "frames on the device" "$("$helper" get "$out" device_frames)" 300
nothing_lives "short clip"
mv out.csv good.csv
[[ $facts =~ \"fallible\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
for fact in calls.clEnqueueNDRangeKernel transfers.to_device.count transfers.from_device.count; do
    short[${#short[@]}]="$fact $(fact $fact)"
done
faulty -- keypoints --model fomm --source source.csv --driving long.csv -o out.csv -q
wants "exit of the long clip" "$code" 0
for line in "${short[@]}"; do
    wants "long clip: ${line% *}" "$(fact "${line% *}")" "${line#* }"
done
rm out.csv

runs=0
for ((n = 1; n <= total; n++)); do
    [ $(((n * 7919 + seed) % k)) -eq 0 ] || continue
    rm -f out.csv
    faulty FMFAULT_FAIL="*:$n" -- "${job[@]}"
    runs=$((runs + 1))
    nothing_lives "call $n"
    if [ "$code" -eq 0 ]; then
        cmp -s out.csv good.csv || complain "call $n: exit 0 and another result"
        continue
    fi
    case $code in
    4 | 6 | 75) ;;
    *) complain "call $n: exit $code: $(cat "$err")" ;;
    esac
    [ "$(wc -l <"$err")" -eq 1 ] || complain "call $n: stderr: $(cat "$err")"
    [ ! -e out.csv ] || complain "call $n: a result was written"
done
[ "$runs" -gt 5 ] || complain "only $runs runs of $total"
finish
