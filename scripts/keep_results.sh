#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the whole sweep of this machine's default device and keeps it under results/: the cells
# (JSON lines), the report page and the table, named by platform, device, date and revision; the
# table goes into README.md as well, between <!-- sweep:begin --> and <!-- sweep:end -->, when both
# lines are there. Ten minutes; the machine should be idle.
#
# usage: scripts/keep_results.sh [--from STORE.db] [--to FOLDER]
#   --from  keeps the last run of a store instead of running a sweep
#   --to    instead of results/ of this checkout
# FMBENCH names the program (default: build/bin/fmbench).
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
fmbench=${FMBENCH:-$here/build/bin/fmbench}
from='' to=$here/results
while [ $# -gt 0 ]; do
    case $1 in
    --from) from=$(realpath "${2:?--from needs a file}") && shift 2 ;;
    --to) to=$(realpath -m "${2:?--to needs a folder}") && shift 2 ;;
    -h | --help) sed -n '3,12s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "keep_results.sh: unknown word \"$1\"; allowed are --from, --to" >&2 && exit 2 ;;
    esac
done
[ -x "$fmbench" ] || { echo "keep_results.sh: $fmbench: no such program; build first" >&2; exit 3; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # so that the stored command line names no folder
if [ -n "$from" ]; then
    "$fmbench" bundle last --anonymous --db "$from" -o sweep.db 2>/dev/null
else
    "$fmbench" --sweep --db sweep.db >table.txt
    tail -n 3 table.txt
fi
"$fmbench" export last --json --db sweep.db -o sweep.json
"$fmbench" export last --jsonl --db sweep.db -o cells.jsonl
"$fmbench" export last --md --summary --db sweep.db -o summary.md
"$fmbench" report last --db sweep.db -o report.html 2>/dev/null

# First string under a key of the sweep's JSON, within its device where that is said.
text() { sed -nE "s/^.*\"$1\": ?\"([^\"]*)\".*$/\1/p" "${2:-sweep.json}" | head -n 1; }
sed -n '/"device": *{/,/}/p' sweep.json >device.json
slug() { tr '[:upper:]' '[:lower:]' <<<"$1" | sed -E 's/[^a-z0-9.]+/-/g; s/^-+|-+$//g'; }
device=$(text name device.json)
platform=$(text platform device.json)
driver=$(text driver device.json)
case $platform in
'Portable Computing Language') folder=pocl ;;
*) folder=$(slug "$platform") ;;
esac
started=$(text started)
revision=$(text revision)
folder=$to/$folder/$(slug "$device")
name=${started%%T*}-${revision%%-*}
if [ -z "$device" ] || [ -z "$started" ] || [ -z "$revision" ]; then
    echo "keep_results.sh: no device, date or revision in the export" >&2
    exit 3
fi

mkdir -p "$folder"
{
    printf '%s, %s %s; fmbench --sweep of %s, revision %s. ' "$device" "$platform" "$driver" \
        "${started%%T*}" "$revision"
    printf 'Each line is a curve at the smallest batch within 3 %% of its best; the interval covers the median in 95 %%.\n\n'
    cat summary.md
} >table.md
cp cells.jsonl "$folder/$name.jsonl"
cp report.html "$folder/$name.html"
cp table.md "$folder/$name.md"
echo "kept: ${folder#"$here"/}/$name.{jsonl,html,md}"

readme=$here/README.md
if [ "$to" = "$here/results" ] && grep -q '^<!-- sweep:begin -->$' "$readme" &&
    grep -q '^<!-- sweep:end -->$' "$readme"; then
    awk -v table=table.md '
        /^<!-- sweep:end -->$/ { inside = 0 }
        !inside { print }
        /^<!-- sweep:begin -->$/ { inside = 1; while ((getline line < table) > 0) print line }
    ' "$readme" >readme.new
    cp readme.new "$readme"
    echo "README.md: table replaced"
else
    echo "README.md: left alone (it has no <!-- sweep:begin --> and <!-- sweep:end --> lines)"
fi
