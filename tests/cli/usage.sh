#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What needs no device: help, version, and mistakes with their exit codes and their one line.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

expect 0
[ "$(grep -c '^  fmorph ' "$out")" -eq 3 ] || complain "plain fmorph does not show three commands"
[ ! -s "$err" ] || complain "plain fmorph says something on stderr"
for command in "" morph batch blend sample devices selftest; do
    # shellcheck disable=SC2086
    expect 0 $command --help
    grep -q '^usage: fmorph' "$out" || complain "$command --help: no usage"
    # shellcheck disable=SC2086
    expect 0 $command --version
    grep -q "^fmorph [0-9]*\.[0-9]*\.[0-9]* (" "$out" || complain "$command --version: no version"
    for library in OpenCL Assimp libpng libjpeg hwloc MIT; do
        grep -q "$library" "$out" || complain "$command --version: no $library"
    done
done

refused 2 "unknown command; allowed: morph batch blend sample keypoints devices selftest" frobnicate
refused 2 "--frobnicate: unknown option" --frobnicate
refused 2 "allowed: --help" morph a.obj b.obj --frobnicate
refused 2 "two mesh files" morph
refused 2 "two mesh files" morph a.obj
refused 2 "one argument too many" morph a.obj b.obj c.obj
refused 2 "--samples: unknown value '2'; allowed: 1 4" morph a.obj b.obj --samples 2
refused 2 "allowed: low medium high extreme" morph a.obj b.obj --level fast
refused 2 "from 2 to" morph a.obj b.obj --frames 1
refused 2 "does not divide 1000" morph a.obj b.obj --step 7
refused 2 "1 to 8192" morph a.obj b.obj --size 65537
refused 2 "add --raw" morph a.obj b.obj -o -
refused 2 "needs -o DIR" sample
refused 2 "from 500 to 2000000" sample -o x --vertices 3
refused 2 "takes no arguments" sample -o x y
refused 2 "takes no arguments" devices 0
refused 2 "takes no arguments" selftest 0
FMORPH_FRAMES=many refused 2 "FMORPH_FRAMES" morph a.obj b.obj
FMORPH_LOG_LEVEL=loud refused 2 "FMORPH_LOG_LEVEL" devices
refused 2 '\x0A' morph a.obj b.obj --level $'fast\nslow'

# Bad input. Nothing is left behind. A build of kernels beside the import may be reported, too, when
# it takes long: not asked for here.
printf 'v 0 0 0\n' >nofaces.obj
: >empty.obj
mkfifo pipe.obj
for bad_file in missing.obj empty.obj nofaces.obj pipe.obj .; do
    FMORPH_LOG_LEVEL=error refused 3 "$bad_file" morph "$bad_file" "$bad_file" --minimal -o out
    [ ! -e out ] || complain "$bad_file: the folder out is left behind"
done
[ ! -e x ] || complain "a refused sample left its folder"
finish
