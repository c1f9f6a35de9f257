#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every check of scripts/check.sh can fail: plants one defect at a time into a copy of the tree.
set -uo pipefail

for tool in clang clang-format g++ cppcheck shellcheck codespell; do
    command -v "$tool" >/dev/null && continue
    echo "skipped: no $tool (scripts/install_deps.sh --check)"
    exit 77
done

tree=${FM_TEST_TMP:?}/tree
rm -rf "$tree"
mkdir -p "$tree"
cd "${FM_SOURCE_DIR:?}" || exit 1
cp -R .clang-format .ci CMakeLists.txt ./*.md cl host engine harness tests scripts "$tree"
cd "$tree" || exit 1
bad=0

# bites CHECK WORDS: the check must fail and say WORDS
bites() {
    local out
    if out=$(scripts/check.sh "$1" 2>&1); then
        echo "check $1 did not see: $2"
        bad=1
    elif ! grep -qF -- "$2" <<<"$out"; then
        echo "check $1 failed for another reason than: $2"
        echo "$out" | head -20
        bad=1
    fi
}

# plant FILE TEXT CHECK WORDS: FILE with TEXT at its end breaks CHECK
plant() {
    local saved
    saved=$(mktemp)
    [ ! -e "$1" ] || cp "$1" "$saved"
    printf '%s\n' "$2" >>"$1"
    bites "$3" "$4"
    if [ -s "$saved" ]; then cp "$saved" "$1"; else rm -f "$1"; fi
    rm -f "$saved"
}

spdx='/* SPDX-License-Identifier: MIT */'
plant host/planted.c $'int   planted ;' format planted.c
plant cl/planted.cl $'int   planted ;' format planted.cl
plant host/planted.c 'int planted;' spdx host/planted.c
plant scripts/planted.sh 'true' spdx scripts/planted.sh
plant host/planted.c '#include "pair_join.h"' includes 'host may not include engine/pair_join.h'
plant engine/ref/planted.c '#include "error.h"' includes 'ref may not include host/error.h'
plant engine/planted.c '#include "case.h"' includes 'engine may not include harness/case.h'
plant engine/planted.c '#include <unistd.h>' includes 'engine is ISO C11 only'
plant engine/planted.c '#include "nowhere.h"' includes 'no header of this tree'
plant harness/planted.c '#include "fm_test.h"' includes 'harness may not include tests/fm_test.h'
plant host/planted.c '#include <png.h>' includes 'host may not know <png.h>'
plant host/io/planted.c '#include <CL/cl.h>' includes 'io may not know <CL/cl.h>'
plant cl/planted.cl '#include "error.h"' includes 'cl may not include host/error.h'
plant engine/include/fm/status.h 'FM_API size_t fm_planted(void);' headers size_t
plant engine/include/fm/status.h 'FM_API int fm_planted(int class);' headers class
plant host/error.h 'FILE *planted;' headers FILE
plant cl/planted.cl '__kernel void planted(__global int *a) { a[0] = b; }' kernels "'b'"
plant cl/planted.cl '__kernel void planted(__global int *a) { int n; a[0] = 1; }' kernels unused
plant cl/raster_shade.cl $'#if FMK_SAMPLES == 4 && FMK_TRILINEAR\nint planted = here;\n#endif' kernels "'here'"
plant tests/test_planted.c "$spdx
Test(planted, one) {}" tests 'needs TestSuite(planted'
plant tests/test_planted.c 'cr_assert(gt(int, 2, 2));' tests 'new-style'
plant tests/test_planted.c "$spdx" tests 'no line in tests/CMakeLists.txt'
# shellcheck disable=SC2016
plant scripts/planted.sh '#!/bin/sh
rm -rf $1/tmp' shell SC2086
typo=t"eh" # in two pieces, or this file would be a finding itself
plant README.md "This is $typo end." spell "$typo"
plant host/planted.c 'int planted(void);
int planted(void) { int a[2] = {0, 1}; return a[2]; }' cppcheck arrayIndexOutOfBounds
exit $bad
