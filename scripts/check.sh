#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every check that needs no device: what a reviewer should not have to look for.
#
# usage: scripts/check.sh [NAME ..]      without names: all of them
#   format    clang-format, .c .h .cl
#   spdx      licence line at the head of every source file
#   includes  includes go one way (scripts/check/includes.awk has the rules)
#   headers   every header compiles alone, the public ones also as C++
#   kernels   a second compiler parses every kernel file
#   tests     time limits, banned assertions, suites that nobody runs
#   shell     shellcheck
#   spell     codespell
#   cppcheck  static analysis
#   gcc, clang  the whole tree builds without a warning
#   tidy      clang-tidy; takes minutes, so not among all of them
# Exit status 1 when a check fails; scripts/install_deps.sh --check installs the tools.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

all=(format spdx includes headers kernels tests shell spell cppcheck gcc clang)
dirs=(cl host engine harness tests)
incs=(-Iengine/include -Iengine -Iengine/ref -Iengine/cli -Ihost -Ihost/io -Icl -Iharness -Itests)

need() {
    command -v "$1" >/dev/null && return 0
    echo "check.sh: no $1; scripts/install_deps.sh --check installs it"
    return 1
}

sources() { # name patterns -> files, one a line
    local pattern args=()
    for pattern in "$@"; do
        args+=(-o -name "$pattern")
    done
    find "${dirs[@]}" -type f \( "${args[@]:1}" \) | sort
}

scripts() {
    find scripts tests .ci -type f \( -name '*.sh' -o -name '*.bash' -o -path .ci/run \) | sort
}

check_format() {
    need clang-format && scripts/format.sh --check
}

check_spdx() {
    local file bad=0
    while read -r file; do
        head -n 2 "$file" | grep -q 'SPDX-License-Identifier: MIT' && continue
        echo "$file: no SPDX line among the first two"
        bad=1
    done < <(
        sources '*.c' '*.h' '*.cl' '*.sh' CMakeLists.txt
        # The copyright file of the packages has a format of its own.
        find scripts .ci .github CMakeLists.txt -type f ! -path scripts/cmake/copyright
    )
    return $bad
}

check_includes() {
    {
        sources '*.c' '*.h' '*.cl' | sed 's/^/F /'
        sources '*.c' '*.h' '*.cl' | xargs grep -nE '^[[:space:]]*#[[:space:]]*include' | sed 's/^/I /'
    } | awk -f scripts/check/includes.awk
}

check_headers() {
    local file bad=0 warn=(-Wall -Wextra -Wpedantic -Werror -fsyntax-only)
    need g++ || return 1
    for file in engine/include/fm/*.h; do
        gcc -std=c11 "${warn[@]}" -Iengine/include -x c "$file" || bad=1
        g++ -std=c++11 "${warn[@]}" -Iengine/include -x c++ "$file" || bad=1
    done
    while read -r file; do
        gcc -std=c11 -D_GNU_SOURCE "${warn[@]}" -Wno-pedantic "${incs[@]}" -x c "$file" || bad=1
    done < <(sources '*.h' | grep -v '^engine/include/')
    return $bad
}

kernel_compiles() { # file, knobs
    local file=$1
    shift
    awk -f scripts/check/expand.awk "$file" |
        clang -x cl -cl-std=CL1.2 -Xclang -finclude-default-header -fsyntax-only \
            -Wall -Wextra -Wno-unused-parameter -Werror "$@" - && return 0
    echo "$file: does not compile with: $*"
    return 1
}

# Every file alone, and the renderers with every choice of knobs.
check_kernels() {
    local file bad=0 channels textured samples trilinear
    need clang || return 1
    for file in cl/*.cl; do
        kernel_compiles "$file" || bad=1
    done
    for file in cl/raster.cl cl/raster_gpu_program.cl; do
        for channels in 3 4; do
            for textured in 0 1; do
                for samples in 1 4; do
                    for trilinear in 0 1; do
                        kernel_compiles "$file" -DFMK_CHANNELS=$channels \
                            -DFMK_TEXTURED=$textured -DFMK_SAMPLES=$samples \
                            -DFMK_TRILINEAR=$trilinear || bad=1
                    done
                done
            done
        done
        kernel_compiles "$file" -DFMK_SHAPES || bad=1
    done
    return $bad
}

# Criterion 2.4.1: gt() of the new style accepts equal values, and a suite without its own time
# limit is never stopped.
check_tests() {
    local file suite by bad=0
    if sources '*.c' '*.h' | xargs grep -nE 'criterion/new/|cr_(assert|expect)[[:space:]]*\([[:space:]]*(eq|ne|lt|le|gt|ge|zero|not|all|any|none|epsilon_eq|ulp_eq|ieee_ulp_eq)[[:space:]]*\('; then
        echo "new-style assertions are banned: use cr_assert_eq and its family"
        bad=1
    fi
    while read -r file; do
        while read -r suite; do
            grep -qE "^TestSuite\($suite,.*\.timeout = " "$file" && continue
            echo "$file: suite $suite needs TestSuite($suite, .timeout = seconds)"
            bad=1
        done < <(sed -nE 's/^(Parameterized)?Test\(([a-z0-9_]+),.*/\2/p' "$file" | sort -u)
    done < <(find tests -name 'test_*.c')
    # Programs have a line in a CMakeLists.txt; scripts may be sourced by another script instead.
    while read -r file; do
        by=(--include=CMakeLists.txt)
        [[ $file != *.sh ]] || by+=(--include="*.sh")
        grep -lrF "${by[@]}" "$(basename "$file")" tests | grep -qvxF "$file" && continue
        echo "$file: no line in tests/CMakeLists.txt runs it"
        bad=1
    done < <(find tests -name "test_*.c" -o -name "*.sh")
    # What a script complains of counts only when it ends with it.
    while read -r file; do
        tail -n 1 "$file" | grep -qE '^(finish|exit [$]bad)$' && continue
        echo "$file: complains, but does not end with finish"
        bad=1
    done < <(find tests -name '*.sh' ! -name lib.sh ! -name '*_lib.sh' -exec grep -lE '(^|\|\| )complain ' {} +)
    return $bad
}

check_shell() {
    need shellcheck && scripts | xargs shellcheck
}

check_spell() {
    need codespell &&
        codespell -q 3 -L "inout,nd,paeth" ./*.md "${dirs[@]}" scripts
}

check_cppcheck() {
    need cppcheck &&
        cppcheck -q -j "$(nproc)" --std=c11 --language=c --error-exitcode=1 --inline-suppr \
            --enable=warning,performance,portability --suppress=missingIncludeSystem \
            --suppress=unknownMacro -D__GNUC__ "${incs[@]}" host engine harness
}

compile() { # compiler
    need "$1" || return 1
    local log=build/check-$1.log
    mkdir -p build
    if cmake -S . -B "build/check-$1" -G Ninja -DCMAKE_BUILD_TYPE=Release -DFM_WERROR=ON -DFM_BUILD_TESTS=ON \
        -DCMAKE_C_COMPILER="$1" >"$log" 2>&1 && cmake --build "build/check-$1" >>"$log" 2>&1; then
        return 0
    fi
    grep -E 'error|warning|FAILED' "$log" | head -40
    echo "whole log: $log"
    return 1
}

# Slow, so only when asked for by name.
check_tidy() {
    local build=build/check-clang
    need clang-tidy || return 1
    mkdir -p build
    cmake -S . -B $build -G Ninja -DCMAKE_BUILD_TYPE=Release -DFM_WERROR=ON -DFM_BUILD_TESTS=ON \
        -DCMAKE_C_COMPILER=clang >build/check-tidy.log 2>&1 &&
        cmake --build $build --target fm_revision_header cl/kernels.c harness/page_files.c \
            >>build/check-tidy.log 2>&1 || return 1
    find host engine harness -name "*.c" -print0 |
        xargs -0 -n 4 -P "$(nproc)" clang-tidy --quiet -p $build 2>/dev/null
}

check_gcc() { compile gcc; }
check_clang() { compile clang; }

if [ "${1-}" = --help ] || [ "${1-}" = -h ]; then
    sed -n '3,19s/^# \{0,1\}//p' "$0"
    exit 0
fi
[ $# -gt 0 ] || set -- "${all[@]}"
failed=()
for name in "$@"; do
    if ! declare -F "check_$name" >/dev/null; then
        echo "check.sh: unknown check '$name'; allowed: ${all[*]} tidy" >&2
        exit 2
    fi
    if "check_$name"; then
        echo "ok      $name"
    else
        echo "FAILED  $name"
        failed+=("$name")
    fi
done
[ ${#failed[@]} -eq 0 ] || { echo "check.sh: failed: ${failed[*]}" >&2 && exit 1; }
