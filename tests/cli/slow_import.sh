#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Signals while files are read: the run ends at once, as it says it does, and no importer outlives
# it, not even when it is killed.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

# A mesh of many parts, each of which Assimp looks for in all materials.
awk 'BEGIN {
    print "mtllib slow.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0"
    for (i = 0; i < 8000; i++) printf "usemtl m%d\nf 1 2 3\n", 199999 - i
}' >slow.obj
awk 'BEGIN { for (i = 0; i < 200000; i++) printf "newmtl m%d\nKd 1 1 1\n", i }' >slow.mtl

# importers: those of this test.
importers() {
    grep -alzxF "$work/slow.obj" /proc/[0-9]*/cmdline 2>/dev/null |
        xargs -r grep -alzE 'fm-import$' 2>/dev/null
}

# signalled SIGNAL CODE WORDS...: in the middle of reading.
signalled() {
    local signal=$1 want=$2 pid start took
    shift 2
    "$fmorph" "$@" >"$out" 2>"$err" </dev/null &
    pid=$!
    for ((i = 0; i < 50; i++)); do
        [ -z "$(importers)" ] || break
        sleep 0.1
    done
    sleep 0.3
    [ -n "$(importers)" ] || complain "$1 $signal: nothing was being read: $(cat "$err")"
    start=$EPOCHREALTIME
    kill -s "$signal" $pid
    wait $pid 2>/dev/null
    code=$?
    took=$((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}))
    [ $code -eq "$want" ] || complain "$1 $signal: exit $code, want $want: $(cat "$err")"
    [ $took -lt 2000000 ] || complain "$1 $signal: ended after $((took / 1000)) ms"
    sleep 0.5
    [ -z "$(importers)" ] || complain "$1 $signal: an importer goes on: $(importers)"
    [ "$(echo out*)" = "out*" ] || complain "$1 $signal: left $(echo out*)"
}
slow=$work/slow.obj
morph=(morph "$slow" "$slow" --device ref --minimal --size 16 --frames 2 -o out)
signalled TERM 143 "${morph[@]}"
if [ "$(wc -l <"$err")" -ne 1 ] || ! grep -q interrupted "$err"; then
    complain "TERM: says $(cat "$err")"
fi
signalled INT 130 "${morph[@]}"
signalled KILL 137 "${morph[@]}"
printf 'a,b\n%s,%s\n' "$slow" "$slow" >pairs.csv
signalled TERM 143 batch pairs.csv --device ref --minimal --size 16 --frames 2 -o out
finish
