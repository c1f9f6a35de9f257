#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Words that bash completes for fmorph and fmbench, as a shell would ask for them.
set -uo pipefail

# shellcheck source=scripts/completion/facemorph.bash
source "${FM_SOURCE_DIR:?}/scripts/completion/facemorph.bash"
PATH=$(dirname "${FMORPH:?}"):$PATH
bad=0
compopt() { files=yes; } # outside of a completion bash refuses it

# completes "WANTED WORDS" LINE...: the words of the line, the last of which is to be completed.
completes() {
    local want=$1
    shift
    # shellcheck disable=SC2034 # read by the completion
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) files=no
    COMPREPLY=()
    _facemorph
    [ "${COMPREPLY[*]}" = "$want" ] || {
        echo "FAIL: '$*' completes to '${COMPREPLY[*]}', want '$want'"
        bad=1
    }
}
is_file() {
    completes "" "$@"
    [ "$files" = yes ] || {
        echo "FAIL: '$*' offers no file names"
        bad=1
    }
}

completes "morph mem" fmorph m
completes "keypoints" fmorph k
completes "" fmorph nothing
completes "low" fmorph morph a.fbx b.fbx --level l
completes "low medium high extreme" fmorph morph --level ""
completes "medium" fmorph morph --level = m
completes "nearest-mip trilinear" fmorph morph --filter =
completes "on off" fmorph morph --heatmaps ""
completes "none" fmorph blend --align n
completes "--frames" fmorph morph a b --fra
completes "--texture-a --texture-b" fmorph morph --texture-
completes "--rcond" fmorph solve --rc
completes "--source" fmorph keypoints --so
completes "--verbose --version" fmorph --ver
completes "fomm" fmorph keypoints --model f
completes "doctor" fmbench doc
completes "--batch" fmbench --sweep --ba
completes "raster" fmbench --sweep --op r
completes "random" fmbench --sweep --order r
is_file fmorph morph he
is_file fmorph morph --trace ""
is_file fmbench --input ""
complete -p fmorph fmbench | grep -c _facemorph | grep -qx 2 || {
    echo "FAIL: not registered for both programs"
    bad=1
}
exit $bad
