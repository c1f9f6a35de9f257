#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A sweep and a tuning that have the time for all their parts: batches around the knee, the cold
# start, candidates and batches timed in turn.
# shellcheck source=tests/cli/bench_lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/bench_lib.sh"

own_cache
minutes=${FM_WHOLE_MINUTES:-5} # at most; an idle machine needs one for each

# count PATH: the length of a list of the JSON on stdout.
count() {
    local n=0
    while "$helper" get "$out" "$1.$n" >/dev/null 2>&1; do n=$((n + 1)); done
    echo "$n"
}

# All batches of one op, 13 of them, then those around the knee, then a cold start.
sweep=(--sweep --op morph --vertices 500 --size 32 --level medium --db "$db")
bench 0 "${sweep[@]}" --list
listed=$(grep -c '^ *morph' "$out")
[ "$listed" -ge 13 ] || complain "only $listed cells: $(cat "$out")"
bench 0 "${sweep[@]}" --max-time "${minutes}m" --json
verdict ok
cells=$(count cells)
[ "$cells" -gt "$listed" ] || complain "none of the $cells cells lies around the knee"
for ((i = 0; i < cells; i++)); do measured "cells.$i"; done
rates() { # of all cells, in order
    for ((i = 0; i < cells; i++)); do "$helper" get "$out" "cells.$i.rate"; done | sort -g
}
rates >told_rates
cold_s=$("$helper" get "$out" cold.3.seconds)
for ((i = 0; i < $(count cold); i++)); do "$helper" get "$out" "cold.$i.stage"; done >stages
for stage in platform context upload 'first frame' 'first frame, cached' 'second frame, cached'; do
    grep -qx "$stage" stages || complain "no stage '$stage' of the cold start: $(cat stages)"
done
bench 0 export last --json --db "$db"
[ "$(count cells)" -eq "$cells" ] || complain "stored: $(count cells) of $cells cells"
[ "$(count cold)" -eq "$(wc -l <stages)" ] || complain "stored: $(count cold) stages"
rates | cmp -s - told_rates || complain "other rates are stored"
[ "$("$helper" get "$out" cold.3.seconds)" = "$cold_s" ] || complain "another cold start is stored"
bench 0 report last -o page.html --db "$db"
grep -q 'first frame, cached' page.html || complain "the page has no cold start"

# times LIST: how many candidates of a list were timed in turn, and how many were chosen.
times() {
    local i timed=0 chosen=0
    for ((i = 0; i < $(count "$1"); i++)); do
        [ "$("$helper" get "$out" "$1.$i.times")" = null ] || timed=$((timed + 1))
        [ "$("$helper" get "$out" "$1.$i.chosen")" = true ] && chosen=$((chosen + 1))
    done
    echo "$timed $chosen"
}
bench 0 tune --vertices 500 --size 32 --max-time "${minutes}m" --json
for list in raster raster_4_samples morph solve; do
    read -r timed chosen <<<"$(times $list)"
    [ "$timed" -ge 2 ] || complain "$list: $timed candidates were timed in turn"
    [ "$chosen" -eq 1 ] || complain "$list: $chosen candidates were chosen"
done
file=$("$helper" get "$out" stored)
grep -q '^batch_medium [1-9]' "$file" || complain "no batch was stored: $(cat "$file")"
# Again with the same end, without storing it; what was stored is told.
cp "$file" first
bench 0 tune --vertices 500 --size 32 --max-time 0.01 --dry-run
grep -q '^stored before: .*frames/s$' "$out" || complain "not told what was stored: $(cat "$out")"
grep -q "^verdict=not-stored" "$err" || complain "--dry-run: $(tail -n 1 "$err")"
cmp -s first "$file" || complain "--dry-run changed what is stored"
finish
