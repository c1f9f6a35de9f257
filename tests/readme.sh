#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# What the README shows is what there is: its C example is the compiled one, which runs; its links
# and pictures lead somewhere; the scripts that it names exist.
#
# usage: readme.sh EXAMPLE      the built tests/examples/render_pair
set -uo pipefail

example=${1:?}
cd "${FM_SOURCE_DIR:?}" || exit 1
bad=0
complain() {
    echo "README: $*"
    bad=1
}

# The one block in ```c against the part between the marks, without its indent.
# shellcheck disable=SC2016
block=$(sed -n '/^```c$/,/^```$/p' README.md | sed '1d;$d')
marked=$(sed -n '/\[example\]/,/\[\/example\]/p' tests/examples/render_pair.c | sed '1d;$d; s/^    //')
[ -n "$marked" ] || complain "tests/examples/render_pair.c has no marks"
diff <(echo "$marked") <(echo "$block") || complain "the C example differs from tests/examples/render_pair.c"

while read -r link; do
    case $link in http://* | https://* | '#'*) continue ;; esac
    [ -e "${link%%#*}" ] || complain "nothing at $link"
done < <(grep -oE '\]\([^) ]+' README.md | cut -c3-; grep -oE 'src="[^"]+' README.md | cut -c6-)

while read -r script; do
    [ -x "$script" ] || complain "no program $script"
done < <(grep -oE 'scripts/[a-z_]+\.sh' README.md | sort -u)

work=${FM_TEST_TMP:?}
rm -f "$work"/frame*.ppm
(cd "$work" && "$example") || complain "the example failed"
for i in 0 1 2 3 4; do
    file=$work/frame$i.ppm
    bytes=$(wc -c 2>/dev/null <"$file") || bytes=0
    [ "$bytes" -eq $((256 * 256 * 3 + 15)) ] || complain "frame$i.ppm has $bytes bytes"
done
cmp -s "$work/frame0.ppm" "$work/frame4.ppm" && complain "the first and the last frame are equal"
# More than one pixel in ten is not background: the picture shows something.
dark=$(tail -c +16 "$work/frame2.ppm" | tr -d '\377' | wc -c)
[ "$dark" -gt $((256 * 256 * 3 / 10)) ] || complain "frame2.ppm is nearly empty"
exit $bad
