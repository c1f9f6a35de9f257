#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Damaged kernel caches, ours and the driver's: the result is right all the same, what is damaged is
# made anew, and the next run says nothing. And many cold starts at once in one cache.
# FM_CACHE_KINDS=all: every kind of damage in every kind of file; by default one of each.
# shellcheck disable=SC2317 # kinds of damage are called by name
# FM_COLD_STARTS: how often 8 processes start in one empty cache (default 1).
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
expect 0 sample -o heads --vertices 500 --texture 64
job=(morph heads/head_a.fbx heads/head_b.fbx --minimal --frames 2 --size 32 --log-level warning)
# The user's own choice of folder would be left alone, whatever is in it.
unset POCL_CACHE_DIR
export FM_CACHE_DIR=$work/cache
expect 0 "${job[@]}" -o good
cp -r cache whole
[ "$(find whole -name '*.so' | wc -l)" -gt 3 ] || complain "the driver keeps nothing: $(find whole | head)"

# noise FILE
noise() {
    head -c "$(stat -c %s "$1")" /dev/urandom >"$1.new"
    cat "$1.new" >"$1"
    rm "$1.new"
}

zero() {
    truncate -s 0 "$1"
}

cut_short() {
    truncate -s 100 "$1"
}

half() {
    truncate -s $(($(stat -c %s "$1") / 2)) "$1"
}

foreign() {
    head -c 5000 "$fmorph" >"$1"
}

folder() {
    rm -f "$1"
    mkdir "$1"
}

gone() {
    rm -f "$1"
}

# damaged KIND PATTERN: all files of that name, then two runs.
damaged() {
    local kind=$1 pattern=$2 file files=0
    rm -rf cache made
    cp -r whole cache
    while IFS= read -r file; do
        $kind "$file"
        files=$((files + 1))
    done < <(find cache -name "$pattern" -type f)
    [ $files -gt 0 ] || complain "$kind $pattern: no such file"
    run "${job[@]}" -o made
    [ "$code" -eq 0 ] || complain "$kind $pattern: exit $code: $(tail -n 2 "$err")"
    diff -rq -x run.json -x session.log good made >/dev/null || complain "$kind $pattern: other pictures"
    [ "$(wc -l <"$err")" -le 1 ] || complain "$kind $pattern: $(wc -l <"$err") lines: $(cat "$err")"
    grep -q 'damaged files' "$err" && seen=$((seen + 1))
    rm -rf made
    run "${job[@]}" -o made
    [ "$code" -eq 0 ] || complain "$kind $pattern, again: exit $code: $(tail -n 2 "$err")"
    [ ! -s "$err" ] || complain "$kind $pattern: not mended: $(cat "$err")"
    diff -rq -x run.json -x session.log good made >/dev/null || complain "$kind $pattern, again: other pictures"
    [ "$(count cache/*damaged* made/*tmp*)" = 0 ] || complain "$kind $pattern: left: $(ls cache made)"
    kinds=$((kinds + 1))
}

kinds=0 seen=0
if [ "${FM_CACHE_KINDS:-}" = all ]; then
    for pattern in program.bc '*.so' '*.fmbin' 'memory-*'; do
        [ -n "$(find whole -name "$pattern" -print -quit)" ] || continue
        for kind in noise zero cut_short half foreign folder gone; do
            damaged $kind "$pattern"
        done
    done
else
    damaged noise program.bc
    damaged cut_short '*.so'
fi
# The harness looks, too.
if [ -n "${FMBENCH:-}" ]; then
    rm -rf cache
    cp -r whole cache
    while IFS= read -r file; do cut_short "$file"; done < <(find cache -name '*.so' -type f)
    for want in 1 0; do
        "$FMBENCH" devices >"$out" 2>"$err" </dev/null || complain "fmbench devices: $(cat "$err")"
        [ "$(grep -c 'damaged files' "$err")" = $want ] || complain "fmbench, $want lines wanted: $(cat "$err")"
    done
fi
echo "$kinds kinds of damage, $seen in the driver's cache were seen"

# Eight at once with nothing cached, as often as asked for.
starts=0
for ((n = 0; n < ${FM_COLD_STARTS:-1}; n++)); do
    rm -rf cache made-*
    pids=()
    for i in 1 2 3 4 5 6 7 8; do
        "$fmorph" "${job[@]}" -o "made-$i" >"out-$i" 2>"err-$i" </dev/null &
        pids+=($!)
    done
    for i in 1 2 3 4 5 6 7 8; do
        wait "${pids[i - 1]}"
        code=$?
        starts=$((starts + 1))
        [ $code -eq 0 ] || complain "cold start $n, process $i: exit $code: $(tail -n 2 "err-$i")"
        diff -rq -x run.json -x session.log good "made-$i" >/dev/null || complain "cold start $n, process $i: other pictures"
    done
done
echo "$starts cold starts at once"
finish
