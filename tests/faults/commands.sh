#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails OpenCL calls of every command that opens a device, one at a time: the run says so in one line
# with the right exit code, or goes on and gives the same files; it leaves no object and no result.
# Keypoints and a morph without heatmaps have scripts of their own.
#
# FM_FAULTS=all: every position. FM_FAULTS=1/K: one in K, by FM_TEST_SEED. By default about eight
# of each command, every other one sticky.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
seed=${FM_TEST_SEED:-20240607}
small_heads
printf '0\n0.3\n1\n' >w.csv
# 6 systems of 3 x 3, the third singular.
{
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' \
        "{'descr': '<f4', 'fortran_order': False, 'shape': (6, 3, 3), }"
    for i in 1 2 0 3 4 5; do
        one='\x00\x00\x80\x3f'
        [ "$i" = 0 ] && one='\x00\x00\x00\x00'
        # shellcheck disable=SC2059 # bytes
        printf "$one\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x00\x40\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x40\x40"
    done
} >m.npy

# As positions.sh has them.
spared=" clGetEventProfilingInfo clGetProgramInfo clGetProgramBuildInfo clCreateProgramWithBinary \
clBuildProgram "

# judge WHAT CALL CODE: a run that ended with a failure did so as it should.
judge() {
    case $code in
    4 | 6 | 75) ;;
    *) complain "$1: exit $code: $(cat "$err")" ;;
    esac
    sed -i '/ran out of memory .* going on with /d; /starting over in a new process/d' "$err"
    [ "$(wc -l <"$err")" -eq 1 ] || complain "$1: $(wc -l <"$err") lines on stderr: $(cat "$err")"
    [ ! -s "$out" ] || complain "$1: something on stdout"
    grep -qE '^fmorph: .*cl[A-Z][A-Za-z]*.*\(-[0-9]+ ' "$err" ||
        complain "$1: no call and code in: $(cat "$err")"
    if [[ $1 != *sticky* || $spared != *" $2 "* ]]; then
        grep -qF "$2" "$err" || complain "$1: the message does not name $2: $(cat "$err")"
        grep -qF -e "($3 " "$err" || complain "$1: the message does not name $3: $(cat "$err")"
    fi
    [ ! -e result ] || complain "$1: left behind: $(find result | head -n 3)"
}

# command NAME WORDS...: makes `result`; samples the positions of its calls.
fault_each() {
    local name=$1 total n fault what call value k runs=0
    shift
    rm -rf result good
    faulty -- "$@" -q
    wants "$name: exit without a fault ($(cat "$err"))" "$code" 0
    nothing_lives "$name"
    mv result good
    [[ $facts =~ \"fallible\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
    k=${FM_FAULTS:-1/$((total / 8 + 1))}
    [ "$k" = all ] && k=1/1
    k=${k#1/}
    for ((n = 1; n <= total; n++)); do
        [ $(((n * 7919 + seed) % k)) -eq 0 ] || continue
        fault="*:$n"
        [ $((runs++ % 2)) -eq 0 ] || fault+=":sticky"
        rm -rf result
        faulty FMFAULT_FAIL="$fault" -- "$@" -q
        [[ $facts =~ \"injected\":\ \{\"count\":\ ([0-9]+),\ \"call\":\ \"([A-Za-z]*)\",\ \"nth\":\ [0-9]+,\ \"code\":\ (-?[0-9]+) ]]
        call=${BASH_REMATCH[2]}
        value=${BASH_REMATCH[3]}
        what="$name, $fault ${call:-none}"
        nothing_lives "$what"
        if [ "$code" -eq 0 ]; then
            diff -rq -x run.json -x session.log result good >/dev/null ||
                complain "$what: exit 0 and other files"
        else
            judge "$what" "$call" "$value"
        fi
    done
    echo "$name: $runs of $total positions"
    [ "$runs" -gt 3 ] || complain "$name: only $runs runs of $total"
}

fault_each heatmaps morph "$a" "$b" --frames 3 --batch 2 --size 32 -o result
fault_each blend blend "$a" "$b" --weights w.csv --size 32 -o result
fault_each solve solve m.npy m.npy -o result
finish
