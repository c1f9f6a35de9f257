#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# As torture.sh, for fmbench: an allocation or a system call of our own code fails, one at a time. The
# run ends with a documented code and a line that says why, or it goes on; it never crashes and never
# hangs, and the store that was there can still be read.
#
# usage: torture_bench.sh JOB..       the jobs are below
# FM_FAULTS=all: every position, once and for good. FM_FAULTS=1/K: one in K, by FM_TEST_SEED. By default
# about a dozen of each job.
# shellcheck source=tests/faults/torture_lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/torture_lib.sh"
fmbench=${FMBENCH:?}
program=$fmbench
who=first
clock=$FM_HURRY
# shellcheck disable=SC2054 # a list of batches
small=(--op morph --vertices 500 --batch 2,3 --level medium --quick --max-time 0 --isolate none)

# What fmbench is asked, by the name of the job.
# shellcheck disable=SC2054 # a list of ops
job_words() {
    case $1 in
    sweep) words=(--sweep "${small[@]}" --db made/store.db -o made/page.html --json) ;;
    worker) words=(--sweep "${small[@]}" --isolate cell --db made/store.db --md) ;;
    resume) words=(--sweep --resume last --db made/store.db) ;;
    list) words=(--sweep --op morph,solve --vertices 500 --level medium --list) ;;
    report) words=(report last --db made/store.db -o made/page.html) ;;
    export) words=(export last --db made/store.db --json) ;;
    csv) words=(export last --db made/store.db --csv) ;;
    history) words=(history --db made/store.db --json) ;;
    compare) words=(compare last last --db made/store.db --threshold 50 --json) ;;
    live) words=(compare last --live --db made/store.db --json) ;;
    scoreboard) words=(scoreboard last --db made/store.db) ;;
    bundle) words=(bundle --db made/store.db -o made/bundle.db) ;;
    merge) words=(merge stored.db --db made/store.db) ;;
    verify) words=(verify --op morph --level medium --json) ;;
    doctor | mem | devices) words=("$1" --json) ;;
    *)
        echo "FAIL: $1: no such job"
        exit 1
        ;;
    esac
}

# fresh: ./made as it is before each run.
fresh() {
    rm -rf made
    mkdir made
    cp stored.db made/store.db
}

# position FAULT
position() {
    tortured FMTORTURE_FAIL="$1"
    runs=$((runs + 1))
    local what="$job, $1"
    case $code in
    0) ;;
    1 | 3 | 4 | 5 | 6 | 75)
        [ "$code" = 1 ] && grep -q '^verdict=' "$err" || grep -q '^fmbench: \|^verdict=' "$err" ||
            complain "$what: exit $code without a word: $(cat "$err")"
        ;;
    *) complain "$what: exit $code: $(tail -n 3 "$err")" ;;
    esac
    "$fmbench" history --db made/store.db >"$out" 2>&1 || complain "$what: the store is lost: $(cat "$out")"
}

"$fmbench" --sweep "${small[@]}" --db stored.db >"$out" 2>"$err" || complain "no store: $(cat "$err")"
for job in "$@"; do
    job_words "$job"
    runs=0
    tortured
    plain=$report
    [ "$code" -eq 0 ] || complain "$job: exit $code without a fault: $(tail -n 3 "$err")"
    sweep alloc 6 ""
    sweep system 4 ""
    sweep alloc 2 ":sticky"
    sweep system 2 ":sticky"
    swept "$job" 3
done
finish
