#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs that fail or are interrupted say so in one line, with the right exit code, and leave nothing.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
heads
a=heads/head_a.fbx
b=heads/head_b.fbx

nothing_left() {
    [ ! -e "$1" ] || complain "$2: left behind: $(find "$1" | head -n 5)"
}

# Input.
expect 0 sample -o other --vertices 2100 --texture 64
refused 3 "do not match" morph $a other/head_a.fbx -o out
nothing_left out "a pair that does not match"
printf 'not a picture' >broken.png
refused 3 "broken.png" morph $a $b --minimal -o out --texture-a broken.png
refused 3 "missing.png" morph $a $b --minimal -o out --texture-b missing.png
nothing_left out "a broken texture"

refused 3 "a file without a name" morph "" $b --minimal -o out
mkdir tables && printf 'a,b\n1,"2\n' >tables/t.csv
refused 3 "tables/t.csv: row" batch tables/t.csv -o out
nothing_left out "odd names and tables"

# A head's file takes the place of an old file, never of a folder.
mkdir -p mine/head_b.png && echo kept >mine/head_b.png/kept && echo old >mine/head_a.fbx
refused 5 "mine/head_b.png: is in the way" sample -o mine --vertices 500 --texture 64
[ "$(cat mine/head_a.fbx mine/head_b.png/kept | tr '\n' ' ')" = "old kept " ] || complain "a sample that failed changed $(ls -R mine)"
[ "$(count mine/* mine/.[!.]*)" -eq 2 ] || complain "a sample that failed left $(ls -A mine)"

# Device.
refused 4 "no-such-device" morph $a $b --minimal -o out --device no-such-device
nothing_left out "a missing device"
OCL_ICD_VENDORS=/nonexistent refused 4 "install" morph $a $b --minimal -o out
OCL_ICD_VENDORS=/nonexistent refused 4 "fmbench doctor" morph $a $b --minimal -o out
nothing_left out "no driver"

# Limits.
refused 6 "and the memory budget is 1048576 (fmorph mem" morph $a $b --minimal -o out --mem-limit 1M
refused 6 "a smaller --keep-free" morph $a $b --minimal -o out --keep-free 9999G
nothing_left out "--mem-limit"

# Output.
: >file
refused 5 "file" morph $a $b --minimal -o file/below
mkdir -p taken/head_a_head_b
refused 5 "taken/head_a_head_b" morph $a $b --minimal -o taken
if [ "$(id -u)" -ne 0 ]; then
    mkdir locked && chmod 555 locked
    refused 5 "locked" morph $a $b --minimal -o locked
    refused 5 "locked" sample -o locked/heads
fi
cp $a $b taken/head_a_head_b
refused 2 "is in the output folder" morph taken/head_a_head_b/head_a.fbx $b --minimal -o taken --force
# The limit counts for what the importer's process hands over and for a driver's cache, too: it lies
# above the first, below a picture of 600 kB, and the reference needs no driver.
(ulimit -f 260 && trap '' XFSZ && "$fmorph" morph $a $b --minimal --size 2048 --frames 2 --device ref -o full >"$out" 2>"$err")
[ $? -eq 5 ] || complain "a full disk does not give exit 5"
nothing_left full "a full disk"
"$fmorph" --version >/dev/full 2>"$err"
[ $? -eq 5 ] || complain "a full stdout does not give exit 5"

# Interrupted at different moments; what is there already survives.
interrupt() {
    local signal=$1 want=$2 delay=$3 folder=$4
    shift 4
    "$fmorph" morph $a $b --minimal --frames 20000 --size 512 -o "$folder" "$@" >"$out" 2>"$err" &
    local pid=$!
    sleep "$delay"
    kill -s "$signal" $pid
    wait $pid
    local code=$?
    [ $code -eq "$want" ] || complain "SIG$signal after $delay s: exit $code, want $want: $(cat "$err")"
    # A compile of the driver's that the signal met may add a count of errors: not our line.
    [ "$(grep -cvE '^[0-9]+ errors? generated\.$' "$err")" -eq 1 ] || complain "SIG$signal: $(cat "$err")"
}
for delay in 0.1 0.4 1.0; do
    interrupt INT 130 $delay cut
    nothing_left cut "SIGINT after $delay s"
done
interrupt TERM 143 0.5 deep/er/cut
nothing_left deep "SIGTERM"
interrupt HUP 129 0.5 cut # a terminal that is closed
nothing_left cut "SIGHUP"
expect 0 morph $a $b --minimal --frames 2 --size 64 -o kept
cp -r kept before
interrupt INT 130 0.5 kept --force
diff -r before kept || complain "an interrupted --force run changed the old one"
finish
