#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench compare --live and --selftest-noise from outside: today's kernels against stored ones.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
fmbench=${FMBENCH:?}
db=$work/store.db

bench() {
    local want=$1
    shift
    "$fmbench" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    [ "$code" -eq "$want" ] || complain "fmbench $*: exit $code, want $want: $(tail -n 2 "$err")"
}
last_line() {
    tail -n 1 "$err" | grep -q "$1" || complain "no $1 in: $(tail -n 1 "$err")"
}

bench 2 --sweep --live
bench 2 compare last
bench 2 compare last --live --progress=xml
bench 3 compare last --live --db "$db"

bench 0 --sweep --quick --op morph --vertices 500 --batch 8 --level medium --max-time 0 --db "$db" --progress=json
grep -q '^{"schema":"fmbench/progress/1","event":"cell","done":0,"total":1,"cell":"morph ' "$err" || complain "no event: $(cat "$err")"
grep -q '^Resolution of this machine: not measured' "$out" || complain "no resolution: $(cat "$out")"

# The same kernels are the same, without a measurement.
bench 0 compare last --live --db "$db" --json
last_line '^verdict=same cells=1 faster=0 slower=0 same=1 '
[ "$("$helper" get "$out" cells.0.same_kernels)" = true ] || complain "not the same kernels: $(cat "$out")"
[ "$("$helper" get "$out" advisory)" = false ] || complain "a live comparison is advisory"

# A slower kernel now is slower; a wrong one is wrong. The stored one is what it was.
mkdir kernels
cp "${FM_SOURCE_DIR}"/cl/*.cl "${FM_SOURCE_DIR}"/cl/*.h kernels
weight='float weight = t\[first_frame + frame\];'
grep -q "$weight" kernels/morph.cl || complain "morph.cl has no line to change"
sed -i "s/$weight/& float w = weight; for (int k = 0; k < 2000; ++k) w = fma(w, 0.999f, 0.0001f); if (w == 7.0f) return;/" kernels/morph.cl
FM_CL_DIR=$PWD/kernels bench 1 compare last now --live --quick --db "$db"
last_line '^verdict=slower cells=1 faster=0 slower=1 '
grep -q '^Resolution of this table: a slowdown of ' "$out" || complain "no resolution: $(cat "$out")"
sed -i 's/w == 7.0f/block > 2u/' kernels/morph.cl
FM_CL_DIR=$PWD/kernels bench 1 compare last --live --quick --db "$db"
last_line '^verdict=wrong-result .* wrong=1 '
grep -q 'wrong-result: B: ' "$out" || complain "the wrong side is not named: $(cat "$out")"

# Another setting of the machine is another machine.
POCL_MAX_PTHREAD_COUNT=1 bench 3 compare last --live --db "$db"
grep -q 'allow-different-env' "$err" || complain "$(cat "$err")"
bench 3 compare last --live --op solve --db "$db"
bench 3 compare last --live --cell 'morph*batch=9' --db "$db"

bench 0 --selftest-noise --quick --op morph --vertices 500 --max-time 1 --db "$db" --json
last_line '^verdict=few-trials trials=[2-9]'
[ "$("$helper" get "$out" schema)" = fmbench/noise/1 ] || complain "noise: $(cat "$out")"
[ "$("$helper" get "$out" cells.0.rounds)" = 52 ] || complain "rounds: $(cat "$out")"
bench 0 export --md --db "$db"
grep -q '^Resolution of this machine: compare --live finds ' "$out" || complain "no resolution: $(cat "$out")"

finish
