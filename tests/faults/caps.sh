#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Devices that are smaller than they are: small groups, little memory, little local memory. The
# pictures are right, or the run is refused in one line; no plan passes what the device says it has.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
small_heads
job=(morph "$a" "$b" --minimal --frames 12 --size 96 -q)
expect 0 "${job[@]}" -o good

# capped OUTCOME CAPS -- WORDS...: outcome right or refused.
capped() {
    local outcome=$1 caps=() what
    shift
    while [ "$1" != -- ]; do
        caps+=("$1")
        shift
    done
    shift
    what="${caps[*]} $*"
    rm -rf out
    faulty "${caps[@]}" -- "${job[@]}" -o out "$@"
    nothing_lives "$what"
    wants "$what: calls the device refused" "$(fact refused)" 0
    if [ "$outcome" = right ]; then
        wants "$what: exit ($(cat "$err"))" "$code" 0
        diff -rq good/head_a_head_b/png out/head_a_head_b/png >/dev/null || complain "$what: other pictures"
        return
    fi
    [[ $code == [46] ]] || complain "$what: exit $code, want 4 or 6"
    wants "$what: lines on stderr" "$(wc -l <"$err")" 1
    [ ! -e out ] || complain "$what: left behind: $(find out | head -n 3)"
}

for size in 1 2 7 32 64 256 1024; do
    capped right FMFAULT_WG_CAP=$size --
done
for size in 64M 16M 8M; do
    capped right FMFAULT_MEM_CAP=$size --
    [ "$(fact memory.peak_bytes)" -le $((${size%M} * 1048576)) ] || complain "$size: more memory was taken"
    [ "$(fact memory.largest_bytes)" -le $((${size%M} * 1048576 / 4)) ] || complain "$size: a larger buffer"
done
capped refused FMFAULT_MEM_CAP=256K --
for size in 64K 32K 16K 1K; do
    capped right FMFAULT_LMEM_CAP=$size --
done
capped right FMFAULT_WG_CAP=32 FMFAULT_MEM_CAP=64M FMFAULT_LMEM_CAP=16K --

# Devices that lack something. Nothing of ours needs images or device times: the pictures are the
# same, and no forbidden call is made. A device without a compiler is refused in one line.
capped right FMFAULT_LACK=images --
capped right FMFAULT_LACK=profiling --
capped right FMFAULT_LACK=clock --
capped right FMFAULT_LACK=fp64 --
capped refused FMFAULT_LACK=compiler --
grep -q 'no OpenCL compiler' "$err" || complain "no compiler: $(cat "$err")"
faulty FMFAULT_LACK=profiling -- "${job[@]}" -o out --force --trace t.json --json
wants "no profiling: exit ($(cat "$err"))" "$code" 0
# Double-precision solves are refused where there is no fp64, the others work.
for kind in f4:4 f8:8; do
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' \
        "{'descr': '<${kind%:*}', 'fortran_order': False, 'shape': (1, 1, 1), }" >"$kind.npy"
    head -c "${kind#*:}" /dev/zero >>"$kind.npy"
    faulty FMFAULT_LACK=fp64 -- solve "$kind.npy" "$kind.npy" -o x.npy -q
    [ "$kind" = f8:8 ] || wants "solve without fp64: exit ($(cat "$err"))" "$code" 0
done
wants "solve of doubles without fp64: exit ($(cat "$err"))" "$code" 4
wants "solve of doubles without fp64: lines" "$(wc -l <"$err")" 1
faulty FMFAULT_LACK=clock,images -- selftest
wants "a clock that stands still: exit of selftest ($(cat "$err"))" "$code" 0
faulty FMFAULT_LACK=compiler -- selftest
wants "no compiler: exit of selftest" "$code" 4
finish
