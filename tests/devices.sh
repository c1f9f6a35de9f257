#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# devices.sh DRIVER PROGRAM: runs the small suite on a driver other than the usual one.
#   rusticl   Mesa's OpenCL on llvmpipe: bounded loops, no event clock; also fmorph's self test
#   oclgrind  an interpreter that reports races, uninitialised reads and API misuse; its exit
#             status says nothing, so an empty log is what passes. Its check of uninitialised
#             values (21.10) crashes on shuffles that make a vector longer, of which the cpu form
#             is full: that one runs without it, and so do morphed textures. So do keypoints and heatmaps, whose inputs it takes for
#             uninitialised although the host has written them, and so do the solves: it ends at
#             LLVM's instruction "freeze", which the loops of the SVD are compiled to. One test is
#             left out: the review of 16 matrices at once calls an LLVM function (noalias.scope)
#             that Oclgrind lacks; the same source runs there one matrix at a time
set -uo pipefail

driver=$1
program=$2
out=${FM_TEST_TMP:?}
mkdir -p "$out"
unset FM_CACHE_DIR

run() {
    "$@" -j1 --color=never --verbose || exit 1
}

on_rusticl() {
    if [ ! -e /etc/OpenCL/vendors/rusticl.icd ]; then
        echo "skipped: no rusticl (package mesa-opencl-icd)"
        exit 77
    fi
    export RUSTICL_ENABLE=llvmpipe OCL_ICD_VENDORS=rusticl.icd
    export RUSTICL_FEATURES=fp16 # off by default; older ones do not know it
    run "$program"
    "${FMORPH:?}" selftest || exit 1
}

on_oclgrind() {
    local library log=$out/oclgrind.log
    library=$(find /usr/lib /usr/local/lib -name 'liboclgrind-rt-icd.so' 2>/dev/null | head -1)
    if [ -z "$library" ]; then
        echo "skipped: no oclgrind"
        exit 77
    fi
    echo "$library" >"$out/oclgrind.icd"
    export OCL_ICD_VENDORS=$out/oclgrind.icd OCLGRIND_LOG=$log OCLGRIND_MAX_ERRORS=20
    export OCLGRIND_DATA_RACES=1 OCLGRIND_CHECK_API=1
    # Each process starts its log anew, and each test is one, so each gets its own run.
    for test in $("$program" --list | sed -n 's/^[^a-z]* //p'); do
        rm -f "$log"
        case $test in
        the_cpu_form_reviews) continue ;;
        *_16_bit_floats) continue ;; # it computes in none, and a run that skips all is no run
        *_cpu_* | *_keypoints_* | *_heatmaps_* | *_textures_* | *_form_solves) unset OCLGRIND_UNINITIALIZED ;;
        *) export OCLGRIND_UNINITIALIZED=1 ;;
        esac
        run "$program" --filter "*/$test"
        if [ ! -e "$log" ]; then
            echo "oclgrind wrote no log: it did not run"
            exit 1
        fi
        if [ -s "$log" ]; then
            head -100 "$log"
            exit 1
        fi
    done
}

"on_$driver"
