#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails the OpenCL calls of a sweep of one cell, one at a time: the cell, or the line on stderr, names
# the call and its code; no object is left, and the store can be read. The sweep makes some calls by
# the ten thousand, as often as there is time, so what is counted here are the places in the program
# (call stacks) that make one; the first call of each fails.
#
# FM_FAULTS=all: every place, once and for good (an hour). FM_FAULTS=1/K: one in K, by FM_TEST_SEED.
# By default four of them.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
seed=${FM_TEST_SEED:-20240607}
fmorph=${FMBENCH:?}
words=(--sweep --op raster --size 33x17 --batch 2 --level medium --vertices 500 --quick --max-time 0
    --isolate none --db "$work/store.db" --json)

# As in calls.sh.
spared=" clGetDeviceInfo clGetEventProfilingInfo clGetProgramInfo clGetProgramBuildInfo \
clCreateProgramWithBinary clCreateProgramWithSource clBuildProgram clGetKernelWorkGroupInfo clGetMemObjectInfo "

# names WHAT TEXT CALL CODE
names() {
    grep -qF "$3" <<<"$2" || complain "$1: $3 is not named: $2"
    grep -qF -e "($4 " <<<"$2" || complain "$1: $4 is not named: $2"
}

# place FAULT
place() {
    local call value what cell reason
    rm -f "$work"/store.db*
    faulty FMFAULT_FAIL="$1" -- "${words[@]}"
    [[ $facts =~ \"injected\":\ \{\"count\":\ ([0-9]+),\ \"call\":\ \"([A-Za-z]*)\",\ \"nth\":\ [0-9]+,\ \"code\":\ (-?[0-9]+) ]]
    more=${BASH_REMATCH[1]}
    call=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[3]}
    what="$1 ${call:-none}"
    runs=$((runs + 1))
    nothing_lives "$what"
    [[ $code == [04] || $code == 75 ]] || complain "$what: exit $code: $(cat "$err")"
    if [ ! -s "$out" ]; then # it did not come to a sweep
        wants "$what: lines on stderr" "$(wc -l <"$err")" 1
        [ "$code" -ne 0 ] || complain "$what: exit 0 and nothing printed"
        names "$what" "$(cat "$err")" "$call" "$value"
        return
    fi
    "$FMBENCH" export last --db "$work/store.db" --csv >"$work/export" 2>&1 ||
        complain "$what: the store cannot be read: $(cat "$work/export")"
    cell=$("$helper" get "$out" cells.0.status)
    reason="$("$helper" get "$out" cells.0.reason) $(grep 'warning: ' "$err")"
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

runs=0
place place:1000000
[[ $facts =~ \"places\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
k=${FM_FAULTS:-1/$((total / 4 + 1))}
[ "$k" = all ] && k=1/1
k=${k#1/}
for ((n = 1; n <= total; n++)); do
    [ $(((n * 7919 + seed) % k)) -eq 0 ] || continue
    place "place:$n"
    [ -z "${FM_FAULTS:-}" ] || place "place:$n:sticky"
done
echo "$runs runs, $total places"
[ "$runs" -gt 3 ] || complain "only $runs runs of $total"
finish
