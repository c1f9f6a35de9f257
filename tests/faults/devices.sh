#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Made-up devices: 48 mixtures of memory, group size, local memory and what is lacking, both
# specialisations, by FM_TEST_SEED. The result is the right one, or the run is refused in one line; no
# plan passes what the device says it has.
#
# FM_FAULTS=all: all of them; FM_FAULTS=1/K: one in K; by default one in 4.
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
RANDOM=${FM_TEST_SEED:-20240607}
k=${FM_FAULTS:-1/4}
[ "$k" = all ] && k=1/1
k=${k#1/}
small_heads
job=(morph "$a" "$b" --minimal --frames 5 --size 96 -q)
for form in cpu gpu; do
    expect 0 "${job[@]}" --specialisation $form -o good-$form
done
memories=(1M 2M 4M 16M 64M 256M 1G 8G 24G 48G)
groups=(1 2 16 31 32 64 128 256 1024)
locals=(0 1K 4K 8K 16K 32K 48K 64K)
lacks=("" "" "" images profiling clock fp64 "images,profiling" "fp64,clock")

# pick WORDS...: one of them.
pick() {
    local words=("$@")
    picked=${words[RANDOM % ${#words[@]}]}
}

# bytes SIZE
bytes() {
    case $1 in
    *K) echo $((${1%K} << 10)) ;;
    *M) echo $((${1%M} << 20)) ;;
    *) echo $((${1%G} << 30)) ;;
    esac
}

runs=0 right=0
for ((n = 1; n <= 48; n++)); do
    pick "${memories[@]}"
    memory=$picked
    pick "${groups[@]}"
    group=$picked
    pick "${locals[@]}"
    local_bytes=$picked
    pick "${lacks[@]}"
    lack=$picked
    form=cpu
    [ $((n % 2)) -eq 0 ] || form=gpu
    [ $((n % k)) -eq 0 ] || continue
    what="device $n: $memory, groups of $group, local $local_bytes, lacks '$lack', $form"
    rm -rf out
    # The layer takes 0 for "as the device says".
    [ "$local_bytes" != 0 ] || local_bytes=1
    faulty FMFAULT_MEM_CAP="$memory" FMFAULT_WG_CAP="$group" FMFAULT_LMEM_CAP="$local_bytes" \
        FMFAULT_LACK="$lack" -- "${job[@]}" --specialisation $form -o out
    runs=$((runs + 1))
    nothing_lives "$what"
    wants "$what: calls the device refused" "$(fact refused)" 0
    [ "$(fact memory.peak_bytes)" -le "$(bytes "$memory")" ] || complain "$what: more memory was taken"
    if [ "$code" -eq 0 ]; then
        right=$((right + 1))
        diff -rq good-$form/head_a_head_b/png out/head_a_head_b/png >/dev/null ||
            complain "$what: other pictures"
        continue
    fi
    [[ $code == [46] ]] || complain "$what: exit $code, want 4 or 6: $(cat "$err")"
    wants "$what: lines on stderr" "$(wc -l <"$err")" 1
    [ ! -e out ] || complain "$what: left behind: $(find out | head -n 3)"
done
echo "$runs devices, $right with the right result, the others refused"
[ $((right * 2)) -ge "$runs" ] || complain "only $right of $runs devices work"
finish
