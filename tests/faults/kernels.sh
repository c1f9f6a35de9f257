#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The small suite, which devices.sh takes to every driver and to Oclgrind, launches every kernel
# that there is: the layer counts them by name. A kernel of a new .cl file fails here until it has
# a place in tests/test_kernels_small.c.
#
# usage: kernels.sh PROGRAM     the built test_kernels_small
# shellcheck source=tests/faults/lib.sh
. "${FM_SOURCE_DIR:?}/tests/faults/lib.sh"
program=${1:?}

# Names of kernels: the last word before the parameters.
there=$(cat "$FM_SOURCE_DIR"/cl/*.cl | tr '\n' ' ' | sed 's/__kernel/\n&/g' |
    sed -nE 's/^__kernel[^;{]*[ *](fm_[a-z0-9_]+)\((__|const|void|ulong|uint|float|\)).*/\1/p' | sort -u)
[ "$(wc -l <<<"$there")" -ge 50 ] || complain "only these kernels were found: $there"
[ "$(cat "$FM_SOURCE_DIR"/cl/*.cl | grep -c '^__kernel')" -ge "$(wc -l <<<"$there")" ] ||
    complain "more names than kernels: $there"

launched=
for test in $("$program" --list | sed -n 's/^[^a-z]* //p'); do
    rm -f "$report"
    OPENCL_LAYERS=$layer FMFAULT_REPORT=$report "$program" -j1 --filter "*/$test" >"$out" 2>&1 ||
        complain "$test: $(tail -5 "$out")"
    [ -e "$report" ] || complain "$test: the layer did not see it"
    launched+=$(grep -oE '"fm_[a-z0-9_]+": [1-9]' "$report" | cut -d'"' -f2)$'\n'
done
for kernel in $there; do
    grep -qx "$kernel" <<<"$launched" ||
        complain "no test of test_kernels_small launches $kernel: rusticl and Oclgrind never see it"
done
finish
