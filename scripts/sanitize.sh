#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the tests under a checker of memory or threads, on PoCL alone (other drivers' C++ does not
# load into such programs). Exit status 1 when a test fails or the checker has a word to say.
#
# usage: scripts/sanitize.sh address|thread|valgrind [ctest options, or suites for valgrind]
#   address    AddressSanitizer, LeakSanitizer, UndefinedBehaviorSanitizer; preset asan
#   thread     ThreadSanitizer; preset tsan
#   valgrind   memcheck over the suites below; preset valgrind. It is 20 to 50 times slower than
#              the program, and PoCL compiles under it, so the rest is for the sanitizers.
#
# Suppressed, each explained beside it: what PoCL and its LLVM keep until the end, and what Assimp
# loses of a file that it refuses (tests/sanitizers, tests/faults/lsan.supp). Nothing of ours.
# The labels long, slurm and devices are not run.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

# Readers and writers, geometry, the reference, statistics; then suites that use a device, whose
# kernels PoCL compiles in minutes each: all together take three hours or four, and a third of that
# when its cache below build/valgrind is warm. Left out is what valgrind cannot do (child:
# posix_spawn's errors; bench_import: 80-bit numbers; roofs: speed; video: SVT-AV1 ends it; solve
# and kernels_small, one test each: an opcode of the kernel that it only knows for memory).
suites=(mesh_write tasks geometry csv npy npz json output image import texture pair pair_load
    fd ply recovery cli_options store ranks report cold_folder plan_devices heatmap_figure sheet
    arguments bench_compare bench_options cells coverage deflate environment mesh_glb mesh_text mesh_run
    observe plan_limits printed ref sample scoreboard stats store_copy tables tuning wire
    device_facts host memory cache opencl golden live tune doctor plan_work keypoints
    keypoints_files heatmap_textures raster_half soak
    heatmap ahead sweep starved flight peers cases breakdown levels blend blend_shapes raster_gpu
    raster_quality)

prepare() { # preset
    scripts/install_deps.sh --tests && cmake --preset "$1" >/dev/null && cmake --build --preset "$1"
}

with_sanitizer() { # preset, ctest options
    local preset=$1 jobs
    shift
    prepare "$preset" || return 1
    jobs=$(nproc)
    [ "$jobs" -le 2 ] || jobs=$((jobs / 2))
    ctest --preset "$preset" -j "$jobs" -LE '^(long|slurm|devices|aa)$' "$@"
}

# LLVM's libraries, which PoCL brings. They name a search path, which the loader compares with a
# strncmp of its own; when they come late, valgrind takes its eight bytes at once for a mistake.
llvm_libraries() {
    local pocl
    pocl=$(ldconfig -p | sed -n 's/.*=> \(.*\/libpocl\.so\.2\)$/\1/p' | head -n 1)
    ldd "$pocl" | sed -n 's/.*=> \(.*\/lib\(LLVM\|clang-cpp\)[^ ]*\) .*/\1/p' | paste -sd:
}

# The exit status of a suite says nothing of what its tests' processes did: the logs do.
memcheck() { # folder, program, options
    local logs=$1
    shift
    rm -rf "$logs"
    mkdir -p "$logs"
    # Not into the system's programs, such as the linker that PoCL starts: they free little. Callers
    # down to PoCL's own, which the suppression names: LLVM's passes are thirty levels below.
    LD_PRELOAD=$llvm valgrind --vgdb=no --trace-children=yes '--trace-children-skip=/bin/*,/usr/bin/*,*/ld,*/ld.*,*-ld,*-ld.*' \
        -q --leak-check=full --num-callers=60 \
        --show-leak-kinds=definite --suppressions=tests/sanitizers/valgrind.supp \
        --log-file="$logs/%p" "$@" -j1 --color=never >"$logs/output" 2>&1
}

with_valgrind() {
    local build=build/valgrind suite logs llvm bad=0
    command -v valgrind >/dev/null || {
        echo "sanitize.sh: no valgrind; scripts/install_deps.sh --check installs it" >&2
        return 1
    }
    prepare valgrind || return 1
    llvm=$(llvm_libraries)
    [ $# -gt 0 ] || set -- "${suites[@]}"
    export OCL_ICD_VENDORS=pocl.icd LC_ALL=C NO_COLOR=1
    export POCL_CACHE_DIR=$PWD/$build/kc FM_CACHE_DIR=$PWD/$build/fmcache
    export FM_TEST_CAPS=$PWD/tests/caps LD_LIBRARY_PATH=$PWD/$build/tests/vendors
    memcheck "$build/logs/guard" "$build/tests/test_guard" --filter guard/leaks
    grep -q 'definitely lost' "$build"/logs/guard/* || {
        echo "sanitize.sh: valgrind does not see a leak that is there" >&2
        return 1
    }
    for suite in "$@"; do
        logs=$build/logs/$suite
        export FM_TEST_TMP=$PWD/$build/tmp/$suite
        if memcheck "$logs" "$build/tests/test_$suite" &&
            ! grep -q '^==[0-9]*==' "$logs"/*; then
            echo "ok      $suite"
        else
            grep -h -m 40 '^==[0-9]*==' "$logs"/* || tail -5 "$logs/output"
            echo "FAILED  $suite: $logs"
            bad=1
        fi
    done
    return $bad
}

case ${1-} in
address) with_sanitizer asan "${@:2}" ;;
thread) with_sanitizer tsan "${@:2}" ;;
valgrind) with_valgrind "${@:2}" ;;
-h | --help) sed -n '3,16s/^# \{0,1\}//p' "$0" ;;
*)
    echo "usage: scripts/sanitize.sh address|thread|valgrind [ctest options, or suites]" >&2
    exit 2
    ;;
esac
