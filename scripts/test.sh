#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Installs what is missing, builds, and runs every test on PoCL but those of the labels "long" and
# "slurm" (each one command: ctest --preset ci-pocl -L long). Ends with ctest's summary.
#
# usage: scripts/test.sh [ctest options]       for example: scripts/test.sh -R morph
# Works as root or with sudo rights, any number of times, from any folder.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
case "${1-}" in
-h | --help)
    sed -n '3,7s/^# \{0,1\}//p' scripts/test.sh
    exit 0
    ;;
esac

scripts/install_deps.sh --tests
cmake --preset ci-pocl
cmake --build --preset ci-pocl
# PoCL uses every core for one kernel, so more jobs than two only make time limits tight.
jobs=$(nproc)
[ "$jobs" -le 2 ] || jobs=$((jobs / 2))
ctest --preset ci-pocl -j "$jobs" -LE '^(long|slurm|aa)$' "$@"
