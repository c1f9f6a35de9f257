#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench report, export and history from outside; the page in headless Chromium where there is one.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

bench 3 report --db "$db" -o r.html
grep -q 'no store there' "$err" || complain "a missing store: $(cat "$err")"
bench 2 report one two --db "$db" -o r.html
bench 0 --sweep --quick --op morph --vertices 500 --batch 1-8*2 --level medium --max-time 0 --db "$db" -o sweep.html
[ -s sweep.html ] || complain "a sweep with -o writes no page"
grep -q '^report: sweep.html' "$err" || complain "the page is not named"
tail -n 1 "$err" | grep -q '^verdict=' || complain "the last line is not the verdict"
bench 2 report --db "$db"
bench 0 report --db "$db" -o r.html
bench 3 report nobody --db "$db" -o other.html
[ ! -e other.html ] || complain "a page of nobody"
bench 5 report --db "$db" -o no/such/folder/r.html
bench 0 export --json --db "$db"
[ "$("$helper" get "$out" schema)" = fmbench/sweep/1 ] || complain "export --json"
[ "$("$helper" get "$out" cells.3.batch)" = 8 ] || [ "$("$helper" get "$out" cells.0.op)" = morph ] ||
    complain "export --json has other cells"
bench 0 export last --csv --db "$db" -o cells.csv
[ "$(wc -l <cells.csv)" -eq 5 ] || complain "export --csv: $(wc -l <cells.csv) lines"
bench 0 export --md --db "$db"
grep -q '^| *morph' "$out" || complain "export --md: $(head -n 3 "$out")"
bench 0 export --junit --db "$db"
grep -q '<testsuite name="fmbench" tests="4"' "$out" || complain "export --junit: $(head -n 2 "$out")"
bench 2 export --db "$db"
bench 2 --sweep --junit
bench 0 history --cell 'morph batch=8' --db "$db"
[ "$(grep -c '^morph batch=8' "$out")" -eq 1 ] || complain "history: $(cat "$out")"
bench 0 history --cell 'morph batch=8' --json --db "$db"
[ "$("$helper" get "$out" schema)" = fmbench/history/1 ] || complain "history --json"
[ "$("$helper" get "$out" cells.0.unit)" = frames/s ] || complain "history --json has no unit"
# A form that a command does not have is refused.
for words in 'mem --csv' 'doctor --md' 'tune --csv' 'verify --md' 'merge x --json' 'bundle --json' 'report --csv'; do
    # shellcheck disable=SC2086 # words
    bench_refused 2 "${words##* }: ${words%% *} prints" $words --db "$db"
done
bench_refused 2 'merge needs at least 1 file that fmbench bundle made' merge --db "$db"
bench 0 scoreboard --db "$db"
grep -q '^S4-10 .*16.2 s .*measured, EPYC 7763.*not comparable: not measured in this run' "$out" || complain "scoreboard: $(head -n 3 "$out")"
bench 0 scoreboard last --json --db "$db"
[ "$("$helper" get "$out" schema)" = fmbench/scoreboard/1 ] || complain "scoreboard --json"
bench 0 scoreboard last last --md --db "$db"
[ "$(grep -o 'run [0-9]*T' "$out" | wc -l)" -eq 2 ] || complain "scoreboard of two runs: $(tail -n 2 "$out")"
bench 3 scoreboard last nobody --db "$db"
grep -q 'id=scoreboard' r.html || complain "the page has no scoreboard"
bench 3 history --cell nothing-like-it --db "$db"

# A run against itself: nothing is different, whatever the machine does.
bench 0 export --json --db "$db" -o sweep.json
run=$("$helper" get sweep.json run)
# Out of the store and into another one: the same bytes.
bench 0 import sweep.json --db other.db
verdict imported
bench 0 import sweep.json --db other.db
tail -n 1 "$err" | grep -q 'runs=0 .* known=1' || complain "imported twice: $(cat "$err")"
bench 0 export --json --db other.db -o again.json
cmp -s sweep.json again.json || complain "import changes a run: $(diff sweep.json again.json | head -n 3)"
sed 's/"batch": 4,/"batch": -4,/' sweep.json >damaged.json
bench_refused 3 '].batch: -4; a whole number' import damaged.json --db none.db
[ ! -e none.db ] || complain "a store was made of a damaged file"
bench_refused 3 'missing.json' import missing.json --db none.db
# Nothing of use to merge makes no store; a device or a pipe is not replaced by a bundle.
head -c 5000 "$db" >half.db
bench 3 merge half.db --db none.db
[ ! -e none.db ] || complain "a store was made of a damaged bundle"
bench_refused 2 'is the store itself' merge "$db" --db "$db"
mkfifo pipe
bench_refused 5 'pipe: is not a regular file' bundle -o pipe --db "$db"
[ -p pipe ] || complain "a bundle took the place of a pipe"
bench_refused 3 'no store there' --sweep --resume last --db none.db
[ ! -e none.db ] || complain "a run that cannot go on made a store"
bench 0 export --sql --db "$db" -o run.sql
grep -q '^INSERT INTO samples VALUES' run.sql || complain "export --sql has no samples"
bench 0 export --tsv --db "$db"
[ "$(head -n 1 "$out" | cut -f 1-4)" = $'run\top\tbatch\tlevel' ] || complain "export --tsv: $(head -n 1 "$out")"
bench_refused 2 'formats of export' --sweep --tsv
# A terminal gets a line, cut to its width; a pipe nothing.
if command -v script >/dev/null; then
    script -qec "stty cols 70; '$fmbench' --sweep --quick --op morph --vertices 500 --batch 1,2 --level medium --max-time 0 --db tty.db >tty.out" /dev/null >tty.err </dev/null
    tr '\r' '\n' <tty.err | sed 's/\x1b\[K//g' | grep -a '^\[' >lines
    grep -qa '^\[1/2\] morph batch' lines || complain "no progress line: $(head -n 3 tty.err)"
    grep -qa '^\[2/2\] .* s left morph batch' lines || complain "no time left: $(cat lines)"
    grep -qa '| check' lines || complain "no phase: $(cat lines)"
    awk 'length > 69' lines | grep -q . && complain "a line is wider than the terminal: $(cat lines)"
else
    echo "skipped: no script(1); the progress line was not looked at"
fi
# What a sweep prints can be imported as well.
bench 0 --sweep --quick --op morph --vertices 500 --batch 1 --level medium --max-time 0 --db third.db --json
grep -q '^\[1/' "$err" && complain "progress without a terminal: $(cat "$err")"
cp "$out" swept.json
"$helper" get swept.json cells.0.samples_raw.timed_s.10 >third || complain "sweep --json has no samples"
bench 0 import swept.json --db fourth.db
verdict imported
bench 0 compare last "$run" --db "$db"
tail -n 1 "$err" | grep -q '^verdict=.* cells=4 faster=0 slower=0 ' || complain "a run against itself: $(cat "$err")"
bench 0 compare last last --threshold 50 --json --db "$db"
[ "$("$helper" get "$out" schema)" = fmbench/compare/1 ] || complain "compare --json"
bench 3 compare nobody last --db "$db"
bench 2 compare last --db "$db"
bench 2 compare last last --threshold much --db "$db"

browser=
for name in chromium chromium-browser google-chrome; do
    [ -n "$browser" ] || browser=$(command -v $name || true)
done
if [ -z "$browser" ]; then
    echo "skipped: no Chromium; the page was not looked at"
    finish
fi
shoot() {
    timeout 300 "$browser" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run \
        --disable-background-networking --disable-component-update --disable-sync \
        --user-data-dir="$work/profile" --hide-scrollbars --window-size=1200,2400 "$@" 2>/dev/null
}
shoot --dump-dom "file://$PWD/r.html" >dom.html
grep -q '4 of 4 cells' dom.html || complain "the page's script did not run"
grep -q '<option value="morph">' dom.html || complain "no filter was filled"
[ "$(grep -c '<tr data-i=' dom.html)" -eq 4 ] || complain "not four rows"
# Without its script the page shows the same tables and pictures.
sed 's/<script>$/<script type="text\/plain">/' r.html >still.html
shoot --dump-dom "file://$PWD/still.html" >still.dom
grep -q 'id="shown" class="soft"></span>' still.dom || complain "the script ran all the same"
[ "$(grep -c '<tr data-i=' still.dom)" -eq 4 ] || complain "no table without scripts"
grep -q '<svg viewBox="0 0 460' still.dom || complain "no picture without scripts"
shoot --screenshot="$PWD/page.png" "file://$PWD/r.html"
[ "$(wc -c <page.png)" -gt 50000 ] || complain "the screenshot is empty"
finish
