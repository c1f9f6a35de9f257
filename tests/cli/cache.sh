#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# --cache DIR: off unless asked for, exact, by step, marked, and harmless when damaged.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
heads
a=heads/head_a.fbx
b=heads/head_b.fbx
small=(--frames 5 --size 64 --cache kept)

# cached FOLDER: "marked/all" files of its run.json.
cached() {
    local json=$1/head_a_head_b/run.json
    echo "$(grep -c '"cached": true' "$json")/$(grep -c '"cached"' "$json")"
}
same() {
    diff -rq -x run.json -x session.log "$1/head_a_head_b" "$2/head_a_head_b" || complain "$2 is not $1"
}

expect 0 morph $a $b --full --frames 5 --size 64 -o plain
[ "$(cached plain | cut -d/ -f1)" = 0 ] || complain "cached without a cache"
[ ! -e kept ] || complain "a cache nobody asked for"
expect 0 morph $a $b --full "${small[@]}" -o first
[ "$(cached first | cut -d/ -f1)" = 0 ] || complain "cached the first time: $(cached first)"
same plain first
expect 0 morph $a $b --full "${small[@]}" -o second
grep -q 'with files of the cache$' "$err" || complain "the last line does not tell where files came from: $(cat "$err")"
all=$(cached second)
[ $((${all%/*} + 1)) -eq "${all#*/}" ] || complain "not all but session.log cached: $all"
same plain second
"$helper" get second/head_a_head_b/run.json applied.3 >/dev/null
grep -q '"result-cache"' second/head_a_head_b/run.json || complain "run.json does not name the cache"
[ "$("$helper" get second/head_a_head_b/run.json batches)" = "[]" ] || complain "rendered all the same"
for key in covered_fraction clipped_pixels statistics.total_displacement.mean statistics.normal_displacement.p99; do
    [ "$("$helper" get plain/head_a_head_b/run.json $key)" = "$("$helper" get second/head_a_head_b/run.json $key)" ] ||
        complain "$key is another from the cache"
done

# Only what is concerned is made anew; names, meshes and textures count, paths do not.
expect 0 morph $a $b --full "${small[@]}" -o fps --fps 10
meshes=$(find fps/head_a_head_b/mesh fps/head_a_head_b/morph.glb -type f | wc -l) # one of them moves
[ "$(cached fps | cut -d/ -f1)" -eq $((${all%/*} - 1 - meshes)) ] || complain "another rate: $(cached fps) of $all"
cmp -s fps/head_a_head_b/animation.mp4 first/head_a_head_b/animation.mp4 && complain "the old video"
mkdir moved && cp heads/* moved
expect 0 morph moved/head_a.fbx moved/head_b.fbx --full "${small[@]}" -o third
[ "$(cached third)" = "$all" ] || complain "moved files: $(cached third)"
cp heads/head_b.png moved/head_a.png
for options in "heads/head_a.obj $b" "$a $b --texture-a heads/head_b.png" "$a $b --camera yaw=3" "$a $b --align rigid"; do
    rm -rf other
    # shellcheck disable=SC2086
    expect 0 morph $options --minimal "${small[@]}" -o other
    case $options in heads/*obj*) continue ;; esac # the same mesh in another format may be the same mesh
    [ "$(cached other | cut -d/ -f1)" = 0 ] || complain "$options: taken from the cache"
done

# Every option that changes a file belongs to the key: from the cache as without it.
for options in "--size 256" "--size 256 --precision fp16" "--fps 5" "--camera yaw=9" "--samples 4" "--mesh-format obj"; do
    rm -rf with without
    # shellcheck disable=SC2086
    expect 0 morph $a $b --full "${small[@]}" $options -o with
    # shellcheck disable=SC2086
    expect 0 morph $a $b --full --frames 5 --size 64 $options -o without
    same without with
done

# Kernels of another folder: neither from the cache nor into it.
cp -r "$FM_SOURCE_DIR/cl" other_kernels
FM_CL_DIR=$PWD/other_kernels expect 0 morph $a $b --full "${small[@]}" -o foreign
grep -q 'warning: --cache: not used' "$err" || complain "a cache for foreign kernels: $(cat "$err")"
[ "$(cached foreign | cut -d/ -f1)" = 0 ] || complain "foreign kernels: $(cached foreign)"

# A cache on another kind of file system, where the kernel does not copy between the two.
memory=/dev/shm/fm_test_cache.$$
if mkdir "$memory" 2>/dev/null && [ "$(stat -f -c %T /dev/shm)" != "$(stat -f -c %T .)" ]; then
    for name in shm again; do
        expect 0 morph $a $b --full --frames 5 --size 64 --cache "$memory" -o $name
        grep -q 'warning: --cache' "$err" && complain "a cache in memory: $(cat "$err")"
        same plain $name
    done
    [ "$(cached again)" = "$all" ] || complain "from a cache in memory: $(cached again) of $all"
else
    echo "skipped: no other kind of file system for the cache"
fi
rm -rf "$memory"

# A damaged entry is made anew.
find kept -name '*.png' -exec truncate -s 5 {} +
expect 0 morph $a $b --full "${small[@]}" -o healed
grep -q 'damaged entry' "$err" || complain "damage is not told"
same plain healed
expect 0 morph $a $b --full "${small[@]}" -o healed --force
[ "$(cached healed)" = "$all" ] || complain "the entry was not replaced: $(cached healed)"
# Four bytes of a picture, its size as before; then pipes in the place of what is known besides.
find kept -name '*-0500_*.png' | while read -r one; do
    printf 'flip' | dd of="$one" bs=1 seek=200 conv=notrunc status=none
done
expect 0 morph $a $b --full "${small[@]}" -o flipped
grep -q 'damaged entry' "$err" || complain "four other bytes are not told"
same plain flipped
for facts in kept/*/facts; do
    rm "$facts" && mkfifo "$facts"
done
expect 0 morph $a $b --full "${small[@]}" -o piped
same plain piped
expect 0 morph $a $b --minimal --frames 2 --size 16 -o nocache --cache heads/head_a.png
grep -q 'warning: --cache' "$err" || complain "a cache that cannot be written is not told"
finish
