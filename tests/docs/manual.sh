#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Each command has a manual page, and page and --help name the same options.
set -uo pipefail

source=${FM_SOURCE_DIR:?}
cli=$source/engine/cli/man
bench=$source/harness/man
bad=0
complain() {
    echo "FAIL: $*"
    bad=1
}

# Long options that a help text describes; the same of pages, where they begin a line.
of_help() {
    grep -E '^ +-' | grep -oE '(^ *|  |, |\| |- )(-[a-zA-Z], )?--[a-z][a-z0-9-]*' | grep -oE -e '--[a-z0-9-]+' | sort -u
}
of_pages() { grep -hE '^\*-' "$@" | grep -oE -e '--[a-z0-9-]+' | sort -u; }

same() { # name, help text, pages
    local name=$1 in_help in_pages
    in_help=$(of_help <<<"$2")
    shift 2
    in_pages=$(of_pages "$@")
    [ "$(wc -l <<<"$in_help")" -ge 5 ] || complain "$name --help: no options found"
    [ "$in_help" = "$in_pages" ] ||
        complain "$name: only in --help (<) or only in the page (>):" \
            "$(diff <(echo "$in_help") <(echo "$in_pages") | grep '^[<>]' | tr '\n' ' ')"
}

words=$("${FMORPH:?}" --help | sed -nE 's/^  ([a-z]+) +[a-z].*/\1/p')
[ "$(wc -w <<<"$words")" -ge 9 ] || complain "fmorph --help: commands found: $words"
for word in $words; do
    if [ -f "$cli/fmorph-$word.1.scd" ]; then
        same "fmorph $word" "$("$FMORPH" "$word" --help)" "$cli/fmorph-$word.1.scd"
    else
        complain "fmorph $word has no manual page engine/cli/man/fmorph-$word.1.scd"
    fi
    grep -qF "*fmorph-$word*(1)" "$cli/fmorph.1.scd" || complain "fmorph.1 does not name fmorph-$word"
done
same fmorph "$("$FMORPH" --help)" "$cli/fmorph.1.scd"

# fmbench has one help text for all commands, so their pages count together. Some options stand in
# its usage lines alone, and -v and -q have no long names there.
help=$("${FMBENCH:?}" --help)
usage=$(sed -n '/^usage/,/^$/p' <<<"$help" | grep -oE -e '--[a-z][a-z-]*' | sed 's/^/  /')
same fmbench "$help"$'\n'"$usage"$'\n  --verbose\n  --quiet' "$bench"/*.scd
words=$(sed -nE 's/^ +fmbench ([a-z]+) .*/\1/p' <<<"$help")
[ "$(wc -w <<<"$words")" -ge 4 ] || complain "fmbench --help: commands found: $words"
for word in $words; do
    [ -f "$bench/fmbench-$word.1.scd" ] || complain "fmbench $word has no manual page"
    grep -qF "*fmbench-$word*(1)" "$bench/fmbench.1.scd" || complain "fmbench.1 does not name fmbench-$word"
done

# Pages of commands that are no more.
for page in "$cli"/fmorph-*.scd "$bench"/fmbench-*.scd; do
    word=$(basename "$page" .1.scd)
    "${FMORPH%fmorph}${word%%-*}" "${word#*-}" --help >/dev/null 2>&1 || complain "$page: no such command"
done

# What the build made of them.
if [ -d "${FM_BUILD_DIR:?}/man" ]; then
    for page in "$cli"/*.scd "$bench"/*.scd; do
        built=$FM_BUILD_DIR/man/$(basename "$page" .scd)
        grep -q '^\.SH OPTIONS' "$built" 2>/dev/null || complain "$built: not a manual page"
    done
else
    echo "no scdoc at build time: sources compared, pages not built"
fi
exit $bad
