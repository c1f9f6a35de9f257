#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench with a device that hangs, and one that is lost, in one cell of a sweep: that cell says so in
# time, the others have their results, and the store holds all of them.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
fmbench=${FMBENCH:?}
sweep=(--sweep --op "morph,raster" --batch 1 --level medium --vertices 500 --size 32 --quick
    --order fixed --timeout 5 --max-time 0 --db "$work/store.db" --json)

# swept NAME=VALUE..: a sweep whose workers run behind the layer.
swept() {
    timeout -k 5 400 env OPENCL_LAYERS="$layer" "$@" "$fmbench" "${sweep[@]}" >"$out" 2>"$err" </dev/null
    code=$?
}

# cell OP KEY: a value of that op's cell.
cell() {
    local i=0
    [ "$1" = morph ] || i=1
    "$helper" get "$out" "cells.$i.$2"
}

# measured WHAT OP: on a busy machine a cell may be noisy, or throttled.
measured() {
    [[ $(cell "$2" status) == @(ok|noisy|throttled) ]] || complain "$1: $2 is $(cell "$2" status)"
}

# hangs CALL N OP: that op's cell ends in time, and the other cell has its result.
hangs() {
    local start=$SECONDS took other=morph
    [ "$3" != morph ] || other=raster
    swept FMFAULT_DELAY="$1:$2:600000"
    took=$((SECONDS - start))
    measured "hang in $1" $other
    wants "hang in $1: $3" "$(cell "$3" status)" timeout
    grep -q 'timeout=1' "$err" || complain "hang in $1: the last line does not count it: $(tail -n 1 "$err")"
    [ "$took" -lt 300 ] || complain "hang in $1: the sweep took $took s"
}

# alone CALL N: a call that both ops make: the sweep has one. What is measured before the first cell
# makes many of them, too: then the sweep goes on without roofs, or is given up in time, in one line.
alone() {
    local start=$SECONDS took all=("${sweep[@]}")
    sweep[2]=raster
    swept FMFAULT_DELAY="$1:$2:600000"
    took=$((SECONDS - start))
    sweep=("${all[@]}")
    if grep -q 'roofs were not measured: no sign of life for .* in step "start"' "$err"; then
        # The only cell is measured, or meets the hang in a process of its own.
        [[ $code/$(cell morph status) == @(0/ok|0/noisy|4/timeout) ]] ||
            complain "hang in $1: exit $code, $(cell morph status)"
    elif grep -q 'no sign of life for .* in step "start"' "$err"; then
        wants "hang in $1: exit" "$code" 75
        wants "hang in $1: lines" "$(wc -l <"$err")" 1
    else
        wants "hang in $1" "$("$helper" get "$out" cells.0.status)" timeout
        grep -q 'timeout=1' "$err" || complain "hang in $1: the last line does not count it: $(tail -n 1 "$err")"
    fi
    [ "$took" -lt 300 ] || complain "hang in $1: the sweep took $took s"
    echo "hang in $1: $took s, exit $code: $(tail -n 1 "$err")"
}

# The case morph never maps a buffer, the renderer does: only raster meets the fault.
hangs clEnqueueMapBuffer 9 raster
if [ "${FM_FAULTS:-}" = all ]; then # every call that waits in a sweep
    hangs clEnqueueUnmapMemObject 9 raster
    alone clFinish 25
    alone clEnqueueReadBuffer 2
    alone clEnqueueWriteBuffer 9
fi

# No profiling queues, or clocks that say 0: the cells have their wall times, and say why only those.
lacks=(profiling)
[ "${FM_FAULTS:-}" != all ] || lacks+=(clock)
for lack in "${lacks[@]}"; do
    swept "FMFAULT_LACK=$lack"
    for op in morph raster; do
        measured "no $lack" $op
        wants "no $lack: $op" "$(cell $op event_s)" null
        [[ $(cell $op clock) == "wall: "* ]] || complain "no $lack: $op has the clock $(cell $op clock)"
    done
done
swept FMFAULT_REPORT="$work/report.json"
case $("$helper" get "$out" environment.event_clock) in
trusted)
    for op in morph raster; do
        wants "both clocks: $op" "$(cell $op clock)" "event and wall"
        [[ $(cell $op event_s) == 0.0* || $(cell $op event_s) == *e-* ]] ||
            complain "$op has no event time: $(cell $op event_s)"
    done
    ;;
"not trusted: "*) ;; # on a busy machine
*) complain "no verdict on the event clock: $("$helper" get "$out" environment.event_clock)" ;;
esac

lost=(-36)
[ "${FM_FAULTS:-}" != all ] || lost=(-5 -36)
for code_of in "${lost[@]}"; do
    swept FMFAULT_FAIL="clEnqueueMapBuffer:9:$code_of:sticky"
    measured "lost, $code_of" morph
    [[ $(cell raster status) != @(ok|noisy) ]] || complain "lost, $code_of: raster is ok"
    cell raster reason | grep -q 'clEnqueueMapBuffer' ||
        complain "lost, $code_of: no call in: $(cell raster reason)"
done

finish
