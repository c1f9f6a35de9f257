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
mkdir -p cage elsewhere
echo text >cage/inside.txt
echo text >elsewhere/outside.txt
"$probe" "$PWD/cage" "$PWD/elsewhere/outside.txt" >found 2>/dev/null
code=$?
force=$(sed -n 's/^force //p' found)
echo "in force: $force"
can() { # can NAME yes|no
    grep -qx "$1 $2" found || complain "confined: $(grep "^$1 " found || echo "$1: not tried"), want $2"
}
can read-inside yes
if [[ $force != *"no Landlock"* ]]; then
    can read-outside no
    can read-passwd no
fi
if [[ $force != *"no seccomp"* ]]; then
    for what in write append remove socket fork exec; do can $what no; done
    [ -e cage/inside.txt ] || complain "confined: the file is gone"
fi
if [ -z "${FM_SANITIZED:-}" ]; then
    can memory no
    [ $code -gt 128 ] || complain "confined: an endless loop ended with $code"
fi

# ---- importers that misbehave
expect 0 sample -o heads --vertices 500 --texture 64
a=heads/head_a.fbx
b=heads/head_b.fbx
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
FM_IMPORTER=/nowhere expect 0 morph $a $b --minimal --size 32 --frames 2 -o out
grep -q 'unconfined' "$err" || complain "no word that the file was read unconfined"
rm -rf out
expect 0 morph $a $b --minimal --size 32 --frames 2 -o out --log-level debug
grep -q 'importer: limits' "$err" || complain "the log does not say what is in force"
finish
