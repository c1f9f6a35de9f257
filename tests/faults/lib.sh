# shellcheck shell=bash disable=SC2154,SC2034
# SPDX-License-Identifier: MIT
# What the fault tests share. Source it; it brings tests/cli/lib.sh along.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"

layer=${FMFAULT_LAYER:?}
report=$work/report.json
# Without thread-local storage: LeakSanitizer's own tracer crashes in it now and then while threads end.
export LSAN_OPTIONS="suppressions=$FM_SOURCE_DIR/tests/faults/lsan.supp:print_suppressions=0:use_tls=0"
sanitized=${FMFAULT_SANITIZED:-}
unset "${!FMFAULT_@}" OPENCL_LAYERS
# A cache folder of its own, with the kernels of the shared one: what a run learns about memory stays
# here, and is forgotten before the next run unless keep_learned is set.
cp -rl "${FM_CACHE_DIR:?}" "$work/kernels"
export FM_CACHE_DIR=$work/kernels
keep_learned=

# faulty [NAME=VALUE ..] -- WORDS...: fmorph behind the layer, at most 200 s (FM_FAULT_SECONDS): kernels may be cold. Streams and exit code
# as with run. A loader says nothing about a layer it did not load, so a report that is not this
# process's ends the script.
faulty() {
    local settings=()
    while [ "$1" != -- ]; do
        settings+=("$1")
        shift
    done
    shift
    rm -f "$report"
    [ -n "$keep_learned" ] || rm -f "$FM_CACHE_DIR"/memory-*
    # shellcheck disable=SC2016
    timeout -k 5 "${FM_FAULT_SECONDS:-200}" env OPENCL_LAYERS="$layer" FMFAULT_REPORT="$report" "${settings[@]}" \
        bash -c 'echo $$ >"$0"; exec "$@"' "$work/pid" "$fmorph" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    facts=
    [ -e "$report" ] && facts=$(<"$report")
    [[ $facts == *"\"pid\": $(<"$work/pid"),"* ]] && return
    echo "FAIL: no report of the layer, exit $code: ${settings[*]} $*: $(cat "$err")"
    exit 1
}

# fact PATH: a value of the report.
fact() {
    "$helper" get "$report" "$1"
}

# wants WHAT GOT WANT
wants() {
    [ "$2" = "$3" ] || complain "$1: $2, want $3"
}

# nothing_lives WHAT: every object released, none released twice.
nothing_lives() {
    [[ $facts == *'"live": {"total": 0,'* ]] ||
        complain "$1: left alive: $(grep -o '"live": {[^}]*}' "$report")"
    [[ $facts == *'"strays": 0,'* ]] || complain "$1: $(grep '"strays"' "$report")"
}

# Small heads, as the contract of these tests has them.
small_heads() {
    expect 0 sample -o heads --vertices 1000 --texture 128
}
a=heads/head_a.fbx
b=heads/head_b.fbx
