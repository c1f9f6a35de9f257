# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: MIT
# What torture.sh and torture_bench.sh share. They set program, words, who and job, and have fresh
# (./made as it is before each run) and position FAULT (one run and what must hold of it).
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
if [ -n "$sanitized" ]; then
    echo "skipped: a sanitizer has to be in front of the C library itself"
    exit 77
fi
torture=${FMTORTURE:?}
seed=${FM_TEST_SEED:-20240607}

# tortured [NAME=VALUE ..]: one run. report: the lines of the processes that count.
tortured() {
    fresh
    rm -f "$work/torture" "$FM_CACHE_DIR"/memory-*
    timeout -k 5 "${FM_FAULT_SECONDS:-200}" env FMTORTURE_REPORT="$work/torture" "$@" \
        LD_PRELOAD="$torture ${clock:-}" "$program" "${words[@]}" >"$out" 2>"$err" </dev/null
    code=$?
    report=
    [ -e "$work/torture" ] && report=$(grep "^$who " "$work/torture")
    [ -n "$report" ] && return
    echo "FAIL: $job: no report of $who, exit $code: $* ${words[*]}: $(cat "$err")"
    exit 1
}

# sweep KIND RUNS SUFFIX
sweep() {
    local kind=$1 total k n
    [[ $plain =~ $kind=([0-9]+) ]] && total=${BASH_REMATCH[1]}
    k=${FM_FAULTS:-1/$((total / $2 + 1))}
    [ "$k" = all ] && k=1/1
    k=${k#1/}
    for ((n = 1; n <= total; n++)); do
        [ $(((n * 7919 + seed) % k)) -eq 0 ] && position "$kind:$n$3"
    done
}

# swept JOB-NAME LEAST: what was done, and whether that is enough.
swept() {
    echo "$1: $runs runs of$(head -n 1 <<<"$plain" | grep -o ' alloc=[0-9]* system=[0-9]*')"
    [ "$runs" -gt "$2" ] || complain "$1: only $runs runs"
}
