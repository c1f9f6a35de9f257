#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench tune from outside: candidates, what is stored and who reads it; bundle and merge.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

own_cache

bench 0 tune --list
grep -q 'cpu, tile 64 .*usual' "$out" || complain "no usual candidate: $(cat "$out")"
grep -q 'half arithmetic' "$out" || complain "half arithmetic is not listed"
grep -q 'group 64, recorded' "$out" || complain "recorded launches are not listed"
for what in 'raster, 4 samples' morph blend solve; do
    grep -qx "$what" "$out" || complain "no candidates of $what: $(cat "$out")"
done
tail -n 1 "$err" | grep -q '^verdict=listed' || complain "tune --list: $(cat "$err")"
bench 0 tune --list --json
value schema fmbench/tune/1
value tuning null
[ ! -e "$(echo cache/tuning-*)" ] || complain "--list stored something"

bench_tuned=$(
    cat <<'TEXT'
specialisation cpu
tile 32
sampled_tile 16
group 0
morph_group 16
morph_recorded 0
blend_group 0
solve_group 0
half_arithmetic 0
batch_medium 2
batch_low 2
batch_high 2
batch_extreme 2
rate 100
TEXT
)
# Without time only what is usual and three batches are measured, and that is stored; a batch only
# where three are enough to see that larger ones are not faster.
bench 0 tune --vertices 500 --size 64 --max-time 0.01 --json
value schema fmbench/tune/1
file=$("$helper" get "$out" stored)
[ -s "$file" ] || complain "no tuning was stored: $file"
grep -q '^batch_medium [012]$' "$file" || complain "not the batch of three points: $(cat "$file")"
grep -q '^rate [1-9]' "$file" || complain "no rate was stored: $(cat "$file")"
head -n 1 "$file" | grep -qx 'facemorph tuning 2' || complain "$(head -n 1 "$file")"

# fmorph plans with it; a damaged or foreign one is warned about once and changes nothing.
expect 0 sample -o heads --vertices 500 --texture 64
plan() { # what fmorph plans with: batch and reason
    expect 0 morph heads/head_a.obj heads/head_b.obj -o "run$RANDOM" --minimal --frames 41 --size 512 --dry-run --json
    echo "$("$helper" get "$out" plan.batch) $("$helper" get "$out" plan.limited_by)"
}
head=$(sed -n '1,5p' "$file")
digest() { # FNV-1a, 64 bits, of stdin
    od -An -v -tu1 | tr -s ' ' '\n' | grep . | {
        h=$((0xCBF29CE484222325))
        while read -r byte; do h=$(((h ^ byte) * 0x100000001B3)); done
        printf '%016x' "$h"
    }
}
text=$head$'\n'$bench_tuned$'\n'
printf '%sdigest %s\n' "$text" "$(printf '%s' "$text" | digest)" >"$file"
[ "$(plan)" = "2 tuned" ] || complain "fmorph does not follow the tuning: $(plan)"
sed -i 's/^batch_medium 2/batch_medium 3/' "$file"
got=$(plan)
[ "$got" != "3 tuned" ] || complain "a damaged tuning was followed"
[ "$(grep -c 'tuning of .* not used, it is damaged' "$err")" -eq 1 ] || complain "damage: $(cat "$err")"
text=$(printf '%s' "$text" | sed 's/^driver .*/driver of another time/')$'\n'
printf '%sdigest %s\n' "$text" "$(printf '%s' "$text" | digest)" >"$file"
[ "$(plan)" = "$got" ] || complain "a foreign tuning was followed"
[ "$(grep -c 'of another driver' "$err")" -eq 1 ] || complain "foreign: $(cat "$err")"

# Bundle and merge.
sweep=(--sweep --quick --op morph --vertices 500 --level medium --max-time 0)
bench 0 "${sweep[@]}" --batch 1,2 --db a.db
bench 0 "${sweep[@]}" --batch 4 --db b.db
bench_refused 2 "bundle needs -o" bundle --db a.db
bench_refused 3 "no store there" bundle --db none.db -o c.bundle
bench 0 bundle last --db a.db -o a.bundle
grep -q '^verdict=bundled .*runs=1 cells=2 ' "$err" || complain "bundle: $(cat "$err")"
bench 0 export --csv --db a.bundle
[ "$(wc -l <"$out")" -eq 3 ] || complain "a bundle is no store"
bench 0 merge a.bundle a.bundle b.db --db all.db
grep -q '^verdict=merged runs=2 cells=3 .*known=1$' "$err" || complain "merge: $(cat "$err")"
bench 0 history --cell 'morph batch=4' --db all.db
bench 3 merge missing.bundle --db new.db
[ ! -e new.db ] || complain "a merge of nothing made a store"
bench 0 export --md --summary --db a.bundle
grep -q '^| what ' "$out" || complain "export --md --summary: $(cat "$out")"
bench_refused 2 "belongs to export" --sweep --summary

# What the repository keeps of a sweep names the device and no folder of this machine.
FMBENCH=$fmbench "$FM_SOURCE_DIR/scripts/keep_results.sh" --from all.db --to kept >keep.txt || complain "keep_results.sh: $(cat keep.txt)"
for kind in jsonl html md; do
    file=$(find kept -name "*.$kind" ! -name scoreboard.md)
    [ -s "$file" ] || complain "keep_results.sh keeps no .$kind"
    grep -qF "$work" "$file" && complain "$file names a folder of this machine"
done
grep -q '^S4-10\|^| S4-10' "$(find kept -name scoreboard.md)" || complain "keep_results.sh keeps no scoreboard"
echo '900.5 1.0 1.0 1/100 1' >load
FM_LOADAVG=$PWD/load FMBENCH=$fmbench "$FM_SOURCE_DIR/scripts/keep_results.sh" --to kept 2>keep.err &&
    complain "keep_results.sh measures on a loaded machine"
grep -q 'load average 900.5 on' keep.err || complain "keep_results.sh does not say the load: $(cat keep.err)"
grep -q '^| what ' "$(find kept -name '*.md' ! -name scoreboard.md)" || complain "the kept table: $(cat kept/*/*/*.md)"
finish
