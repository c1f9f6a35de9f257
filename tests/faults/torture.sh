#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails the allocations and the system calls of our own code, one at a time (tests/torture): the run
# ends with a documented code and one line, what was there before is untouched and nothing else is
# left; or it goes on and gives the same files. It never crashes and never hangs.
#
# usage: torture.sh JOB..        the jobs are in jobs.sh
# FM_FAULTS=all: every position, once and for good, in the process itself and in those it starts.
# FM_FAULTS=1/K: one in K, by FM_TEST_SEED. By default about a dozen of each job.
# shellcheck source=tests/faults/torture_lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/torture_lib.sh"
# shellcheck source=tests/faults/jobs.sh
. "${FM_SOURCE_DIR:?}/tests/faults/jobs.sh"
program=$fmorph
small_heads

# fresh: ./made as it is before each run, with a result of an earlier one.
fresh() {
    rm -rf made
    mkdir made
    case $job in
    keypoints) echo old >made/out.csv ;;
    solve) echo old >made/out.npy ;;
    minimal | default | full | blend | batch)
        mkdir -p made/result/head_a_head_b
        echo old >made/result/head_a_head_b/old.txt
        ;;
    esac
}

# untouched WHAT: ./made is as it was before. A batch may have finished the other pair.
untouched() {
    rm -rf after
    mv made after
    fresh
    if [ "$job" = batch ]; then
        local pair
        for pair in after/result/*; do
            case $pair in
            *.failed.log) ;;
            *) diff -rq -x run.json -x session.log "$pair" "good/${pair#after/}" >/dev/null ||
                diff -rq "$pair" "made/${pair#after/}" >/dev/null ||
                complain "$1: $pair is neither old nor whole: $(find "$pair" | head -n 5)" ;;
            esac
        done
        return
    fi
    diff -r made after >"$work/diff" 2>&1 || complain "$1: exit $code ($(head -n 1 "$err")), left behind: $(head -n 3 "$work/diff")"
}

# position FAULT [NAME=VALUE ..]
position() {
    local what call
    tortured FMTORTURE_FAIL="$1" FMTORTURE_IN="$who"
    runs=$((runs + 1))
    [[ $report =~ failed=[1-9][0-9]*\ call=([a-z_0-9]*) ]] && call=${BASH_REMATCH[1]} || call=none
    what="$job, $who, $1 $call"
    # A texture that cannot be read is a warning, and a grey head.
    grep -q '^fmorph: warning: texture of ' "$err" && [ "$code" -eq 0 ] && return
    # So is a video module that is not found, and the rest is there.
    local left_out=()
    grep -q '^fmorph: warning: animation.mp4 is left out: ' "$err" && left_out=(-x animation.mp4)
    sed -i '/^fmorph: warning: /d' "$err"
    if [ "$code" -eq 0 ]; then
        diff -rq -x run.json -x session.log "${left_out[@]}" made good >"$work/diff" ||
            complain "$what: exit 0, other files: $(head -n 3 "$work/diff")"
        return
    fi
    [ "$job" = batch ] && sed -i '/: pair [0-9]* failed with code /d' "$err" # and it goes on
    case $code in
    3 | 4 | 5 | 6 | 75) ;;
    *) complain "$what: exit $code: $(cat "$err")" ;;
    esac
    [ "$job" = batch ] || wants "$what: lines on stderr ($(cat "$err"))" "$(wc -l <"$err")" 1
    grep -qv '^fmorph: ' "$err" && complain "$what: a line without fmorph: in $(cat "$err")"
    [ "$call" != none ] || complain "$what: no fault, and exit $code: $(cat "$err")"
    grep -q '^fmorph: stdout: ' "$err" || untouched "$what" # the last thing a command does
}

for job in "$@"; do
    who=first
    [[ $job != *@child ]] || who=child
    job=${job%@child}
    job_words "$job"
    [[ ${words[0]} == @(morph|batch|blend) ]] && words+=(--force)
    runs=0
    tortured
    plain=$report
    wants "$job: exit without a fault ($(cat "$err"))" "$code" 0
    rm -rf good
    mv made good
    sweep alloc 5 ""
    sweep system 5 ""
    sweep alloc 2 ":sticky"
    sweep system 2 ":sticky"
    swept "$job, $who" 8
done
finish
