#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Every heading of a table and every key of JSON that fmbench prints has an explanation in --describe,
# and nothing is explained that is not printed.
set -uo pipefail

source=${FM_SOURCE_DIR:?}/harness
memory=$FM_SOURCE_DIR/host/io/memory_report.c # of fmbench mem
cd "${FM_TEST_TMP:?}" || exit 1
bad=0
complain() {
    echo "FAIL: $*"
    bad=1
}

"${FMBENCH:?}" --describe --json >all.json || complain "--describe --json: exit $?"
sed -n '/"names": \[/,/\]/p' all.json | grep -oE '^ +"[^"]+",?$' | sed -E 's/^ +"//; s/",?$//' | sort >described
[ "$(sort -u described | wc -l)" -eq "$(wc -l <described)" ] || complain "explained twice: $(uniq -d described | tr '\n' ' ')"
[ "$(wc -l <described)" -gt 200 ] || complain "names found: $(wc -l <described)"

# Arrays of headings, headings of the page, keys of JSON.
awk '/(head|columns|keys)\[\] = \{/ {on = 1} on {print} /\};/ {on = 0}' "$source"/*.c |
    grep -oE '"[^"]*"' | tr -d '"' >printed
grep -hA2 -F 'fmi_page_head(page,' "$source"/*.c | grep -oE '"[^"]*\|[^"]*"' | tr -d '"' | tr '|' '\n' >>printed
grep -hoE '[a-z_]+\(&?(json|j), "[a-z0-9_]+"' "$source"/*.c "$memory" | grep -oE '"[^"]+"' | tr -d '"' >>printed
sed 's/^>//' printed | grep -vE '%[^ ]|^$|[\]' | sort -u >wanted
[ "$(wc -l <wanted)" -gt 200 ] || complain "headings and keys found: $(wc -l <wanted)"
missing=$(comm -13 described wanted)
[ -z "$missing" ] || complain "printed, but not in harness/metrics_table.c: ${missing//$'\n'/, }"
mapfile -t others < <(find "$source" -maxdepth 1 -name '*.c' ! -name metrics_table.c)
while read -r name; do
    grep -qF -e "\"$name\"" -e "\">$name\"" -e "|$name|" -e "|>$name|" -e "|$name\"" "${others[@]}" "$memory" ||
        complain "explained, but nowhere printed: $name"
done <described

# One by one, by any of its names.
"$FMBENCH" --describe rate >one || complain "--describe rate: exit $?"
"$FMBENCH" --describe=its\ rate >two
cmp -s one two || complain "two names of one figure differ"
for words in '^rate, ' 'units/s' 'median time of a launch'; do
    grep -q "$words" one || complain "--describe rate: no '$words' in $(cat one)"
done
[ -z "$(awk 'length > 100' one)" ] || complain "a line of --describe is long"
"$FMBENCH" --describe no-such-thing >none 2>err
[ $? -eq 2 ] || complain "an unknown figure is no misuse"
grep -q 'no-such-thing.*no such figure' err || complain "the unknown figure is not named"
[ ! -s none ] || complain "something on stdout"
[ "$("$FMBENCH" --describe | grep -c '^  ')" -gt 150 ] || complain "--describe alone is short"
exit $bad
