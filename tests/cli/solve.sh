#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph solve: solutions and statuses of small files, JSON, refusals that write nothing.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

# array FILE TYPE SHAPE WORD...: an NPY file; each word is a number of the table below, or nan.
declare -A f4=([0]=00000000 [1]=0000803f [2]=00000040 [3]=00004040 [4]=00008040 [5]=0000a040
    [6]=0000c040 [8]=00000041 [10]=00002041 [11]=00003041 [nan]=0000c07f)
declare -A f8=([0]=0000000000000000 [1]=000000000000f03f [2]=0000000000000040 [4]=0000000000001040
    [8]=0000000000002040)
array() {
    local file=$1 type=$2 text word values=
    text="{'descr': '$type', 'fortran_order': False, 'shape': $3, }"
    shift 3
    for word in "$@"; do
        if [ "$type" = '<f8' ]; then values+=${f8[$word]}; else values+=${f4[$word]}; fi
    done
    {
        printf '\x93NUMPY\x01\x00\x76\x00%-117s\n' "$text"
        # shellcheck disable=SC2001,SC2059 # the values are hexadecimal bytes
        [ -z "$values" ] || printf "$(sed 's/../\\x&/g' <<<"$values")"
    } >"$file"
}
# holds FILE TYPE TEXT: the values behind the header.
holds() {
    local got
    got=$(tail -c +129 "$1" | od -An -v -w4096 -t "$2" | tr -s ' ')
    [ "$got" = " $3" ] || complain "$1 holds$got, want $3"
}

array a.npy '<f4' '(4, 2, 2)' 2 0 0 4 1 2 2 4 nan 0 0 1 1 2 3 4
array b.npy '<f4' '(4, 2, 1)' 2 4 5 10 1 1 5 11
expect 0 solve a.npy b.npy -o x.npy --status s.npy
[ ! -s "$out" ] || complain "something on stdout"
grep -q '2 regular, 1 by pseudo-inverse, 1 not finite' "$err" || complain "no counts: $(cat "$err")"
holds x.npy f4 '1 1 1 2 nan nan 1 2'
holds s.npy u1 '0 1 2 0'

# The other side: B is (N, m, n).
array r.npy '<f4' '(4, 1, 2)' 2 4 5 10 1 1 10 11
expect 0 solve a.npy r.npy -o x.npy --side right -q
[ ! -s "$err" ] || complain "-q says something"
holds x.npy f4 '1 1 1 2 nan nan -3.5 4.5'

expect 0 solve a.npy b.npy -o x.npy --json
cp "$out" x.json
is() {
    local got
    got=$("$helper" get x.json "$1")
    [ "$got" = "$2" ] || complain "$1 is $got, want $2"
}
is schema facemorph/solve/1
is status.regular 2
is status.pseudo_inverse 1
is status.not_finite 1
is n 2
is matrices 4
is transfers.to_device.count 3

# Every singular value counts as zero: all of X is.
expect 0 solve a.npy b.npy -o x.npy --rcond 1 --status s.npy
holds s.npy u1 '1 1 2 1'

# Double, where the device has it; the reference always has.
array d.npy '<f8' '(1, 2, 2)' 2 0 0 4
array e.npy '<f8' '(1, 2, 1)' 2 8
expect 0 solve d.npy e.npy -o x.npy --device ref
holds x.npy f8 '1 2'
expect 0 devices --json
if grep -q '"fp64": true' "$out"; then
    expect 0 solve d.npy e.npy -o x.npy
    holds x.npy f8 '1 2'
fi

# Refusals write nothing.
rm -f x.npy
array flat.npy '<f4' '(4, 4)' 2 0 0 4 1 2 2 4 0 0 0 1 1 2 3 4
array oblong.npy '<f4' '(2, 2, 4)' 2 0 0 4 1 2 2 4 0 0 0 1 1 2 3 4
array none.npy '<f4' '(0, 2, 2)'
array whole.npy '<i4' '(4, 2, 1)' 2 4 5 10 1 1 5 11
head -c 150 a.npy >cut.npy
head -c 400 /dev/zero >zero.npy
# shellcheck disable=SC2046 # a word per value
array large.npy '<f4' '(1, 33, 33)' $(printf '0 %.0s' {1..1089})
refused 3 "shape (4, 4); square" solve flat.npy b.npy -o x.npy
refused 3 "shape (2, 2, 4); square" solve oblong.npy b.npy -o x.npy
refused 3 "shape (0, 2, 2)" solve none.npy b.npy -o x.npy
refused 3 "<i4" solve a.npy whole.npy -o x.npy
refused 3 "float64" solve a.npy e.npy -o x.npy
refused 3 "it must be (N, n, m)" solve a.npy r.npy -o x.npy
refused 3 "cut off" solve cut.npy b.npy -o x.npy
refused 3 "not an NPY file" solve zero.npy b.npy -o x.npy
refused 3 "missing.npy" solve missing.npy b.npy -o x.npy
refused 6 "at most 32" solve large.npy b.npy -o x.npy
refused 5 "nowhere/x.npy" solve a.npy b.npy -o nowhere/x.npy -q
refused 2 "two files" solve a.npy -o x.npy
refused 2 "-o X.npy" solve a.npy b.npy
refused 2 "allowed: left right" solve a.npy b.npy -o x.npy --side up
refused 2 "above 0 and at most 1" solve a.npy b.npy -o x.npy --rcond 0
refused 2 "above 0 and at most 1" solve a.npy b.npy -o x.npy --rcond nan
refused 5 "nowhere/x.npy" solve a.npy b.npy -o nowhere/x.npy --status t.npy -q
[ ! -e x.npy ] || complain "a refused solve wrote x.npy"
[ ! -e t.npy ] || complain "a failed solve left its statuses"
finish
