#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Builds with counters in build/coverage, runs the tests on PoCL, and prints how much of host, engine
# and harness they reach, by folder and in all. Exit status 1 when fewer than 95 % of the lines or
# 85 % of the branches are, or when a test failed.
#
# usage: scripts/coverage.sh [--keep | --report] [ctest options]
#   --keep     adds to the counters of earlier runs: scripts/coverage.sh --keep -R '^csv$'
#   --report   runs nothing: what the counters say now
#
# Not run: the labels long and slurm (the same code again) and devices (other drivers). Branches of
# error edges are left out: scripts/check/coverage.py has the rule.
# Afterwards build/coverage/coverage.txt has a line for each file, the worst first, and
# build/coverage/html a page.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit 1

least_lines=95
least_branches=85
build=build/coverage
mode=all

case ${1-} in
-h | --help)
    sed -n '3,15s/^# \{0,1\}//p' "$0"
    exit 0
    ;;
--keep | --report)
    mode=${1#--}
    shift
    ;;
esac

command -v gcovr >/dev/null || {
    echo "coverage.sh: no gcovr; scripts/install_deps.sh --check installs it" >&2
    exit 1
}

failed=0
if [ "$mode" != report ]; then
    cmake --preset coverage >/dev/null && cmake --build --preset coverage || exit 1
    [ "$mode" = keep ] || find "$build" -name '*.gcda' -delete
    # A process that a test kills while it writes its counters spoils those of a file, and every
    # later process would say so among its own lines.
    export GCOV_ERROR_FILE=$PWD/$build/gcov.errors
    rm -f "$GCOV_ERROR_FILE"
    jobs=$(nproc)
    [ "$jobs" -le 2 ] || jobs=$((jobs / 2))
    ctest --preset coverage -j "$jobs" -LE '^(long|slurm|devices|aa)$' "$@" || failed=1
fi

# A process that ends while a thread of it counts can leave a difference of two counters below zero,
# which gcovr takes for an error: such a branch is left out, and told.
mkdir -p "$build/html"
gcovr -r . --object-directory "$build" -f 'host/' -f 'engine/' -f 'harness/' \
    --gcov-ignore-parse-errors --json "$build/coverage.json" --html-details "$build/html/index.html" \
    "$build" >"$build/gcovr.log" 2>&1 || {
    tail -20 "$build/gcovr.log" >&2
    exit 1
}
[ ! -s "$build/gcov.errors" ] || sed 's/^/coverage.sh: /' "$build/gcov.errors" | sort | uniq -c | sort -rn | head -n 5
grep -A1 'Unrecognized GCOV output' "$build/gcovr.log" | sed 's/^/coverage.sh: left out: /'
python3 scripts/check/coverage.py "$build/coverage.json" "$build/coverage.txt" \
    $least_lines $least_branches || failed=1
exit $failed
