#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Fails the OpenCL calls of one command, one at a time: the run says so in one line with the right exit
# code, or goes on and gives the same files; it leaves no object and no result; it never hangs.
#
# usage: calls.sh JOB..        the jobs are in jobs.sh
# FM_FAULTS=all: every position, once, once for good and once as a lost device. FM_FAULTS=1/K: one
# in K, by FM_TEST_SEED; rest/K: all but these. By default about eight of each job, with sanitizers a
# tenth of all. At the end a line for each job: positions, runs by exit code, violations.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
# shellcheck source=tests/faults/jobs.sh
. "${FM_SOURCE_DIR:?}/tests/faults/jobs.sh"
seed=${FM_TEST_SEED:-20240607}
[ -z "$sanitized" ] || : "${FM_FAULTS:=1/10}"
small_heads
violations=0 table=

complain() {
    echo "FAIL: $*"
    bad=1
    violations=$((violations + 1))
}

# Calls a run may survive, with the same result: times of events, facts about memory and the build
# log are not needed, a cached binary that is refused is built again, one that cannot be stored is not,
# and what could not be built ahead is built when it is used.
spared=" clGetDeviceInfo clGetEventProfilingInfo clGetProgramInfo clGetProgramBuildInfo \
clCreateProgramWithBinary clCreateProgramWithSource clBuildProgram clGetKernelWorkGroupInfo clGetMemObjectInfo "

# goes_on CALL N: this one may fail unseen: it is spared, or one of the last, when every result is
# there; or there was a warning.
goes_on() {
    # What is sent ahead of its pair's turn and fails is sent again then.
    [[ $spared == *" $1 "* ]] || [ "$1/$2" = "clFinish/$total" ] || [ "$job" = ahead ] ||
        [[ $1 == clEnqueueUnmapMemObject && $2 -ge $((total - 8)) ]] || [ "$warned" = yes ]
}

# whole WHAT: the result is that of a run without a fault.
whole() {
    [ "$(cd good && ls -A)" = "$(cd made && ls -A)" ] || complain "$1: exit 0, made $(cd made && ls -A)"
    diff -rq -x run.json -x session.log made good >/dev/null ||
        complain "$1: exit 0, other files: $(diff -rq -x run.json -x session.log made good | head -n 3)"
}

# only_logs WHAT: of a failed batch, finished pairs and the logs of the others; else nothing at all.
only_logs() {
    local left
    rmdir made 2>/dev/null && return # nothing at all
    left=$(find made -mindepth 1 -maxdepth 1 | head -n 3)
    if [[ $job == batch || $job == ahead ]]; then
        for left in made/result/*; do
            [ -e "$left" ] || continue
            case $left in
            *.failed.log) [ -s "$left" ] || complain "$1: $left is empty" ;;
            *) diff -rq -x run.json -x session.log "$left" "good/${left#made/}" >/dev/null ||
                complain "$1: $left is not whole" ;;
            esac
        done
        left=$(find made -name '*tmp*' | head -n 3)
    fi
    [ -z "$left" ] || complain "$1: left behind: $left"
}

# told WHAT CALL CODE: a run that gave up said so as it should. No process is started for it.
told() {
    local lines line=$'[^\n]*'
    local named="fmorph: ${line}cl[A-Z][A-Za-z]*$line\\(-[0-9]+ "
    case $code in
    4 | 6 | 75) ;;
    *) complain "$1: exit $code: $said" ;;
    esac
    lines=${said//[!$'\n']/}
    # A batch goes on with the next pair, and in a new process.
    [[ $job == batch || $job == ahead ]] || [ "${#lines}" -eq 1 ] || complain "$1: ${#lines} lines on stderr: $said"
    [ ! -s "$out" ] || [[ $job == selftest || $job == batch || $job == ahead ]] || complain "$1: something on stdout"
    [[ $said =~ (^|$'\n')$named ]] || complain "$1: no call and code in: $said"
    # Of a fault for good, any of those that follow: kernels are made in a thread of their own.
    [[ $1 == *sticky* ]] && return
    [[ $said == *"$2"* ]] || complain "$1: the message does not name $2: $said"
    [[ $said == *"($3 "* ]] || complain "$1: the message does not name $3: $said"
}

# hears: what was said, without the warnings.
hears() {
    local line all=()
    said='' warned=no
    mapfile all <"$err"
    for line in "${all[@]}"; do
        if [[ $line == 'fmorph: warning: '* ]]; then
            warned=yes
        else
            said+=$line
        fi
    done
}

# once FAULT [NAME=VALUE ..]: one run with a fault. Sets more to 0 when it did not come to pass.
once() {
    local fault=$1 call value what
    shift
    rm -rf made "$work/cold"
    mkdir made
    faulty FMFAULT_FAIL="$fault" "$@" -- "${words[@]}"
    [[ $facts =~ \"injected\":\ \{\"count\":\ ([0-9]+),\ \"call\":\ \"([A-Za-z]*)\",\ \"nth\":\ ([0-9]+),\ \"code\":\ (-?[0-9]+) ]]
    more=${BASH_REMATCH[1]}
    call=${BASH_REMATCH[2]}
    value=${BASH_REMATCH[4]}
    what="$job, $fault ${call:-none}"
    runs=$((runs + 1))
    codes[code]=$((${codes[code]:-0} + 1))
    nothing_lives "$what"
    hears
    if [ "$code" -eq 0 ]; then
        whole "$what"
        [ "$more" -eq 0 ] || goes_on "$call" "${BASH_REMATCH[3]}" || complain "$what: exit 0"
        return
    fi
    told "$what" "$call" "$value"
    only_logs "$what"
}

# sweep SUFFIX RUNS [NAME=VALUE ..]: the positions of a run, about RUNS of them by default, and one
# behind the last, which must not come to pass.
sweep() {
    local suffix=$1 k n
    k=${FM_FAULTS:-1/$((total / $2 + 1))}
    shift 2
    [ "$k" = all ] && k=1/1
    for ((n = 1; n <= total; n++)); do
        if [ $(((n * 7919 + seed) % ${k#*/})) -eq 0 ]; then
            [[ $k == rest/* ]] || once "*:$n$suffix" "$@"
        else
            [[ $k != rest/* ]] || once "*:$n$suffix" "$@"
        fi
    done
}

# every_call JOB: without a fault first, for comparison.
every_call() {
    local first=$violations code_of
    job=$1
    job_words "$job"
    runs=0 codes=()
    rm -rf made good "$work/cold"
    mkdir made
    faulty "${with[@]}" -- "${words[@]}"
    wants "$job: exit without a fault ($(cat "$err"))" "$code" 0
    nothing_lives "$job"
    mv made good
    [[ $facts =~ \"fallible\":\ ([0-9]+) ]] && total=${BASH_REMATCH[1]}
    sweep "" 7 "${with[@]}"
    sweep ":sticky" 3 "${with[@]}"
    sweep ":-36:sticky" 3 "${with[@]}"
    once "*:$((total + 40))" "${with[@]}" # what is built ahead makes a few calls more or less
    [ "$more" -eq 0 ] || complain "$job: a run has more calls than the $total counted"
    [ "$runs" -gt 3 ] || complain "$job: only $runs runs of $total"
    table+=$(printf '%-10s %5d positions, %5d runs:' "$job" "$total" "$runs")
    for code_of in "${!codes[@]}"; do
        table+=" exit $code_of ${codes[code_of]},"
    done
    table+=" violations $((violations - first))"$'\n'
}

for name in "$@"; do
    with=()
    [ "$name" != cold ] || with=(FM_CACHE_DIR="$work/cold")
    [ "$name" != ahead ] || with=(FMFAULT_LACK=shared FMFAULT_DELAY=clEnqueueNDRangeKernel:1:15:sticky)
    every_call "$name"
    [ "$name" = cold ] || continue
    # A device that is lost while the driver still compiles: the process ends all the same.
    for fault in clFinish:1 clEnqueueNDRangeKernel:3:-36; do
        rm -rf "$work/pocl"
        mkdir "$work/pocl"
        once "$fault" "${with[@]}" POCL_CACHE_DIR="$work/pocl"
    done
done
printf '%s' "$table"
finish
