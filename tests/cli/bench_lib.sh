# shellcheck shell=bash
# SPDX-License-Identifier: MIT
# What the tests of fmbench share. Source it instead of lib.sh, which it sources itself.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
fmbench=${FMBENCH:?}
# shellcheck disable=SC2034 # used by the scripts
db=$work/store.db

# bench CODE WORDS...: fmbench with its streams kept; wants that exit code. FM_TEST_TIMES: a file that
# gets the seconds of every call.
bench() {
    local want=$1 start=$EPOCHREALTIME
    shift
    "$fmbench" "$@" >"$out" 2>"$err" </dev/null
    code=$?
    [ "$code" -eq "$want" ] || complain "fmbench $*: exit $code, want $want: $(tail -n 2 "$err")"
    [ -z "${FM_TEST_TIMES:-}" ] ||
        awk -v a="$start" -v b="$EPOCHREALTIME" -v what="$*" 'BEGIN {printf "%6.2f %s\n", b - a, what}' >>"$FM_TEST_TIMES"
}

# own_cache: a cache folder of this test, with the kernels that are built already, and no tuning.
own_cache() {
    local shared=${FM_CACHE_DIR:-}
    export FM_CACHE_DIR=$work/cache
    mkdir -p cache
    [ -z "$shared" ] || cp -r "$shared"/. cache/ 2>/dev/null
    rm -f cache/tuning-*
}

# bench_refused CODE TEXT WORDS...: nothing on stdout, one line on stderr that holds TEXT.
bench_refused() {
    local want=$1 text=$2
    shift 2
    bench "$want" "$@"
    refusal fmbench "$text" "$@"
}

# value PATH WANT: a value of the JSON on stdout.
value() {
    local got
    got=$("$helper" get "$out" "$1") || complain "no $1 in the JSON"
    [ "$got" = "$2" ] || complain "$1 is $got, want $2: $("$helper" get "$out" "${1%.*}.reason" 2>/dev/null)"
}

# measured PATH: the cell has numbers; how steady they are is a matter of the moment.
measured() {
    case $("$helper" get "$out" "$1.status") in
    ok | noisy | throttled) ;;
    *) complain "$1: $("$helper" get "$out" "$1.reason")" ;;
    esac
}

# verdict WORD: first word of the last line on stderr.
verdict() {
    tail -n 1 "$err" | grep -q "^verdict=$1 " || complain "no verdict=$1: $(tail -n 1 "$err")"
}

# points FILE: the cells of a run's CSV as lines: op, batch, level, size, status.
points() {
    cut -d, -f2-8 "$1" | sed 's/,noisy$/,ok/; s/,throttled$/,ok/' | sort
}

# until_cells N STORE PID: waits until a sweep has stored so many cells, or has ended.
until_cells() {
    local n
    for _ in {1..300}; do
        n=$("$fmbench" export last --csv --db "$2" 2>/dev/null | wc -l)
        [ "$n" -gt "$1" ] && return
        kill -0 "$3" 2>/dev/null || return
        sleep 0.2
    done
}
