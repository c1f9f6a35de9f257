#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench's workers: a crash, a hang and a kill cost what they must and no more; a killed sweep goes
# on where it was. FM_KILLS: how often the sweep is killed (default 3).
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"
kills=${FM_KILLS:-3}

small=(--vertices 500 --op "morph,raster" --texture off --size 33x17 --quick --max-time 0 --level medium --batch 2)

# A kernel that crashes its process: that op's cell, and nothing else.
cp -r "$FM_SOURCE_DIR/cl" cl
sed -i 's/size_t frame = get_global_id(1);/size_t frame = get_global_id(1); if (count) out = (__global float *)8;/' cl/morph.cl
cmp -s cl/morph.cl "$FM_SOURCE_DIR/cl/morph.cl" && complain "morph.cl was not changed"
FM_CL_DIR=$PWD/cl bench 0 --sweep "${small[@]}" --db "$db" --json
value cells.0.status crashed
grep -q 'the worker died in step' "$out" || complain "a crash has no reason"
value cells.0.memory.trust reported
measured cells.1 # a crash of morph costs nobody else anything
grep -q 'crashed=1' "$err" || complain "the last line does not count the crash: $(tail -n 1 "$err")"

# A kernel that never ends.
cp "$FM_SOURCE_DIR/cl/morph.cl" cl/morph.cl
sed -i 's/size_t frame = get_global_id(1);/size_t frame = get_global_id(1); volatile uint go = count; while (go) ;/' cl/morph.cl
cmp -s cl/morph.cl "$FM_SOURCE_DIR/cl/morph.cl" && complain "morph.cl was not changed"
FM_CL_DIR=$PWD/cl bench 0 --sweep "${small[@]}" --isolate op --timeout 8 --db "$db" --json
value cells.0.status timeout
grep -q 'no sign of life for' "$out" || complain "a hang has no reason"
measured cells.1

# Without isolation the same results.
bench 0 --sweep "${small[@]}" --isolate none --db "$db" --csv --order fixed
points "$out" >none.txt
bench 0 --sweep "${small[@]}" --isolate cell --db "$db" --csv --order fixed
points "$out" >cell.txt
diff none.txt cell.txt >&2 || complain "--isolate none and cell differ"

# What cannot go on is refused by name.
bench 3 --sweep --db "$db" --resume no-such-run
grep -q 'no run' "$err" || complain "an unknown run: $(cat "$err")"
bench 3 --sweep --op raster --texture off --vertices 500 --quick --db "$db" --resume last
grep -q 'something else would be measured' "$err" || complain "another sweep: $(cat "$err")"

# Killed at any moment, any number of times: in the end the cells of an uninterrupted run.
sweep=(--vertices 500 --op "morph,raster" --texture off --size "16,33x17" --quick --level "medium,extreme" --batch "1,2" --seed 7
    --max-time 0)
bench 0 --sweep "${sweep[@]}" --db "$work/whole.db" --csv
points "$out" >whole.txt
RANDOM=${FM_TEST_SEED:-1}
killed=$work/killed.db
"$fmbench" --sweep "${sweep[@]}" --db "$killed" --csv >"$out" 2>"$err" </dev/null &
for ((i = 0; i < kills; i++)); do
    pid=$!
    sleep "$((RANDOM % 4)).$((RANDOM % 10))"
    kill -s KILL $pid 2>/dev/null
    wait $pid 2>/dev/null
    "$fmbench" --sweep --db "$killed" --resume last --csv >"$out" 2>"$err" </dev/null &
done
wait $!
code=$?
if [ "$code" -eq 3 ] && grep -q 'no run' "$err"; then # killed before the run had begun
    bench 0 --sweep "${sweep[@]}" --db "$killed" --csv
elif [ "$code" -ne 0 ]; then
    complain "the resumed run: exit $code: $(tail -n 2 "$err")"
fi
points "$out" >killed.txt
diff whole.txt killed.txt >&2 || complain "the resumed run has other cells"
sleep 1
pgrep -f "worker-process.*$killed" >/dev/null && complain "a worker outlived its sweep"

# A finished run has nothing left to do, and says the same again.
bench 0 --sweep --db "$killed" --resume last --csv
points "$out" >again.txt
diff whole.txt again.txt >&2 || complain "a finished run reads back differently"

# Ctrl-C twice: at once.
"$fmbench" --sweep --vertices 500 --op morph --batch 1-40 --level medium --quick --db stop.db --json >"$out" 2>"$err" &
pid=$!
until_cells 1 stop.db $pid
"$fmbench" --sweep --resume last --db stop.db >both.out 2>both.err </dev/null
code=$?
[ $code -eq 5 ] || complain "a run that goes on, resumed: exit $code: $(cat both.err)"
grep -q 'is being measured by another process' both.err || complain "a run that goes on, resumed: $(cat both.err)"
kill -s INT $pid
kill -s INT $pid
wait $pid
[ $? -eq 130 ] || complain "two SIGINT do not give exit 130"
value schema fmbench/sweep/1
finish
