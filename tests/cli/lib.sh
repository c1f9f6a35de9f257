# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# Shared by the command-line tests. Source it, use the functions, end with `finish`.
set -uo pipefail

fmorph=${FMORPH:?}
# shellcheck disable=SC2034 # used by the scripts
helper=${CLI_HELPER:-}
work=${FM_TEST_TMP:?}
out=$work/stdout
err=$work/stderr
bad=0
rm -rf "${work:?}"/*
cd "$work" || exit 1
unset "${!FMORPH_@}"

complain() {
    echo "FAIL: $*"
    bad=1
}

# run WORDS...: fmorph with its streams kept in $out and $err, its exit code in $code.
run() {
    "$fmorph" "$@" >"$out" 2>"$err" </dev/null
    code=$?
}

# expect CODE WORDS...: runs and wants that exit code.
expect() {
    local want=$1
    shift
    run "$@"
    [ "$code" -eq "$want" ] || complain "fmorph $*: exit $code, want $want: $(tail -n 2 "$err")"
}

# refusal PROGRAM TEXT WORDS...: its last run left nothing on stdout and one line, with TEXT, on stderr.
refusal() {
    local program=$1 text=$2
    shift 2
    [ ! -s "$out" ] || complain "$program $*: something on stdout"
    [ "$(wc -l <"$err")" -eq 1 ] || complain "$program $*: $(wc -l <"$err") lines on stderr"
    grep -qF -e "$text" "$err" || complain "$program $*: no '$text' in: $(cat "$err")"
    grep -q "^$program: " "$err" || complain "$program $*: the line does not start with $program:"
}

# refused CODE TEXT WORDS...: that exit code, nothing on stdout, one line on stderr that holds TEXT.
refused() {
    local want=$1 text=$2
    shift 2
    expect "$want" "$@"
    refusal fmorph "$text" "$@"
}

# heads: two small heads in ./heads, and their kernels built, so that no build is reported later.
heads() {
    local channels
    expect 0 sample -o heads --vertices 2000 --texture 128
    for channels in white transparent; do
        expect 0 morph heads/head_a.fbx heads/head_b.fbx -o - --raw --frames 2 --size 64 --background $channels
    done
}

# count PATTERN...: how many of the words are there.
count() {
    local n=0 word
    for word in "$@"; do
        [ -e "$word" ] && n=$((n + 1))
    done
    echo $n
}

finish() {
    exit $bad
}
