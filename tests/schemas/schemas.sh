#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Outputs of the commands against results/schemas, and damaged ones, which must be refused. Every
# schema that the sources name has a file, and every file is used here.
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

used=' '
# agrees NAME FILE: the file passes; with the name of another schema it does not.
agrees() {
    used+="$1 "
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
printf '%s\n' 0.25 0.75 >weights.csv
"$FMORPH" blend $a $b --weights weights.csv -o blend --minimal --size 48 -q --json >blend.json
agrees run blend.json
refuses run run.json 's/"covered_fraction"/"covered"/'
refuses run run.json 's/"level": "medium"/"level": "fast"/'
refuses run run.json 's/("frames": )2/\1"2"/'
refuses run run.json 's/("name": ")encode/\1coding/'

"$FMORPH" devices --json >devices.json
agrees devices devices.json
refuses devices devices.json 's/("index": )0/\1-1/'
"$FMORPH" selftest --json >selftest.json
agrees selftest selftest.json
refuses selftest selftest.json 's/("passed": )(true|false)/\1"\2"/'
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
    --isolate none --max-time 0 --db sweep.db -o page.html --progress=json >sweep.json 2>sweep.err
grep '^{' sweep.err >events
for event in cell phase result end; do
    grep -m 1 "\"event\":\"$event\"" events >event.json || complain "no event $event: $(head -n 3 sweep.err)"
    agrees progress event.json
done
while read -r line; do
    echo "$line" >event.json
    "$validate" "$schemas/progress.json" event.json || complain "not an event: $line"
done <events
grep -m 1 '"event":"result"' events >event.json
refuses progress event.json 's/"event":"result"/"event":"found"/'
refuses progress event.json 's/("seconds":)[0-9.]+/\1-1/'
agrees sweep sweep.json
refuses sweep sweep.json 's/"op": "morph"/"op": "dance"/'
refuses sweep sweep.json 's/("stage": )"[^"]*"/\11/'

# prints NAME FILE ARGUMENT..: what fmbench says, whatever its verdict is.
prints() {
    "$FMBENCH" "${@:3}" --json >"$2" 2>"$2.err"
    agrees "$1" "$2"
}
sed -n 's/.*<script type="application\/json" id=data>//; T; :more; s/<\/script>.*//; t end
    N; b more; :end; p; q' page.html >report.data
agrees report report.data
refuses report report.data 's/"samples_us"/"samples_us","more"/'
prints compare compare.json compare last last --db sweep.db
refuses compare compare.json 's/("verdict": ")[a-z]+/\1quick/'
prints compare live.json compare last --live --op morph --db sweep.db
refuses compare live.json 's/"live": true/"live": 1/'
mkdir kernels
cp "$FM_SOURCE_DIR"/cl/*.cl "$FM_SOURCE_DIR"/cl/*.h kernels
sed -i 's/float weight = t\[first_frame + frame\];/& if (block > 2u) return;/' kernels/morph.cl
FM_CL_DIR=$PWD/kernels prints compare wrong.json compare last --live --quick --op morph --db sweep.db
sed -i 's/ if (block > 2u) return;/ if (weight == 7.0f) return;/' kernels/morph.cl
FM_CL_DIR=$PWD/kernels prints compare timed.json compare last --live --quick --op morph --db sweep.db
refuses compare timed.json 's/("ratio": )([0-9])/\1-\2/'
prints noise noise.json --selftest-noise --quick --op morph --vertices 500 --max-time 0 --db sweep.db
refuses noise noise.json 's/("trials": )[0-9]+/\10/'
prints scoreboard scoreboard.json scoreboard --db sweep.db
refuses scoreboard scoreboard.json 's/("theirs_kind": ")mock/\1mocked/'
prints history history.json history --db sweep.db
refuses history history.json 's/("change": )[a-z]+/\10/'
prints metrics metrics.json --describe
refuses metrics metrics.json 's/"text": "[^"]*"/"text": 1/'
prints doctor doctor.json doctor
refuses doctor doctor.json 's/"advice"/"help"/'
prints bench_devices bench_devices.json devices
refuses bench_devices bench_devices.json 's/("index": )0/\1-1/'
if [ "$(nproc)" -ge 2 ]; then
    prints concurrent concurrent.json --sweep --concurrent --compute-units 1 --op morph --batch 2 \
        --level medium --vertices 500 --quick --db sweep.db
    refuses concurrent concurrent.json 's/"kept_share"/"kept"/'
else
    echo "skipped: concurrent needs a device of two compute units"
    used+="concurrent "
fi
prints verify verify.json verify --op morph --level medium
refuses verify verify.json 's/"op": "morph"/"op": "dance"/'
prints roofs roofs.json roofs --quick
refuses roofs roofs.json 's/"unit": "[^"]*"/"unit": 1/'
prints sweeps sweeps.json --sweep --device all --quick --op morph --vertices 500 --batch 1 \
    --level medium --isolate none --max-time 0 --db sweep.db
refuses sweeps sweeps.json 's/"op": "morph"/"op": "dance"/'
prints tune list.json tune --list
refuses tune list.json 's/"usual": true/"usual": 1/'
cp -r "${FM_CACHE_DIR:-/nowhere}" cache 2>/dev/null # a tuning here is nobody else's
FM_CACHE_DIR=$PWD/cache prints tune tune.json tune --vertices 500 --size 64 --max-time 0.01
grep -q '"half_arithmetic"' tune.json || complain "no tuning: $(cat tune.json.err)"

# Those that the sources name, and those that there are.
while read -r name; do
    grep -qxF " \"title\": \"$name\"," "$schemas"/*.json || complain "$name has no file in results/schemas"
done < <(grep -rhoE '"schema(\\": *\\|", )"(facemorph|fmbench)/[a-z]+/[0-9]+' \
    "$FM_SOURCE_DIR"/{engine,harness,host} --include='*.c' | grep -oE '(facemorph|fmbench)/.*' | sort -u)
for file in "$schemas"/*.json; do
    name=$(basename "$file" .json)
    case $used in
    *" $name "*) ;;
    *) complain "nothing is held against $name.json" ;;
    esac
done
exit $bad
