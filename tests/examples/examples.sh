#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The examples do what they say. usage: examples.sh FOLDER_OF_PROGRAMS
# (tests/readme.sh runs render_pair.)
set -uo pipefail

programs=${1:?}
cd "${FM_TEST_TMP:?}" || exit 1
bad=0
complain() {
    echo "FAIL: $*"
    bad=1
}
for program in render_to_buffer keypoints_loop; do
    "$programs/$program" || complain "$program: exit $?"
done

frame=$((128 * 128 * 3))
"$programs/sink" >all.rgb 2>all.err || complain "sink: $(cat all.err)"
[ "$(wc -c <all.rgb)" -eq $((41 * frame)) ] || complain "sink wrote $(wc -c <all.rgb) bytes"
"$programs/sink" 7 >seven.rgb 2>seven.err || complain "sink 7: $(cat seven.err)"
grep -qx '7 frames' seven.err || complain "sink 7: $(cat seven.err)"
cmp -n $((7 * frame)) all.rgb seven.rgb || complain "sink 7 wrote other frames"
[ "$(wc -c <seven.rgb)" -eq $((7 * frame)) ] || complain "sink 7 wrote $(wc -c <seven.rgb) bytes"

"$programs/plan_device" >plan.txt || complain "plan_device: exit $?"
[ "$(grep -cE '^(low|medium|high|extreme) +[1-9][0-9]* frames a launch' plan.txt)" -eq 4 ] ||
    complain "plan_device: $(cat plan.txt)"
exit $bad
