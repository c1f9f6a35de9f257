#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph keypoints counted from outside: calls do not grow with the frames, and nothing is left alive.
# (calls.sh makes each of them fail.)
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
# shellcheck source=tests/faults/jobs.sh
. "${FM_SOURCE_DIR:?}/tests/faults/jobs.sh"
clip 1 >source.csv
clip 300 >short.csv
clip 900 >long.csv
job=(keypoints --model fomm --source source.csv --driving short.csv -o out.csv -q)

faulty -- "${job[@]}" --json
wants "exit without a fault" "$code" 0
wants "frames on the device" "$("$helper" get "$out" device_frames)" 300
nothing_lives "short clip"
for fact in calls.clEnqueueNDRangeKernel transfers.to_device.count transfers.from_device.count; do
    short[${#short[@]}]="$fact $(fact $fact)"
done
faulty -- keypoints --model fomm --source source.csv --driving long.csv -o out.csv -q
wants "exit of the long clip" "$code" 0
for line in "${short[@]}"; do
    wants "long clip: ${line% *}" "$(fact "${line% *}")" "${line#* }"
done
finish
