#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails every OpenCL call of a small morph in turn: the run says so in one line with the right exit
# code, or goes on and gives the same files; it leaves no object and no folder; it never hangs. So
# with frames only, with the heatmaps and in full.
#
# FM_FAULTS=all: every position. FM_FAULTS=1/K: one in K, by FM_TEST_SEED. By default one in
# 4 of the warm pass with frames only and one in 16 to 128 of the others; with sanitizers a tenth of each.
# FM_FAULT_JOBS: which of "minimal default full"; by default all.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
seed=${FM_TEST_SEED:-20240607}
[ -z "${FMFAULT_SANITIZED:-}" ] || : "${FM_FAULTS:=1/10}"
small_heads

# Calls a run may survive, with the same pictures: times of events, facts about memory and the build
# log are not needed, a cached binary that is refused is built again, one that cannot be stored is not.
spared=" clGetDeviceInfo clGetEventProfilingInfo clGetProgramInfo clGetProgramBuildInfo clCreateProgramWithBinary \
clBuildProgram "

# chosen N K: true for one in K, always the same ones for a seed.
chosen() {
    [ $((($1 * 7919 + seed) % $2)) -eq 0 ]
}

# failed WHAT CALL CODE: a run that gave up did so as it should.
failed() {
    case $code in
    4 | 6 | 75) ;;
    *) complain "$1: exit $code" ;;
    esac
    # Warnings before the end.
    sed -i '/ran out of memory .* going on with /d; /starting over in a new process/d' "$err"
    [ "$(wc -l <"$err")" -eq 1 ] || complain "$1: $(wc -l <"$err") lines on stderr: $(cat "$err")"
    [ ! -s "$out" ] || complain "$1: something on stdout"
    grep -q '^fmorph: ' "$err" || complain "$1: the line does not start with fmorph:: $(cat "$err")"
    if [[ $spared == *" $2 "* && $1 == *sticky* ]]; then # the run went on to the next failure
        grep -qE ': cl[A-Z].*\(-[0-9]+ ' "$err" || complain "$1: no call in: $(cat "$err")"
        return
    fi
    grep -qF "$2" "$err" || complain "$1: the message does not name $2: $(cat "$err")"
    grep -qF -e "($3 " "$err" || complain "$1: the message does not name the code $3: $(cat "$err")"
}

# may_survive CALL: the last call of all waits for a queue that is idle, every result is there, and
# what was only read is unmapped before; or the run went on with a smaller batch, and says so.
may_survive() {
    [[ $spared == *" $1 "* ]] || [ "$1/$n" = "clFinish/$total" ] ||
        [[ $1 == clEnqueueUnmapMemObject && $n -ge $((total - 8)) ]] || recovered
}

# recovered: run.json tells of a smaller batch.
recovered() {
    [ "$("$helper" get out/head_a_head_b/run.json recoveries.0.to 2>/dev/null)" = 1 ]
}

# position FAULT [NAME=VALUE ..]: one run. Sets more to 0 when the fault did not come to pass.
position() {
    local fault=$1 call value what
    shift
    rm -rf out "$work/cold"
    faulty FMFAULT_FAIL="$fault" "$@" -- "${job[@]}"
    [[ $facts =~ \"injected\":\ \{\"count\":\ ([0-9]+),\ \"call\":\ \"([A-Za-z]*)\",\ \"nth\":\ [0-9]+,\ \"code\":\ (-?[0-9]+) ]]
    more=${BASH_REMATCH[1]}
    call=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[3]}
    what="$fault ${call:-none}"
    nothing_lives "$what"
    runs=$((runs + 1))
    if [ "$code" -eq 0 ]; then
        diff -rq -x run.json -x session.log out good >/dev/null ||
            complain "$what: exit 0, other files: $(diff -rq -x run.json -x session.log out good | head -n 3)"
        [ "$more" -eq 0 ] || may_survive "$call" || complain "$what: exit 0"
        return
    fi
    failed "$what" "$call" "$value"
    [ ! -e out ] || complain "$what: left behind: $(find out | head -n 3)"
}

# sweep SUFFIX K [NAME=VALUE ..]: positions 1, 2, 3 .. until none is left.
sweep() {
    local suffix=$1 k=${FM_FAULTS:-1/$2} n total
    shift 2
    [ "$k" = all ] && k=1/1
    rm -rf out "$work/cold"
    faulty "$@" -- "${job[@]}"
    [[ $facts =~ \"fallible\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
    for ((n = 1; n <= total; n++)); do
        chosen "$n" "${k#1/}" && position "*:$n$suffix" "$@"
    done
    position "*:$((total + 1))$suffix" "$@"
    [ "$more" -eq 0 ] || complain "*$suffix: a run has more calls than the $total counted"
}

# begin MODE WORDS...: a run without a fault, for comparison. False when the mode is not asked for.
begin() {
    local mode=$1
    shift
    [[ " ${FM_FAULT_JOBS:-minimal default full} " == *" $mode "* ]] || return
    job=(morph "$a" "$b" "$@" --frames 3 --batch 2 --size 32 -q -o out)
    rm -rf good out
    faulty -- "${job[@]}"
    wants "$mode: exit without a fault" "$code" 0
    mv out good
}

runs=0
if begin minimal --minimal; then
    sweep "" 4
    sweep ":sticky" 16
    sweep ":-36:sticky" 16
    # Nothing cached: built from source, and the binary stored.
    sweep "" 16 FM_CACHE_DIR="$work/cold"

    # A device that is lost while the driver still compiles: the process ends all the same.
    for fault in clFinish:1 clEnqueueNDRangeKernel:3:-36; do
        rm -rf "$work/pocl"
        mkdir "$work/pocl"
        position "$fault" FM_CACHE_DIR="$work/cold" POCL_CACHE_DIR="$work/pocl"
    done
fi
if begin default; then
    sweep "" 32
    sweep ":sticky" 128
    sweep ":-36:sticky" 128
fi
if begin full --full --mesh-textures all; then
    sweep "" 64
    sweep ":sticky" 128
fi
echo "$runs runs"
finish
