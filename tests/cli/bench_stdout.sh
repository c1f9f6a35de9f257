#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What fmbench prints reaches its reader, or it says so; names of files do nothing to a terminal.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

bench 0 --sweep --quick --op morph --vertices 500 --batch 1,2 --level medium --max-time 0 --db "$db" --json
cp "$out" sweep.json
bench 0 bundle -o bundle.db --db "$db"

# lost WORDS...: into a full disk; exit 5, and the last line says why.
lost() {
    "$fmbench" "$@" >/dev/full 2>"$err" </dev/null
    code=$?
    [ "$code" -eq 5 ] || complain "fmbench $* into a full stdout: exit $code"
    tail -n 1 "$err" | grep -q '^fmbench: stdout: .*\(No space left on device\|in the store\)' ||
        complain "fmbench $* into a full stdout: $(cat "$err")"
}
lost --version
lost --help
lost --describe
lost --describe rate --json
lost doctor
lost doctor --json
lost devices
lost devices --json
lost mem --json
lost roofs --quick --json
lost verify --quick --op morph --json
lost compare last last --db "$db"
for form in --json --md --csv; do
    lost compare last last $form --db "$db"
    lost scoreboard $form --db "$db"
    lost export last $form --db "$db"
done
lost scoreboard --db "$db"
lost history --db "$db"
lost history --json --db "$db"
lost import sweep.json --db imported.db
lost merge bundle.db --db merged.db
lost --sweep --list --op morph
lost --sweep --quick --op morph --vertices 500 --batch 1 --level medium --max-time 0 --db "$db"
lost --sweep --quick --op morph --vertices 500 --batch 1 --level medium --max-time 0 --device all --json --db "$db"
lost --selftest-noise --quick --op morph --vertices 500 --max-time 1 --db noise.db
lost --selftest-noise --quick --op morph --vertices 500 --max-time 1 --db noise.db --json

# plain WORDS...: works, and prints no control byte but the ends of its lines.
plain() {
    bench 0 "$@"
    LC_ALL=C grep -qP '[\x00-\x08\x0b-\x1f\x7f]' "$out" "$err" && complain "fmbench ${1}: raw bytes of a name"
    grep -qi 'x1b' "$out" "$err" || complain "fmbench ${1}: the name is not there"
}
odd=$'e\e[31m\nx'
cp sweep.json "$odd.json"
cp bundle.db "$odd.db"
plain report --db "$db" -o "$odd.html"
plain bundle --db "$db" -o "$odd.b"
plain import "$odd.json" --db odd1.db
plain merge "$odd.db" --db odd2.db
plain --sweep --quick --op morph --vertices 500 --batch 1 --level medium --max-time 0 --db odd3.db -o "$odd.sweep.html"
finish
