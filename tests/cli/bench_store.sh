#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Stores that somebody made up, from outside: every command ends by itself and blames the right file;
# a bundle that is killed leaves nothing that the next one does not remove.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

bench 0 --sweep --quick --op morph --vertices 500 --batch 1,2 --level medium --max-time 0 --db "$db" --json
cp "$out" sweep.json

# damaged NAME SQL: a copy of the store after those statements.
damaged() {
    cp "$db" "$1"
    "$helper" sql "$1" "$2" || complain "$1: the statements do not work"
}
damaged view.db 'ALTER TABLE runs RENAME TO old; CREATE VIEW runs AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM n) SELECT x AS id, x AS name FROM n'
damaged gap.db 'PRAGMA foreign_keys=OFF; DROP TABLE cells'
damaged key.db 'PRAGMA foreign_keys=OFF; UPDATE runs SET environment=77'
for row in 'view.db: holds a view (runs)' 'gap.db: damaged: no table cells'; do
    file=${row%%:*}
    for words in 'export --csv' 'report -o p.html' 'history' 'compare last last' 'scoreboard' 'bundle -o b.db' 'import sweep.json'; do
        # shellcheck disable=SC2086 # words
        bench_refused 3 "$row" $words --db "$file"
    done
    bench_refused 3 "$row" merge "$file" --db none.db
    bench_refused 3 "$row" merge "$file" --db "$db"
done
bench_refused 3 'key.db: ' merge key.db --db none.db
bench_refused 3 'key.db: ' bundle -o b.db --db key.db
[ "$(count none.db b.db p.html .fm-*)" -eq 0 ] || complain "something was made of a refused store: $(ls -A)"

# Names that SQLite would not take for files.
for name in ':memory:' 'file:zz.db?mode=memory'; do
    bench 0 import sweep.json --db "$name"
    [ -s "$name" ] || complain "$name: nothing was stored"
    bench 0 export --csv --db "$name"
    bench 0 merge "$name" --db of-names.db
done

# Killed at any moment. Bigger than two cells, or it is over too soon.
damaged large.db 'INSERT INTO samples(cell,seq,warm_up,seconds,cpu_seconds) WITH RECURSIVE n(x) AS (SELECT 1000 UNION ALL SELECT x+1 FROM n WHERE x<300000) SELECT (SELECT min(id) FROM cells),x,0,0.001,0.001 FROM n'
mkdir out
for i in {1..12}; do
    "$fmbench" bundle -o out/b.db --db large.db >/dev/null 2>&1 </dev/null &
    pid=$!
    sleep "0.$(printf %02d $((i * 5)))"
    kill -s "$([ $((i % 2)) -eq 0 ] && echo KILL || echo TERM)" $pid 2>/dev/null
    wait $pid
done
bench 0 bundle -o out/b.db --db large.db
[ "$(ls -A out)" = b.db ] || complain "killed bundles left: $(ls -A out)"
bench 0 export --csv --db out/b.db
finish
