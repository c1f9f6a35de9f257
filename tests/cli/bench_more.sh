#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmbench where it takes longer ways: with peers in turn, on every device, live between two stored runs.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

# Peers: a cell that has some says how they did, checked like ours; the others have none.
small=(--vertices 500 --size 32 --n 2 --batch 2 --level medium --quick --max-time 0)
bench 0 --sweep "${small[@]}" --op morph,encode --peers --order fixed --db "$db" --json
verdict ok
for cell in 0 1; do
    measured cells.$cell
    peer=$("$helper" get "$out" cells.$cell.peers.0.status) || complain "cell $cell has no peer"
    case $peer in
    ok | noisy) ;;
    *) complain "cell $cell: its peer is $peer: $("$helper" get "$out" cells.$cell.peers.0.reason)" ;;
    esac
done
[ "$(grep -c '"times": *[0-9]' "$out")" -ge 2 ] || complain "no cell is compared with its peer"
bench 0 report last --db "$db" -o peers.html
grep -q 'id=peers' peers.html || complain "the page has no peers"
bench 0 export last --md --db "$db"

# Every device: a sweep each, one object.
bench 0 --sweep --device all "${small[@]}" --op keypoints --db "$db" --json -o all.html
value schema fmbench/sweeps/1
value sweeps.0.schema fmbench/sweep/1
value sweeps.0.cells.0.op keypoints
[ -s all.html ] || complain "--device all writes no page"

# Live, two stored runs: the same kernels are the same; a run of other cells has none in common.
bench 0 --sweep "${small[@]}" --op morph --db live.db --json
first=$("$helper" get "$out" run)
bench 0 --sweep "${small[@]}" --op morph --db live.db --json
bench 0 compare "$first" last --live --db live.db --json
value b "$("$fmbench" export last --json --db live.db >other.json && "$helper" get other.json run)"
value cells.0.same_kernels true
bench 0 --sweep "${small[@]}" --op keypoints --db live.db
bench 3 compare "$first" last --live --db live.db
grep -q 'no timed cell of that kind' "$err" || complain "nothing in common: $(cat "$err")"
finish
