#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Outputs of the commands against results/schemas, and damaged ones, which must be refused.
# usage: schemas.sh VALIDATOR
set -uo pipefail

validate=${1:?}
schemas=${FM_SOURCE_DIR:?}/results/schemas
cd "${FM_TEST_TMP:?}" || exit 1
rm -rf ./*
bad=0
complain() {
    echo "FAIL: $*"
    bad=1
}

# agrees NAME FILE: the file passes; with the name of another schema it does not.
agrees() {
    [ -s "$2" ] || complain "$2: empty"
    "$validate" "$schemas/$1.json" "$2" || complain "$2 does not agree with $1.json"
    sed 's/"schema": *"/&x/' "$2" >damaged.json
    "$validate" "$schemas/$1.json" damaged.json 2>/dev/null
    [ $? -eq 1 ] || complain "$1: another schema passes"
}
# refuses NAME FILE SED: the damaged file is refused.
refuses() {
    sed -E "$3" "$2" >damaged.json
    ! cmp -s "$2" damaged.json || complain "$1: '$3' changes nothing"
    "$validate" "$schemas/$1.json" damaged.json 2>/dev/null
    [ $? -eq 1 ] || complain "$1: passes after '$3'"
}

"${FMORPH:?}" sample -o heads --vertices 600 --texture 64 -q >/dev/null
a=heads/head_a.fbx b=heads/head_b.fbx
"$FMORPH" morph $a $b -o out --full --frames 2 --size 48 -q --json >run.json
"$FMORPH" morph $a $b -o out2 --minimal --frames 2 --size 48 -q --json --align rigid \
    --samples 4 --mem-limit 64M >run2.json
"$FMORPH" morph $a $b -o out3 --minimal --frames 2 --size 48 -q --json --device ref >run3.json
agrees run run.json
agrees run run2.json
agrees run run3.json
agrees run out/head_a_head_b/run.json
refuses run run.json 's/"covered_fraction"/"covered"/'
refuses run run.json 's/"level": "medium"/"level": "fast"/'
refuses run run.json 's/("frames": )2/\1"2"/'
refuses run run.json 's/("name": ")encode/\1coding/'

"$FMORPH" devices --json >devices.json
agrees devices devices.json
refuses devices devices.json 's/("index": )0/\1-1/'
"$FMORPH" mem --json >memory.json
agrees memory memory.json
"$FMORPH" batch heads -o batch --frames 2 --size 48 --minimal --json -q >batch.json
agrees batch batch.json

{
    echo frame,kp,x,y,j00,j01,j10,j11
    for f in 0 1; do
        for k in {0..9}; do echo "$f,$k,0.$k,0.$((k * k)),1,0,0.$f,1"; done
    done
} >clip.csv
"$FMORPH" keypoints --model fomm --source clip.csv --driving clip.csv -o new.csv --json -q \
    --report report.json >keypoints.json
agrees keypoints keypoints.json
agrees keypoints report.json

array() { # shape, bytes of little-endian floats
    printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': $1, }"
    # shellcheck disable=SC2059 # bytes
    printf "$2"
}
array '(1, 1, 1)' '\x00\x00\x80\x40' >a.npy
array '(1, 1, 1)' '\x00\x00\x80\x3f' >b.npy
"$FMORPH" solve a.npy b.npy -o x.npy --json -q >solve.json
agrees solve solve.json

"${FMBENCH:?}" --sweep --op morph,solve --n 3 --vertices 500 --batch 1 --quick --level medium --json \
    --isolate none --max-time 20 --db sweep.db >sweep.json 2>sweep.err
agrees sweep sweep.json
refuses sweep sweep.json 's/"op": "morph"/"op": "dance"/'
exit $bad
