#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails the OpenCL calls of a sweep of one cell, one at a time: the cell, or the line on stderr, names
# the call and its code; no object is left, and the store can be read. The sweep makes some calls by
# the thousand, as often as there is time, so what is counted here are the places in the program (call
# stacks) that make one; the first call of each fails. Commands that are no sweep: exit 0 with what is
# missing said, or a documented code and a line. A fast clock (hurry.c) and small heads make a sweep
# short: it goes by the same calls, fewer times.
#
# usage: calls_bench.sh KIND..        an op of the sweep, or verify, devices, mem, doctor, roofs, noise
# FM_FAULTS=all: once and for good, places until every line of the program that makes a call, and every
# line of a function that is on the way to one, together with its caller, was on the stack of a call that
# failed, in any of the kinds named. A place whose lines and callers were all seen to fail before is not tried again.
# FM_FAULTS=every: every place. FM_FAULTS=1/K: one in K, by FM_TEST_SEED. By default four of
# them. At the end a line for each kind: places, runs by exit code, violations.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
seed=${FM_TEST_SEED:-20240607}
violations=0 table=
declare -A failed=() # steps that were on the stack of a call that failed
clock=()
[ -z "${FM_HURRY:-}" ] || [ -n "$sanitized" ] || clock=(LD_PRELOAD="$FM_HURRY")
expect 0 sample -o heads --vertices 500 --texture 64
fmorph=${FMBENCH:?}

complain() {
    echo "FAIL: $*"
    bad=1
    violations=$((violations + 1))
}

# kind_words KIND
kind_words() {
    case $1 in
    devices | mem) words=("$1") ;;
    doctor) words=(doctor --isolate none --json) ;; # the layer reports of the process itself
    verify) words=(verify --op "morph,raster,keypoints" --level medium) ;; # the others are kinds of their own
    roofs) words=(roofs --json) ;;
    noise)
        words=(--selftest-noise --op morph --size 33x17 --batch 2 --level medium --input "$a" "$b"
            --quick --max-time 1 --isolate none --db "$work/store.db" --json)
        ;;
    *)
        local batch=2
        [ "$1" != heatmap ] || batch=1 # a heatmap is one picture
        words=(--sweep --op "$1" --size 33x17 --batch "$batch" --level medium --input "$a" "$b" --targets 4 --n 4
            --quick --max-time 0 --isolate none --db "$work/store.db" --json)
        ;;
    esac
}

# As in calls.sh; and names of kernels are for the list of stages, what a platform says for the environment.
spared=" clGetKernelInfo clGetPlatformInfo clGetDeviceInfo clGetEventProfilingInfo clGetProgramInfo clGetProgramBuildInfo \
clCreateProgramWithBinary clCreateProgramWithSource clBuildProgram clGetKernelWorkGroupInfo clGetMemObjectInfo "

# names WHAT TEXT CALL CODE
names() {
    grep -qF "$3" <<<"$2" || complain "$1: $3 is not named: $2"
    grep -qF -e "($4 " <<<"$2" || complain "$1: $4 is not named: $2"
}

# command_said FAULT WHAT CALL CODE: of a command that is no sweep.
command_said() {
    [[ $code == @(0|4|75) ]] || complain "$2: exit $code: $(cat "$err")" # 1 would be a wrong result
    [[ $more -eq 0 || $1 == *sticky* || $spared == *" $3 "* || $3 == clFinish ]] && return
    [ "$code" -ne 0 ] || grep -q "ran out of memory" "$err" || # recovered from, told
        names "$2" "$(cat "$out" "$err")" "$3" "$4"
    [ "$code" -eq 0 ] || names "$2" "$(cat "$out" "$err")" "$3" "$4"
}

# place FAULT
place() {
    local call value what cell reason
    rm -f "$work"/store.db* "$work"/stack
    faulty FMFAULT_FAIL="$1" FMFAULT_STACK="$work/stack" "${clock[@]}" -- "${words[@]}"
    [[ $facts =~ \"injected\":\ \{\"count\":\ ([0-9]+),\ \"call\":\ \"([A-Za-z]*)\",\ \"nth\":\ [0-9]+,\ \"code\":\ (-?[0-9]+) ]]
    more=${BASH_REMATCH[1]}
    call=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[3]}
    what="$kind, $1 ${call:-none}"
    runs=$((runs + 1))
    codes[code]=$((${codes[code]:-0} + 1))
    if [ "$more" -ne 0 ] && [[ $1 != *sticky* ]]; then
        steps "$call" <"$work/stack"
        mark
    fi
    nothing_lives "$what"
    if [ "${words[0]}" != --sweep ]; then
        command_said "$1" "$what" "$call" "$value"
        return
    fi
    [[ $code == [04] || $code == 75 ]] || complain "$what: exit $code: $(cat "$err")"
    if [ ! -s "$out" ]; then # it did not come to a sweep
        wants "$what: lines on stderr" "$(grep -vc '^fmbench: warning: ' "$err")" 1
        [ "$code" -ne 0 ] || complain "$what: exit 0 and nothing printed"
        # Of a fault for good, what follows a call that is spared may be what is named.
        [[ $1 == *sticky* ]] || names "$what" "$(cat "$err")" "$call" "$value"
        grep -q '^fmbench: .*cl[A-Z][A-Za-z]*.*(-[0-9]* ' "$err" || complain "$what: no call and code in $(cat "$err")"
        return
    fi
    "$FMBENCH" export last --db "$work/store.db" --csv >"$work/export" 2>&1 ||
        complain "$what: the store cannot be read: $(cat "$work/export")"
    cell=$("$helper" get "$out" cells.0.status)
    reason="$("$helper" get "$out" cells.0.reason) $("$helper" get "$out" cells.0.warnings) $(grep 'warning: ' "$err")"
    case $cell in
    ok | noisy | throttled)
        wants "$what: exit" "$code" 0
        [[ $more -eq 0 || $spared == *" $call "* || $call == clFinish ]] ||
            [ "$("$helper" get "$out" environment.event_clock)" != trusted ] ||
            [[ $reason == *"ran out of memory ($value)"*"going on with"* ]] || # recovered from, told
            names "$what" "$reason" "$call" "$value"
        ;;
    *) [[ $1 == *sticky* ]] || names "$what" "$reason" "$call" "$value" ;;
    esac
}

# steps CALL: of a stack on stdin, pairs of a line and the one that called it, in the array pairs.
steps() {
    local line last=$1
    pairs=()
    while IFS= read -r line; do
        [[ $line != *libfmfault* ]] || continue
        line=${line%%[[]*}
        line=${line##*/}
        pairs+=("$last<$line")
        last=$line
    done
}

# mark: the pairs have failed.
mark() {
    local pair
    for pair in "${pairs[@]}"; do
        failed[$pair]=1
    done
}

# listed: reads ./places, a stack for each place: its pairs into the array stacks, a word a pair, its
# number, which is the same in every process, into the array numbers.
listed() {
    local line n=0 call='' text=''
    stacks=() numbers=()
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ $line == 'place '* ]]; then
            [ "$n" -eq 0 ] || { steps "$call" <<<"${text%$'\n'}" && stacks[n]=${pairs[*]}; }
            n=$((n + 1)) call=${line##* } text=''
            numbers[n]=$(cut -d' ' -f3 <<<"$line")
        else
            text+=$line$'\n'
        fi
    done <places
    [ "$n" -eq 0 ] || { steps "$call" <<<"${text%$'\n'}" && stacks[n]=${pairs[*]}; }
}

# is_new N: has place N a pair that did not fail yet?
is_new() {
    local pair
    for pair in ${stacks[$1]}; do
        [ -n "${failed[$pair]:-}" ] || return 0
    done
    return 1
}

# every_line: three times, for a place that was there once may be missing the next time: some stacks
# depend on threads and on time.
every_line() {
    local n round
    for round in 1 2 3; do
        for ((n = 1; n <= total; n++)); do
            is_new $n || continue
            place "stack:${numbers[n]}"
            [ $round -gt 1 ] || place "stack:${numbers[n]}:sticky"
        done
    done
    left=0
    for ((n = 1; n <= total; n++)); do
        ! is_new $n || left=$((left + 1))
    done
    [ $((2 * left)) -le "$total" ] || complain "$kind: $left of $total places did not fail"
}

# every_place KIND
every_place() {
    local first=$violations total k n code_of left=
    kind=$1
    runs=0 codes=()
    kind_words "$kind"
    rm -f places
    FMFAULT_PLACES=$PWD/places place place:1000000
    [[ $facts =~ \"places\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
    k=${FM_FAULTS:-1/$((total / 4 + 1))}
    if [ "$k" = all ]; then
        listed
        every_line
    else
        [ "$k" = every ] && k=1/1
        k=${k#1/}
        for ((n = 1; n <= total; n++)); do
            [ $(((n * 7919 + seed) % k)) -eq 0 ] || continue
            place "place:$n"
            [ -z "${FM_FAULTS:-}" ] || place "place:$n:sticky"
        done
        [ "$runs" -gt 3 ] || complain "$kind: only $runs runs of $total"
    fi
    table+=$(printf '%-10s %5d places, %5d runs:' "$kind" "$total" "$runs")
    for code_of in "${!codes[@]}"; do
        table+=" exit $code_of ${codes[code_of]},"
    done
    [ -z "$left" ] || table+=" $left places left, ${#failed[@]} lines with callers failed so far,"
    table+=" violations $((violations - first))"$'\n'
}

for one in "$@"; do
    every_place "$one"
done
printf '%s' "$table"
finish
