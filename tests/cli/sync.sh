#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# A power cut after a run must not leave empty files under finished names: every file of the run
# folder is synced before the folder gets its name, and the folder that holds it afterwards.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

if ! command -v strace >/dev/null; then
    echo "skipped: no strace"
    exit 77
fi
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # LeakSanitizer does not work under strace
if ! strace -o /dev/null true 2>/dev/null; then
    echo "skipped: strace may not trace here"
    exit 77
fi

heads
for force in "" --force; do
    # shellcheck disable=SC2086
    strace -f --seccomp-bpf -y -e trace=fsync,rename,renameat2 -o calls "$fmorph" morph heads/head_a.fbx heads/head_b.fbx \
        -o out --full --frames 3 --size 64 $force >"$out" 2>"$err" </dev/null || complain "run: $(tail -n 2 "$err")"
    moved=$(grep -n 'renameat2(.*"out/\.fm-[0-9a-f]*-0\.tmp"' calls | tail -n 1 | cut -d: -f1)
    [ -n "$moved" ] || complain "the run folder was not moved"
    (cd out/head_a_head_b && find . -type f) | sed 's|^[.]/||' >files
    [ "$(wc -l <files)" -gt 10 ] || complain "only $(wc -l <files) files"
    head -n "${moved:-0}" calls >before
    tail -n +"${moved:-1}" calls >after
    while read -r file; do
        grep -q "/\.fm-[0-9a-f]*-0\.tmp/$file>" before || complain "$file: not synced before the folder's name"
    done <files
    grep -q "fsync([0-9]*<$work/out/*>) *= 0" after || complain "the folder above is not synced"
done
finish
