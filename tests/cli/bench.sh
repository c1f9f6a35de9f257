#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench from outside: exit codes, refusals, the JSON of the contract, the store, wrong kernels.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

bench 0 --help
grep -q -- '--sweep' "$out" || complain "--help does not name --sweep"
bench 0 --version
grep -q '^fmbench [0-9]' "$out" || complain "--version: $(cat "$out")"
bench 0 --sweep --nonsense --help

# What is wrong, and what is of the contract but not here yet, is named.
bench_refused 2 "nothing to do"
bench_refused 2 "--nonsense" --sweep --nonsense
bench_refused 2 "--sweep, verify, devices" verify --sweep
bench_refused 2 "0 to 1024" --sweep --threads many
bench_refused 4 "not two parts of 65536" --sweep --concurrent --compute-units 65536 --db "$db"
bench_refused 2 "bundle needs -o" bundle
bench_refused 2 "merge needs at least 1 file" merge
bench_refused 2 "belongs to export" --sweep --summary
bench_refused 2 "belongs to bundle" --sweep --anonymous
bench 0 mem --json --mem-limit 64M
value schema facemorph/memory/1
value budget 67108864
value limit 67108864
bench 0 mem --json --keep-free 9999G
value budget 0
bench 0 mem
grep -q '^budget at level extreme: ' "$out" || complain "mem: no budget of extreme: $(cat "$out")"
bench_refused 2 "--op" --sweep --op raster,polish
bench_refused 2 "low, medium, high, extreme" --sweep --level fast
bench_refused 2 "--batch" --sweep --batch 5-2
bench_refused 2 "--size" --sweep --size 9000
bench_refused 2 "--vertices" --sweep --vertices 10
bench_refused 2 "exclude each other" --sweep --json --csv
bench_refused 2 "exclude each other" --sweep --input a.obj b.obj --vertices 500
bench_refused 2 "two values" --sweep --input a.obj
bench_refused 2 "bytes, with K, M or G" --sweep --mem-limit 1G,2X
bench_refused 2 "a list of 1, 4" --sweep --samples 1,2
bench_refused 2 "a list of fp32, fp16" --sweep --precision fp8
bench_refused 2 "a list of nearest-mip, trilinear" --sweep --filter cubic
bench_refused 2 "from 0 to 1" --sweep --pinv-share 2
bench_refused 2 "--n" --sweep --n 0

bench 0 doctor
grep -q '^good  device ' "$out" || complain "doctor does not name the device: $(cat "$out")"
grep -q 'load average' "$out" || complain "doctor does not look at the load"
tail -n 1 "$err" | grep -q '^verdict=' || complain "doctor has no verdict"
bench 0 doctor --json
value schema fmbench/doctor/1
OCL_ICD_VENDORS=/nonexistent bench 4 doctor
grep -q 'no usable device' "$out" || complain "doctor without a device: $(cat "$out")"
bench 0 roofs --quick --json
value schema fmbench/roofs/1
value roofs.fma_fp32.unit flop/s
value roofs.launch.unit s

# Devices and inputs.
bench 0 devices
bench 0 devices --json
value devices.0.index 0
value devices.0.same_as null
case $("$helper" get "$out" devices.0.platform) in
"Portable Computing Language")
    value devices.0.quirks "slow-binaries host-pages"
    bench 0 devices --json --no-quirks
    value devices.0.quirks null
    FM_NO_QUIRKS=1 bench 0 devices --json
    value devices.0.quirks null
    ;;
esac
bench 0 devices --json --rank
value devices.0.rank 1
case $("$helper" get "$out" devices.0.rate) in
null | 0) complain "the first device has no rate: $(cat "$out" "$err")" ;;
esac
OCL_ICD_VENDORS=/nonexistent bench_refused 4 "no OpenCL device" devices
OCL_ICD_VENDORS=/nonexistent bench 4 --sweep --quick --db "$db"
bench_refused 4 "nothing-like-it" --sweep --quick --db "$db" --device nothing-like-it
bench_refused 3 "missing.obj" --sweep --quick --db "$db" --op raster --input missing.obj b.obj
[ ! -e "$db" ] || complain "a sweep that could not start left a store"
bench_refused 5 "no/such" --sweep --quick --db no/such/folder.db --vertices 500 --op morph
head -c 9000 /dev/zero | tr '\0' x >text.db
cp text.db before
bench_refused 3 "not a result store" --sweep --quick --db text.db --vertices 500 --op morph
cmp -s text.db before || complain "a file that is no store was touched"

# Previews touch nothing. Grey heads are made in no time.
# shellcheck disable=SC2054 # a list of ops
small=(--vertices 500 --op morph,raster --texture off --size 33x17 --quick --max-time 0)
bench 0 --sweep "${small[@]}" --list --batch 1,8
[ "$(wc -l <"$out")" -eq 17 ] || complain "--list: $(wc -l <"$out") lines"
bench 0 --sweep "${small[@]}" --dry-run --db "$db"
grep -q 'same as medium' "$out" || complain "--dry-run does not say what will be skipped"
[ ! -e "$db" ] || complain "--dry-run made a store"

# A small sweep: each cell a row, checked, timed, stored.
bench 0 --sweep "${small[@]}" --batch 1,3,1000000 --level medium,low --mem-limit 64M --db "$db" --json
verdict ok
value schema fmbench/sweep/1
value cells.11.op raster
value cells.0.status skipped
value cells.0.reason "same as medium: same program, same plan"
value cells.0.rate null
value cells.4.batch 3
value cells.4.level medium
value cells.4.error.frames_compared 2
value cells.4.unit frames/s
value cells.4.n 11
value cells.4.size null
value cells.9.vertices 500
value cells.10.size.0 33
value cells.10.size.1 17
value cells.11.status infeasible
value cells.11.memory.trust reported # who did not run knows what was free, too
value cells.11.roof_fraction null
value cells.11.anchor_s null
for i in 3 4 9 10; do
    measured cells.$i
done
[ -s "$db" ] || complain "no store"
case $("$helper" get "$out" cells.3.anchor_s) in
null | '') complain "a cell without an anchor" ;;
esac
case $("$helper" get "$out" roofs.triad_cache.value) in
null | '') complain "no roofs" ;;
esac

# One cell of each op.
small=(--vertices 500 --op "morph,raster" --texture off --size 33x17 --quick --max-time 0 --batch 2 --level medium)
bench 0 --sweep "${small[@]}" --op morph --batch 2,4 --db "$db" --csv --order fixed
[ "$(wc -l <"$out")" -eq 3 ] || complain "--csv: $(wc -l <"$out") lines"
bench 4 --sweep "${small[@]}" --db "$db" --max-time 0.001 --md --seed 5
verdict none-ran
grep -q '^|--' "$out" || complain "--md has no head"
grep -q 'raise --max-time' "$out" || complain "the time budget is not given as the reason"

bench 0 verify --op morph,raster --level medium
[ "$(grep -c '^pass' "$out")" -eq 10 ] || complain "verify: $(cat "$out")"
verdict ok

# Parts of a device: a cell on each of its own, a budget that keeps memory free, and all at once.
"$fmbench" devices --json >devices.json
units=$("$helper" get devices.json devices.0.compute_units)
part=(--sweep --vertices 500 --op morph --batch 2 --level medium --quick --max-time 0 --db "$db" --json)
bench 0 "${part[@]}" --compute-units "1,$((units + 1))" --keep-free 1M --order fixed
value cells.0.units 1
value cells.0.keep_free 1048576
measured cells.0
value cells.1.status unsupported
value cells.1.reason "$("$helper" get devices.json devices.0.name) has $units compute units"
bench 4 "${part[@]}" --keep-free 9999G
value cells.0.status infeasible
if [ "$units" -ge 2 ]; then
    bench 0 "${part[@]}" --concurrent --compute-units 1
    value schema fmbench/concurrent/1
    for i in 0 1; do
        value cells.0.sides.$i.units 1
        value cells.0.sides.$i.part $i
        for run in alone together; do
            case $("$helper" get "$out" cells.0.sides.$i.$run.rate) in
            null) complain "part $i $run: $("$helper" get "$out" cells.0.sides.$i.$run.reason)" ;;
            esac
        done
    done
    bench 0 export last --jsonl --db "$db"
    [ "$(grep -c '"beside":' "$out")" -eq $((2 * $(grep -c '"beside":null' "$out"))) ] ||
        complain "the store has not as many cells at once as alone"
fi

# Commands without cells end at a signal, with its code.
stopped() { # CODE SIGNAL WORDS...
    local want=$1 signal=$2
    shift 2
    "$fmbench" "$@" >"$out" 2>"$err" &
    local pid=$!
    sleep 0.3
    kill -s "$signal" $pid
    wait $pid
    [ $? -eq "$want" ] || complain "fmbench $*: SIG$signal does not give exit $want: $(cat "$out" "$err")"
}
stopped 143 TERM roofs
stopped 129 HUP roofs --json

# Wrong kernels: never a time, exit 1.
cp -r "$FM_SOURCE_DIR/cl" cl
sed -i 's/\(#define FM_LIGHT_AMBIENT \).*/\10.5f/' cl/fm_shared.h
sed -i 's/fma((float16)(weight), to - from, from)/fma((float16)(weight), to - from, from * 1.00001f)/' cl/morph.cl
cmp -s cl/morph.cl "$FM_SOURCE_DIR/cl/morph.cl" && complain "morph.cl was not changed"
FM_CL_DIR=$PWD/cl bench 1 --sweep "${small[@]}" --db "$db" --json
verdict wrong-result
value cells.0.status wrong-result
value cells.0.rate null
value cells.1.status wrong-result
value cells.1.median_s null
FM_CL_DIR=$PWD/cl bench 1 verify --op morph,raster --level medium
grep -q '^FAIL raster' "$out" || complain "verify does not see wrong light"
grep -q '^FAIL morph' "$out" || complain "verify does not see wrong positions"

# A kernel that is right but writes one number past its output.
cp "$FM_SOURCE_DIR"/cl/*.cl "$FM_SOURCE_DIR"/cl/*.h cl
sed -i 's/^\( *\)__global float \*row = out + frame \* count;/&\n\1if (block == 0 \&\& frame + 1 == get_global_size(1))\n\1    row[count] = 0.5f;/' cl/morph.cl
cmp -s cl/morph.cl "$FM_SOURCE_DIR/cl/morph.cl" && complain "morph.cl was not changed"
FM_CL_DIR=$PWD/cl bench 1 --sweep "${small[@]}" --op morph --db "$db" --json
verdict wrong-result
value cells.0.status wrong-result
value cells.0.rate null
"$helper" get "$out" cells.0.reason >reason
grep -q 'wrote after .*: 4 bytes' reason || complain "a write past the output: $(cat reason)"
FM_CL_DIR=$PWD/cl bench 1 verify --op morph --level medium
grep -q '^FAIL morph .* wrote after ' "$out" || complain "verify does not see a write past the output"

# Interrupted: the running cell ends, the rest are rows, both files are whole.
"$fmbench" --sweep --vertices 500 --op morph --batch 1-40 --level medium --quick --db stop.db --json >"$out" 2>"$err" &
pid=$!
until_cells 1 stop.db $pid
kill -s INT $pid
wait $pid
[ $? -eq 130 ] || complain "SIGINT does not give exit 130"
verdict interrupted
value schema fmbench/sweep/1
grep -q '"interrupted"' "$out" || complain "no cell says that it was interrupted"
bench 0 export last --jsonl --db stop.db
[ "$(wc -l <"$out")" -eq 40 ] || complain "the store of an interrupted run has $(wc -l <"$out") cells"
[ "$(grep -c '"status":"\(ok\|noisy\|throttled\)"' "$out")" -ge 1 ] || complain "no cell before the interrupt"
finish
