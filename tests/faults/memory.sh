#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Less device memory than planned, for everything that a command makes there: frames, heatmaps, morphed
# textures, blends, batches, keypoints. The files are those of an undisturbed run at that level,
# every recovery is told in run.json (or the report) and in the log, and there are no more than halving
# takes. (recovery.sh has morph --minimal in depth, solve.sh the solves.)
#
# A blend takes 16 frames at a time on CPUs, so there one frame's plan is the least room.
# usage: memory.sh [JOB..]      some of those below
# FM_FAULTS=all: 1/2 ... 1/64 of the plan at every level. By default 1/2 and 1/64 at medium.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
# shellcheck source=tests/faults/jobs.sh
. "${FM_SOURCE_DIR:?}/tests/faults/jobs.sh"
levels=(medium) parts=(2 64)
if [ "${FM_FAULTS:-}" = all ]; then
    levels=(low medium high extreme)
    parts=(2 4 8 16 32 64)
fi
only=" $* "
small_heads
printf 'a,b\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" >pairs.csv
awk 'BEGIN { for (i = 0; i < 64; i++) print i / 63 }' >w.csv
clip 1 >source.csv
clip 20000 >driving.csv

# log2 N: rounded down.
log2() {
    local n=0 value=$1
    while ((value >>= 1)); do
        n=$((n + 1))
    done
    echo $n
}

# told WHAT REPORT: recoveries there and on stderr; of each stage no more than halving takes.
told() {
    local listed stage from tries=0 most=0 last='' n=0
    listed=$("$helper" get "$2" recoveries | grep -o '"stage"' | wc -l)
    [ "$listed" -ge 1 ] || complain "$1: no recovery in the report"
    [ "$(grep -c 'ran out of memory' "$err")" -ge 1 ] || complain "$1: no warning: $(cat "$err")"
    for ((n = 0; n < listed; n++)); do
        [ "$("$helper" get "$2" "recoveries.$n.code")" != 0 ] || continue # a larger size is tried again
        stage=$("$helper" get "$2" "recoveries.$n.stage")
        from=$("$helper" get "$2" "recoveries.$n.from")
        [ "$stage" != prepare ] || stage=render
        if [ "$stage" != "$last" ]; then
            last=$stage tries=0
            most=$(($(log2 "$from") + 1))
        fi
        # Frames in strips come below a batch of one: as many tries again as rows of tiles halve.
        tries=$((tries + 1))
        [ "$from" = 1 ] || ((tries <= most)) || complain "$1: $tries tries of $stage, $most are halvings"
    done
    recovered=$((recovered + listed))
}

# starved NAME REPORT WORDS...: the job of that name at every level with less and less room. Its
# result is ./out.
starved() {
    local name=$1 json=$2 level part peak fixed room least what
    shift 2
    [[ $only == "  " || $only == *" $name "* ]] || return
    for level in "${levels[@]}"; do
        rm -rf out good
        mkdir out
        faulty -- "$@" --level "$level"
        wants "$name, $level: exit ($(cat "$err"))" "$code" 0
        peak=$(fact memory.peak_bytes)
        fixed=0 least=0
        [ "$name" = keypoints ] || fixed=$("$helper" get "$json" plan.bytes_fixed)
        mv out good
        if [ "$name" = blend ]; then
            expect 0 "$@" --level "$level" --batch 1 --dry-run --json
            least=$(($("$helper" get "$out" plan.bytes_fixed) + $("$helper" get "$out" plan.bytes_per_frame)))
        fi
        for part in "${parts[@]}"; do
            rm -rf out
            mkdir out
            room=$((fixed + (peak - fixed) / part + 65536))
            ((room > least)) || room=$least
            what="$name, $level, 1/$part"
            faulty FMFAULT_MEM_ROOM=$room -- "$@" --level "$level"
            wants "$what: exit ($(cat "$err"))" "$code" 0
            [ "$code" -eq 0 ] || continue
            [ "$(fact memory.peak_bytes)" -le "$room" ] || complain "$what: more than the room"
            diff -rq -x run.json -x session.log -x report.json out good >/dev/null ||
                complain "$what: $(diff -rq -x run.json -x session.log -x report.json out good | head -n 2)"
            told "$what" "$json"
            nothing_lives "$what"
            runs=$((runs + 1))
        done
    done
    echo "$name: $runs runs so far, $recovered recoveries"
}

common=(--frames 64 --batch 64 --size 48 --force)
run_json=out/head_a_head_b/run.json
runs=0 recovered=0
starved default $run_json morph "$a" "$b" "${common[@]}" -o out
starved textures $run_json morph "$a" "$b" --full --mesh-textures all "${common[@]}" --heatmaps off -o out
starved full $run_json morph "$a" "$b" --full "${common[@]}" -o out
starved fp16 $run_json morph "$a" "$b" --precision fp16 "${common[@]}" -o out
starved batch out/head_b_head_a/run.json batch pairs.csv "${common[@]}" -o out
starved blend out/head_a_w/run.json blend "$a" "$b" --weights w.csv --batch 64 --size 48 --force -o out
starved keypoints out/report.json keypoints --model fomm --source source.csv --driving driving.csv \
    --report out/report.json -o out/out.csv
[ "$runs" -gt 0 ] || complain "no runs"
[ "$recovered" -ge "$runs" ] || complain "only $recovered recoveries in $runs runs"
finish
