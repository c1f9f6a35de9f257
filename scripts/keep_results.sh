#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Runs the whole sweep of this machine's default device and keeps it under results/: the cells
# (JSON lines), the report page and the table, named by platform, device, date and revision, and
# the scoreboard of two more sweeps with peers: both sizes and grey heads, and large batches. A line an op goes into
# README.md, between <!-- sweep:begin --> and <!-- sweep:end -->, when both lines are there.
# Fifteen minutes; the machine must be idle.
#
# usage: scripts/keep_results.sh [--from STORE.db] [--to FOLDER] [--force]
#   --from   keeps the last run of a store, and its scoreboard, instead of running sweeps
#   --to     instead of results/ of this checkout
#   --force  measures although the machine is loaded
# FMBENCH names the program (default: build/bin/fmbench).
set -euo pipefail

here=$(cd "$(dirname "$0")/.." && pwd)
fmbench=${FMBENCH:-$here/build/bin/fmbench}
from='' to=$here/results force='' scores=last
while [ $# -gt 0 ]; do
    case $1 in
    --from) from=$(realpath "${2:?--from needs a file}") && shift 2 ;;
    --to) to=$(realpath -m "${2:?--to needs a folder}") && shift 2 ;;
    --force) force=yes && shift ;;
    -h | --help) sed -n '3,14s/^# \{0,1\}//p' "$0" && exit 0 ;;
    *) echo "keep_results.sh: unknown word \"$1\"; allowed are --from, --to, --force" >&2 && exit 2 ;;
    esac
done
[ -x "$fmbench" ] || { echo "keep_results.sh: $fmbench: no such program; build first" >&2; exit 3; }

# A quarter of the cores in use is too much: what is kept is compared with for a long time.
read -r load _ <"${FM_LOADAVG:-/proc/loadavg}"
if [ -z "$from" ] && [ -z "$force" ] &&
    awk -v load="$load" -v cores="$(nproc)" 'BEGIN {exit !(load > 0.25 * cores)}'; then
    echo "keep_results.sh: load average $load on $(nproc) cores: wait until the machine is idle, or --force" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" # so that the stored command line names no folder
if [ -n "$from" ]; then
    "$fmbench" bundle last --anonymous --db "$from" -o sweep.db 2>/dev/null
    board=sweep.db
else
    "$fmbench" --sweep --db sweep.db >table.txt
    tail -n 3 table.txt
    board=board.db scores='last-1 last'
    "$fmbench" --sweep --op morph,keypoints,solve,raster,heatmap,encode,pipeline --n 4 --level medium \
        --size 256,512 --texture on,off --batch 1,8,32 --peers --max-time 240 --db $board >board.txt
    # A clip of 304 frames is what the claims about keypoints are of; solves come by the thousand.
    "$fmbench" --sweep --op keypoints,solve --n 4 --level medium --batch 304,65536 --peers --max-time 60 \
        --db $board >>board.txt
fi
"$fmbench" export last --json --db sweep.db -o sweep.json
"$fmbench" export last --jsonl --db sweep.db -o cells.jsonl
"$fmbench" export last --md --summary --db sweep.db -o summary.md
"$fmbench" report last --db sweep.db -o report.html 2>/dev/null
# shellcheck disable=SC2086 # names
"$fmbench" scoreboard $scores --md --db "$board" >claims.md

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
{
    printf '# Claims of other pipelines beside our figures\n\nMade by scripts/keep_results.sh, %s. ' "$name"
    printf 'The documents are S0 to S4, with the number of the row; a ratio stands only where theirs was measured, on the same processor, and covers the same work.\n\n'
    cat claims.md
} >scoreboard.md
cp cells.jsonl "$folder/$name.jsonl"
cp report.html "$folder/$name.html"
cp table.md "$folder/$name.md"
cp scoreboard.md "$folder/scoreboard.md"
for file in "$folder/$name".{jsonl,html,md} "$folder/scoreboard.md"; do
    echo "kept: ${file#"$here"/}, $(wc -c <"$file") bytes"
done

# A line an op: its first curve with warm caches (of solve n = 4), at the level with the best rate.
awk -F'|' '
    function number(text) {
        split(text, word, " ")
        return word[1] * (word[2] ~ /^k/ ? 1e3 : word[2] ~ /^M/ ? 1e6 : word[2] ~ /^G/ ? 1e9 : 1)
    }
    function trim(text) { gsub(/^ +| +$/, "", text); return text }
    NR <= 2 { print "|" $2 "|" $3 "|" $4 "|" $5 "|" $6 "|" $9 "|"; next }
    NF > 8 {
        what = trim($2)
        if (what ~ /cold caches/) next
        op = what
        sub(/ .*/, "", op)
        if (!(op in curve)) { curve[op] = what; order[++ops] = op }
        if (what == "solve n 4" && curve[op] != what) { curve[op] = what; best[op] = 0 }
        if (what == curve[op] && number($5) > best[op]) {
            best[op] = number($5)
            line[op] = "|" $2 "|" $3 "|" $4 "|" $5 "|" $6 "|" $9 "|"
        }
    }
    END { for (i = 1; i <= ops; ++i) print line[order[i]] }' summary.md >best.md
{
    head -n 1 table.md | sed 's/ Each line.*//'
    echo
    cat best.md
    echo
    echo "Every curve, the page and the claims of other pipelines: [results/${folder#"$to"/}](results/${folder#"$to"/})."
} >readme.md

readme=$here/README.md
if [ "$to" = "$here/results" ] && grep -q '^<!-- sweep:begin -->$' "$readme" &&
    grep -q '^<!-- sweep:end -->$' "$readme"; then
    awk -v table=readme.md '
        /^<!-- sweep:end -->$/ { inside = 0 }
        !inside { print }
        /^<!-- sweep:begin -->$/ { inside = 1; while ((getline line < table) > 0) print line }
    ' "$readme" >readme.new
    cp readme.new "$readme"
    echo "README.md: table replaced"
else
    echo "README.md: left alone (it has no <!-- sweep:begin --> and <!-- sweep:end --> lines)"
fi
