#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs that are killed at any moment: each result is absent, old or whole; what goes on afterwards
# finishes, gives the right files, and leaves nothing else in the folder.
# FM_KILLS: how often each job is killed (default 2). FM_TEST_SEED: when.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
kills=${FM_KILLS:-2}
RANDOM=${FM_TEST_SEED:-7}
expect 0 sample -o heads --vertices 800 --texture 64
a=heads/head_a.fbx
b=heads/head_b.fbx
printf 'a,b\n%s,%s\n%s,%s\n' "$a" "$b" "$b" "$a" >pairs.csv
awk 'BEGIN {
    print "frame,kp,x,y,j00,j01,j10,j11"
    for (f = 0; f < 2000; f++)
        for (k = 0; k < 10; k++) printf "%d,%d,%.6f,%.6f,1,0.1,0.05,1.1\n", f, k, sin(k) + 0.01 * f, cos(3 * k)
}' >driving.csv
head -n 11 driving.csv >source.csv

# told WORDS...: the command, in ./at, whose files end up below ./at/made.
told() {
    (cd at && exec "$fmorph" "$@" -q >"$out" 2>"$err" </dev/null)
}

# microseconds since the epoch
now() {
    echo "${EPOCHREALTIME/[.,]/}"
}

# same WHAT ONE OTHER: but for what tells times.
same() {
    diff -rq -x run.json -x session.log "$2" "$3" >"$work/diff" || complain "$1: $(head -n 3 "$work/diff")"
}

# whole_or_old WHAT: each entry of ./at/made that is not a temporary one.
whole_or_old() {
    local path name
    for path in at/made/*; do
        name=${path#at/made/}
        [[ -e $path ]] || continue
        diff -rq -x run.json -x session.log "$path" "good/$name" >/dev/null && continue
        diff -rq "$path" "old/$name" >/dev/null || complain "$1: $name is neither old nor whole"
    done
}

# killed JOB OLD WORDS...: OLD: what lies at ./at/made/OLD before, a folder when it ends with a slash.
killed() {
    local job=$1 old=$2 n took latest delay ends=0 pid
    shift 2
    rm -rf at good old
    mkdir -p at/made old
    ln -s ../heads ../pairs.csv ../driving.csv ../source.csv at/
    local start
    start=$(now)
    told "$@" || complain "$job: $(cat "$err")"
    took=$(($(now) - start))
    latest=$took
    mv at/made good
    case $old in
    "") ;;
    */) mkdir -p "old/$old" && echo old >"old/${old}file" ;;
    *) echo old >"old/$old" ;;
    esac
    # The first run may have been a slow one: kills that come too late come earlier the next time.
    for ((n = 0; n < kills || (n == ends && n < kills + 10); n++)); do
        rm -rf at/made
        cp -r old at/made
        delay=$((RANDOM * latest / 32768 + 1000))
        (cd at && exec "$fmorph" "$@" -q >"$out" 2>"$err" </dev/null) &
        pid=$!
        sleep "$((delay / 1000000)).$(printf %06d $((delay % 1000000)))"
        kill -s KILL $pid 2>/dev/null || ends=$((ends + 1)) latest=$((latest * 2 / 3))
        wait $pid 2>/dev/null
        whole_or_old "$job, killed after $delay us"
        told "$@" || complain "$job, again after $delay us: $(cat "$err")"
        wants_names "$job, again after $delay us"
        same "$job, again after $delay us" at/made good
    done
    echo "$job: killed $((n - ends)) times of $n, $ends had ended; a run takes $((took / 1000)) ms"
    [ $ends -lt $n ] || complain "$job: always too late"
}

# wants_names WHAT: nothing else is in the folder, hidden or not.
wants_names() {
    [ "$(ls -A at/made)" = "$(ls -A good)" ] || complain "$1: left: $(cd at/made && echo .[!.]* *)"
}

full=("$a" "$b" --full --mesh-textures all --frames 6 --size 64 --force -o made)
killed morph head_a_head_b/ morph "${full[@]}"
killed batch head_a_head_b/ batch pairs.csv --frames 4 --size 64 --resume -o made
killed keypoints out.npz keypoints --model fomm --source source.csv --driving driving.csv -o made/out.npz
killed sample "" sample --vertices 500 --texture 64 -o made

# With kernels to be built and stored: the cache is the folder that must not break.
killed_cold() {
    local n delay pid
    rm -rf good_cold
    expect 0 morph "$a" "$b" --minimal --frames 3 --size 32 -o good_cold
    for ((n = 0; n < kills; n++)); do
        [ $((n % 3)) -ne 0 ] || rm -rf cold
        mkdir -p cold/fm cold/pocl
        rm -rf made
        delay=$((RANDOM % 900))
        FM_CACHE_DIR=$work/cold/fm POCL_CACHE_DIR=$work/cold/pocl \
            "$fmorph" morph "$a" "$b" --minimal --frames 3 --size 32 -q -o made >"$out" 2>"$err" &
        pid=$!
        sleep "0.$(printf %03d $delay)"
        kill -s KILL $pid 2>/dev/null
        wait $pid 2>/dev/null
        rm -rf made
        FM_CACHE_DIR=$work/cold/fm POCL_CACHE_DIR=$work/cold/pocl \
            "$fmorph" morph "$a" "$b" --minimal --frames 3 --size 32 -q -o made >"$out" 2>"$err"
        code=$?
        [ $code -eq 0 ] || complain "cold cache, killed after $delay ms: exit $code: $(cat "$err")"
        same "cold cache, killed after $delay ms" made good_cold
        [ "$(count cold/fm/*.tmp* cold/fm/.fm-*)" = 0 ] || complain "cold cache: left: $(ls -A cold/fm)"
    done
    echo "cold cache: killed $kills times"
}
killed_cold
finish
