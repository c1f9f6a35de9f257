#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Disks that are full or may only be read, for every kind of output: exit code 5, one message, old
# files as they were, nothing left behind, and the same command works once there is room.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
# shellcheck disable=SC2154 # of lib.sh
{
    fmbench=${FMBENCH:?}
    disk=$work/disk
    mkdir -p "$disk"
}
if ! mount -t tmpfs -o size=96k fm-test "$disk" 2>/dev/null; then
    echo "skipped: no tmpfs may be mounted here"
    exit 77
fi
trap 'umount "$disk"' EXIT

expect 0 sample -o heads --vertices 500 --texture 64
a=heads/head_a.obj
b=heads/head_b.obj
printf 'frame,kp,x,y,j00,j01,j10,j11\n' >clip.csv
for i in $(seq 0 400); do printf '%d,0,1,2,1,0,0,1\n%d,1,3,2,1,0,0,1\n' "$i" "$i"; done >>clip.csv
printf 'head_b\n0\n0.5\n1\n' >weights.csv
printf "\x93NUMPY\x01\x00\x3e\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1000,2,2)}\n" >m.npy
head -c 16000 /dev/zero >>m.npy
small=(--device ref --frames 3 --size 96)
bench=(--sweep --op morph --vertices 500 --quick --batch 1 --level medium --max-time 0)

fill() { # FREE: leaves so many bytes
    rm -f "$disk/filler"
    dd if=/dev/zero of="$disk/filler" bs=1k count=1000 status=none 2>/dev/null
    truncate -s "-$1" "$disk/filler"
}

# command NAME: its words in $words; outputs below $disk, a second path in $also.
command_of() {
    case $1 in
    morph) words=(morph "$a" "$b" "${small[@]}" -o "$disk/out") ;;
    full) words=(morph "$a" "$b" "${small[@]}" --full -o "$disk/out") ;;
    trace) words=(morph "$a" "$b" "${small[@]}" --minimal --trace "$disk/trace.json" -o out) ;;
    blend) words=(blend "$a" "$b" --weights weights.csv --device ref --size 96 -o "$disk/out") ;;
    sample) words=(sample -o "$disk/heads" --vertices 500 --texture 64) ;;
    keypoints) words=(keypoints --model fomm --source clip.csv --driving clip.csv -o "$disk/keys.csv" --device ref) ;;
    solve) words=(solve m.npy m.npy -o "$disk/x.npy" --device ref) ;;
    esac
}

listing() {
    (cd "$disk" && find . -type f ! -name filler -exec md5sum {} + | sort -k2 && find . -type d | sort)
}

outputs=(morph full trace blend sample keypoints solve)
fails() { # WHAT NAME
    local before after
    command_of "$2"
    before=$(listing)
    expect 5 "${words[@]}" --log-level warning
    [ "$(grep -c '^fmorph: [^w]' "$err")" -eq 1 ] || complain "$1, $2: $(cat "$err")"
    after=$(listing)
    [ "$before" = "$after" ] || complain "$1, $2: not as before: $(diff <(echo "$before") <(echo "$after"))"
    [ ! -e out ] || complain "$1, $2: out is left"
}

# ---- full, with old files
echo old >"$disk/keys.csv"
echo old >"$disk/x.npy"
echo old >"$disk/trace.json"
fill 8k
for name in "${outputs[@]}"; do
    [ "$name" = trace ] || fails "full disk" "$name"
done
fill 0
fails "full disk" trace # a small one
rm -f "$disk"/*.csv "$disk"/*.npy "$disk"/*.json

# ---- full, with nothing there at all
fill 4k
for name in morph solve; do fails "full disk, new file" $name; done

# A cache is a help, not a result: it may fail.
expect 0 morph "$a" "$b" "${small[@]}" --minimal -o cached --cache "$disk/cache"
grep -q 'warning: .*--cache' "$err" || complain "no word about the cache that could not be written: $(cat "$err")"
rm -rf cached "$disk/cache"

# ---- fmbench: an old store stays readable
rm -f "$disk/filler"
"$fmbench" "${bench[@]}" --db store.db >/dev/null 2>"$err" || complain "a sweep: $(cat "$err")"
runs=$("$fmbench" export last --db store.db --csv 2>&1 | md5sum)
cp store.db "$disk/store.db" 2>/dev/null || mount -o remount,size=512k "$disk"
cp store.db "$disk/store.db"
fill 1k
"$fmbench" "${bench[@]}" --db "$disk/store.db" >"$out" 2>"$err" </dev/null
code=$?
[ $code -eq 5 ] || complain "a sweep into a full disk: exit $code: $(tail -n 2 "$err")"
rm -f "$disk/filler"
[ "$("$fmbench" export last --db "$disk/store.db" --csv 2>&1 | md5sum)" = "$runs" ] ||
    complain "the old store says something else"
fill 1k
echo old >page.html
cp page.html "$disk/page.html" 2>/dev/null
before=$(listing)
"$fmbench" report last --db store.db -o "$disk/page.html" >"$out" 2>"$err" </dev/null
code=$?
[ $code -eq 5 ] || complain "a page into a full disk: exit $code: $(cat "$err")"
[ "$before" = "$(listing)" ] || complain "a page into a full disk left something: $(listing)"

# ---- only to be read
rm -f "$disk"/*
echo old >"$disk/keys.csv"
mount -o remount,ro "$disk"
for name in "${outputs[@]}"; do fails "read-only" "$name"; done
"$fmbench" "${bench[@]}" --db "$disk/new.db" >"$out" 2>"$err" </dev/null
code=$?
[ $code -eq 5 ] || complain "a store on a read-only disk: exit $code: $(cat "$err")"

# ---- and with room again
mount -o remount,rw,size=8m "$disk"
for name in "${outputs[@]}"; do
    command_of "$name"
    expect 0 "${words[@]}"
    rm -rf "$disk"/out out
done
left=$(find "$disk" . -name '*.tmp*' -o -name '*.old-*')
[ -z "$left" ] || complain "left behind: $left"
finish
