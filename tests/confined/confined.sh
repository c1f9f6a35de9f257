#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The importer's cage: what a confined process can do, and what the parent makes of importers that
# crash, hang, lie or say too much.
#
# usage: confined.sh PROBE      the built tests/confined/probe.c
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
probe=${1:?}

# ---- the cage
# caged FORM: what the probe can do in that form goes to ./found, what is in force to $force.
caged() {
    rm -rf cage elsewhere
    mkdir -p cage elsewhere
    echo text | tee cage/inside.txt cage/victim.txt cage/moved.txt >elsewhere/outside.txt
    "$probe" "$PWD/cage" "$PWD/elsewhere/outside.txt" "$1" >found 2>/dev/null
    code=$?
    form=$1
    force=$(sed -n 's/^force //p' found)
    echo "$form: in force: $force"
}
can() { # can NAME yes|no
    grep -qx "$1 $2" found ||
        complain "confined, $form: $(grep "^$1 " found || echo "$1: not tried"), want $2"
}
# untouched: nothing in the folder is new, gone or other.
untouched() {
    if [ "$(cd cage && echo ./*)" != "./inside.txt ./moved.txt ./victim.txt" ] ||
        [ "$(cat cage/*)" != $'text\ntext\ntext' ]; then
        complain "confined, $form: the folder was changed: $(cd cage && wc -c ./*)"
    fi
}

caged free
echo "not to be had here even without a cage: $(sed -n 's/ no$//p' found | tr '\n' ' ')"
for what in write empty remove fork kill fchmod setsid memory; do can $what yes; done

files="write append empty unnamed_file openat2 truncate mknodat mkfifo mkdir symlink link
    rename remove"
for form in caged no-landlock no-seccomp; do
    caged $form
    can read_inside yes
    can raise_self yes
    if [[ $force != *"no Landlock"* ]]; then
        for what in read_outside read_passwd $files; do can "$what" no; done
        untouched
    fi
    if [[ $force != *"no seccomp"* ]]; then # all that is left, the calls only some machines have included
        yes=$(sed -n 's/ yes$//p' found | grep -vxE 'read_.*|raise_self|memory' | tr '\n' ' ')
        [ -z "$yes" ] || complain "confined, $form: can $yes"
        can exec no
        untouched
    fi
    if [ -z "${FM_SANITIZED:-}" ]; then
        can memory no
        [ $code -gt 128 ] || complain "confined, $form: an endless loop ended with $code"
    fi
done
[[ $force == *"no seccomp"* ]] || complain "the form without seccomp had it"

# ---- importers that misbehave
expect 0 sample -o heads --vertices 500 --texture 64
a=heads/head_a.fbx
b=heads/head_b.fbx

# One that closes its lines and stays: ended after half a minute, beside the others, or by a signal.
printf '#!/bin/bash\nexec 3>&- 4>&- sleep 1000\n' >stays.sh
chmod +x stays.sh
stays=(morph "$a" "$b" --device ref --minimal --size 16 --frames 2)
FMORPH_LOG_LEVEL=error FM_IMPORTER=$PWD/stays.sh timeout 200 "$fmorph" "${stays[@]}" -o stayed >stayed.out 2>stayed.err &
stayed=$!
start=$EPOCHREALTIME
FM_IMPORTER=$PWD/stays.sh timeout --preserve-status -s TERM 1 "$fmorph" "${stays[@]}" -o out >"$out" 2>"$err"
code=$?
took=$((${EPOCHREALTIME/[.,]/} - ${start/[.,]/}))
[ $code -eq 143 ] || complain "an importer that stays, TERM: exit $code: $(cat "$err")"
[ $took -lt 4000000 ] || complain "an importer that stays, TERM: ended after $((took / 1000)) ms"

# A build of kernels beside the import may be reported, too, when it takes long: not asked for here.
importer() { # importer WORDS < script: the next runs use it and are refused with WORDS
    cat >importer.sh
    chmod +x importer.sh
    FMORPH_LOG_LEVEL=error FM_IMPORTER=$PWD/importer.sh refused 3 "$1" morph $a $b --minimal -o out
    [ ! -e out ] || complain "$1: left something"
}
importer "crashed" <<<$'#!/bin/bash\nkill -SEGV $$'
importer "takes too long" <<<$'#!/bin/bash\nkill -XCPU $$'
importer "ended with status 9" <<<$'#!/bin/bash\nexit 9'
importer "gave no answer" <<<$'#!/bin/bash\nexit 0'
importer "answer holds" <<<$'#!/bin/bash\nhead -c 20000 /dev/zero >&3'
importer "answer holds" <<<$'#!/bin/bash\nhead -c 20000 /dev/urandom >&3'
importer "gave no answer" <<<$'#!/bin/bash\nhead -c 3000000 /dev/zero | tr "\\0" "3" >&4; exit 0'
importer "status 3" <<<"$(printf '#!/bin/bash\nprintf "3\\033[31mred\\n" >&4; exit 3\n')"
grep -q $'\033' "$err" && complain "a control byte of the importer came through"

# A real answer, damaged behind the header: caught by the mesh block's own hash.
real=$(dirname "$fmorph")/fm-import
cat >importer.sh <<S
#!/bin/bash
file=/proc/self/fd/3
"$real" "\$@" || exit
printf '\377' | dd of=\$file bs=1 seek=20000 conv=notrunc status=none
S
chmod +x importer.sh
FMORPH_LOG_LEVEL=error FM_IMPORTER=$PWD/importer.sh refused 3 "the imported mesh holds" morph $a $b --minimal -o out

# None at all: read in the process itself, which is said.
FM_IMPORTER=/nowhere refused 2 "FM_IMPORTER=/nowhere: is no program" morph $a $b --minimal --size 32 --frames 2 -o out
mkdir alone && cp "$fmorph" alone/
(
    fmorph=$PWD/alone/fmorph
    expect 0 morph $a $b --minimal --size 32 --frames 2 -o out
    exit $bad
) || bad=1
grep -q 'unconfined' "$err" || complain "no word that the file was read unconfined"
rm -rf out
wait $stayed
code=$?
[ $code -eq 3 ] || complain "an importer that stays: exit $code: $(cat stayed.err)"
grep -q 'takes too long and was stopped' stayed.err || complain "an importer that stays: $(cat stayed.err)"
[ ! -e stayed ] || complain "an importer that stays left something"
expect 0 morph $a $b --minimal --size 32 --frames 2 -o out --log-level debug
grep -q 'importer: limits' "$err" || complain "the log does not say what is in force"
finish
