#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A device that is lost at any command or wait, for good, in the first process of a run: a new process
# makes the same files, and says so. (calls.sh has devices that every process loses.)
#
# usage: lost.sh JOB..        the jobs are in jobs.sh
# FM_FAULTS=all: every enqueue and every wait, with -36 and, for waits, -5. FM_FAULTS=1/K: one in K, by
# FM_TEST_SEED. By default about eight of each job. At the end a line for each job.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
# shellcheck source=tests/faults/jobs.sh
. "${FM_SOURCE_DIR:?}/tests/faults/jobs.sh"
seed=${FM_TEST_SEED:-20240607}
small_heads
table=

calls="clEnqueueNDRangeKernel clEnqueueReadBuffer clEnqueueWriteBuffer clEnqueueCopyBuffer
clEnqueueFillBuffer clEnqueueMapBuffer clEnqueueUnmapMemObject clEnqueueMarkerWithWaitList
clEnqueueBarrierWithWaitList clFlush clFinish clWaitForEvents"

# lose CALL N CODE
lose() {
    local what="$job, $1:$2:$3:sticky"
    rm -rf made "$work/once"
    mkdir made
    faulty FMFAULT_FAIL="$1:$2:$3:sticky" FMFAULT_ONCE="$work/once" -- "${words[@]}"
    runs=$((runs + 1))
    [ -e "$work/once" ] || complain "$what: it never came to pass"
    wants "$what: exit ($(cat "$err"))" "$code" 0
    [ "$code" -eq 0 ] || return
    diff -rq -x run.json -x session.log -x '*.failed.log' made good >"$work/diff" ||
        complain "$what: other files: $(head -n 3 "$work/diff")"
    if grep -q 'in a new process' "$err"; then
        again=$((again + 1))
    else # the last wait of all, or a failure that was recovered from: each with its word, but for the
        # last memory that is given back when every result is there
        [ "$1" = clEnqueueUnmapMemObject ] || grep -q 'fmorph: warning: ' "$err" ||
            complain "$what: not a word of it: $(cat "$err")"
    fi
}

every_loss() {
    local positions=() call n count k
    job=$1
    job_words "$job"
    runs=0 again=0
    rm -rf made good
    mkdir made
    faulty -- "${words[@]}"
    wants "$job: exit without a fault ($(cat "$err"))" "$code" 0
    mv made good
    for call in $calls; do
        count=$(fact "calls.$call")
        for ((n = 1; n <= count; n++)); do
            positions+=("$call $n -36")
            [[ $call != clFinish && $call != clWaitForEvents ]] || positions+=("$call $n -5")
        done
    done
    k=${FM_FAULTS:-1/$((${#positions[@]} / 8 + 1))}
    [ "$k" = all ] && k=1/1
    k=${k#1/}
    for ((n = 0; n < ${#positions[@]}; n++)); do
        # shellcheck disable=SC2086 # words
        [ $(((n * 7919 + seed) % k)) -ne 0 ] || lose ${positions[n]}
    done
    table+=$(printf '%-10s %4d positions, %4d runs: %d in a new process' "$job" "${#positions[@]}" \
        $runs $again)$'\n'
    [ "$again" -ge 4 ] || complain "$job: only $again new processes"
}

for name in "$@"; do
    every_loss "$name"
done
printf '%s' "$table"
finish
