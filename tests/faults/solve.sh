#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Memory that runs out in the middle of fmorph solve: smaller pieces, the same bytes.
# FM_FAULTS=all: at every level, which all solve alike; by default at medium.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"

# numbers COUNT: floats in [1, 2), the same ones each time.
numbers() {
    LC_ALL=C awk -v count="$1" 'BEGIN {
        state = 7
        for (i = 0; i < count; i++) {
            state = (state * 4093 + 1) % 1048573
            printf "%c%c%c%c", state % 251 + 1, int(state / 251) % 251 + 1, 128 + state % 127, 63
        }
    }'
}
# array FILE SHAPE COUNT
array() {
    {
        printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' \
            "{'descr': '<f4', 'fortran_order': False, 'shape': $2, }"
        numbers "$3"
    } >"$1"
    [ "$(wc -c <"$1")" -eq $((128 + 4 * $3)) ] || complain "$1 has a wrong size"
}
matrices=16000
array a.npy "($matrices, 4, 4)" $((matrices * 16))
array b.npy "($matrices, 4, 1)" $((matrices * 4))
job=(solve a.npy b.npy -o x.npy --status s.npy --json)

faulty -- "${job[@]}"
wants "exit without a fault" "$code" 0
peak=$(fact memory.peak_bytes)
((peak > matrices * 97)) || complain "a peak of $peak bytes"
mv x.npy good.npy
mv s.npy good_s.npy
cp "$out" good.json

# same WHAT: the bytes of the run without a fault, told as one with smaller pieces.
same() {
    wants "$1: exit" "$code" 0
    [ "$code" -eq 0 ] || return
    cmp x.npy good.npy || complain "$1: other solutions"
    cmp s.npy good_s.npy || complain "$1: other statuses"
    wants "$1: status" "$("$helper" get "$out" status)" "$("$helper" get good.json status)"
    grep -q 'ran out of memory' "$err" || complain "$1: no warning: $(cat "$err")"
    nothing_lives "$1"
    rm -f x.npy s.npy
}

# Less and less memory than the plan takes.
levels=(medium)
[ "${FM_FAULTS:-}" != all ] || levels=(low medium high extreme)
for level in "${levels[@]}"; do
    for part in 2 4 8 16 32 64; do
        faulty FMFAULT_MEM_ROOM=$((peak / part)) -- "${job[@]}" --level "$level"
        same "room of 1/$part, $level"
        tries=$(grep -c 'ran out of memory' "$err")
        ((tries >= 1 && tries <= 10)) || complain "1/$part, $level: $tries tries"
    done
done

# One failure of each kind, at an allocation and at work, also after the counters were met.
for fault in clCreateBuffer:3:-4 clEnqueueNDRangeKernel:1:-4 clEnqueueNDRangeKernel:2:-6 \
    clEnqueueNDRangeKernel:1:-5 clCreateBuffer:4:-61; do
    faulty FMFAULT_FAIL="$fault" -- "${job[@]}"
    same "$fault"
done

# Nothing fits: the device's answer, and no files.
faulty FMFAULT_MEM_ROOM=1000 -- "${job[@]}"
wants "no room: exit" "$code" 75
if [ -e x.npy ] || [ -e s.npy ]; then complain "no room: files were written"; fi
nothing_lives "no room"
finish
