#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# fmorph batch: lists of pairs, failures that do not stop the others, resume, shards, summaries.
# shellcheck source=tests/cli/lib.sh
. "${FM_SOURCE_DIR:?}/tests/cli/lib.sh"
heads
small=(--minimal --frames 3 --size 48)

# A folder: FBX before OBJ of one stem, sorted, every unordered pair; other files do not count.
mkdir meshes
for stem in one two three; do
    cp heads/head_a.obj meshes/$stem.obj
done
sed -i 's/^v \(.*\) \(.*\) \(.*\)$/v \1 \3 \2/' meshes/two.obj
cp heads/head_b.fbx meshes/three.fbx
cp heads/head_a.png meshes/
touch meshes/.hidden.obj meshes/notes.txt
expect 0 batch meshes -o dry --dry-run
printf '0 dry/one_three meshes/one.obj meshes/three.fbx\n1 dry/one_two meshes/one.obj meshes/two.obj\n2 dry/three_two meshes/three.fbx meshes/two.obj\n' |
    cmp - "$out" || complain "pairs of a folder: $(cat "$out")"
[ ! -e dry ] || complain "--dry-run made a folder"
expect 0 batch meshes "${small[@]}" -o all
[ "$(cd all && echo *)" = "one_three one_two three_two" ] || complain "folders: $(ls all)"
grep -q '3 pairs: 3 done, 0 skipped, 0 failed in .* s; 3 meshes loaded' "$err" || complain "no summary: $(cat "$err")"
for folder in all/*; do
    "$helper" run "$folder/run.json" || complain "$folder: run.json breaks the contract"
    grep -q SUCCESS "$folder/session.log" || complain "$folder: no session log"
done
# One time for all pairs of a call, in every run.json and session.log.
started=$("$helper" get all/one_two/run.json started)
for folder in all/*; do
    [ "$("$helper" get "$folder/run.json" started)" = "$started" ] || complain "$folder: another time in run.json"
    grep -q "started: $started" "$folder/session.log" || complain "$folder: another time in session.log"
done
grep -q 'two.obj' all/one_three/session.log && complain "session logs are mixed"
# What a mesh said when it was loaded keeps its level in the logs of later pairs.
for folder in all/*; do
    grep -q 'DEBUG - importer:' "$folder/session.log" || complain "$folder: no line of the importer"
    grep -q 'INFO - importer:' "$folder/session.log" && complain "$folder: a repeated line has another level"
done
expect 0 morph meshes/three.fbx meshes/two.obj "${small[@]}" -o single
diff -r single/three_two/png all/three_two/png || complain "a batch makes other pictures than morph"
# An engine asks the device once how it lays out structs: one small read of the first pair.
for key in to_device.count:0 to_device.bytes:0 from_device.count:1; do
    single=$("$helper" get single/three_two/run.json transfers.${key%:*})
    [ "$("$helper" get all/three_two/run.json transfers.${key%:*})" = $((single - ${key#*:})) ] ||
        complain "transfers.${key%:*} counts other pairs"
done

# In 16 bits, with heatmaps: every pair tells its own error.
expect 0 batch meshes --frames 2 --size 32 --precision fp16 -o half
for folder in half/*; do
    "$helper" get "$folder/run.json" precision_fields.total_displacement >/dev/null || complain "$folder: no error of fp16"
    [ "$(count "$folder"/*_components.png)" -ge 1 ] || complain "$folder: no heatmaps"
done

# Resume: nothing to do; then what is incomplete, has other meshes or other options.
expect 0 batch meshes "${small[@]}" -o all --resume
grep -q '0 done, 3 skipped' "$err" || complain "resume did not skip: $(cat "$err")"
# The first pairs are there, so the first one to be made finds no device that is open.
expect 0 batch meshes "${small[@]}" --level high -o high
rm high/three_two/run.json
expect 0 batch meshes "${small[@]}" --level high -o high --resume
grep -q '1 done, 2 skipped' "$err" || complain "resume at high: $(cat "$err")"
rm all/one_two/png/*500*
cp heads/head_b.fbx meshes/three.fbx # the same content: not another mesh
expect 0 batch meshes "${small[@]}" -o all --resume
grep -q '1 done, 2 skipped' "$err" || complain "an incomplete pair: $(cat "$err")"
[ "$(count all/one_two/png/*)" -eq 3 ] || complain "resume did not repair"
cp meshes/two.obj meshes/three.obj && rm meshes/three.fbx
expect 0 batch meshes "${small[@]}" -o all --resume
grep -q '2 done, 1 skipped' "$err" || complain "another mesh: $(cat "$err")"
expect 0 batch meshes "${small[@]}" -o all --resume --camera yaw=9
grep -q '3 done, 0 skipped' "$err" || complain "other options: $(cat "$err")"
rm all/one_two/run.json && mkfifo all/one_two/run.json
expect 0 batch meshes "${small[@]}" -o all --resume --camera yaw=9
grep -q '1 done, 2 skipped' "$err" || complain "a pipe for a run.json: $(cat "$err")"
sed -i 's/"frames": 3/"frames": -3/' all/one_two/run.json
expect 0 batch meshes "${small[@]}" -o all --resume --camera yaw=9
grep -q '1 done, 2 skipped' "$err" || complain "a run of -3 frames counts as done: $(cat "$err")"
expect 5 batch meshes "${small[@]}" -o all
grep -q '3 failed' "$err" || complain "existing folders were not refused"
rm -f all/*.failed.log

# A failing pair: the others go on, a log stays, the code is that of the first failure.
cat >pairs.csv <<END
a,b,texture_a
heads/head_a.fbx,heads/head_b.fbx,
heads/head_a.fbx,heads/none.fbx,
heads/head_b.fbx,heads/head_a.obj,heads/none.png
$PWD/heads/head_a.obj,heads/head_b.obj,
heads/head_a.obj,heads/head_b.obj,
END
expect 3 batch pairs.csv "${small[@]}" -o table --json
[ "$(cd table && echo *)" = "head_a_head_b head_a_head_b-2 head_a_head_b-3 head_a_none.failed.log head_b_head_a.failed.log" ] ||
    complain "table: $(ls table)"
grep -q 'ERROR - .*none.fbx' table/head_a_none.failed.log || complain "the log does not say why"
[ "$("$helper" get "$out" failed) $("$helper" get "$out" "done") $("$helper" get "$out" pairs.1.exit)" = "2 3 3" ] || complain "--json: $(cat "$out")"
cp heads/head_b.fbx heads/none.fbx
expect 3 batch pairs.csv "${small[@]}" -o table --resume
[ ! -e table/head_a_none.failed.log ] || complain "a pair that works now keeps its old log"

# Parts of a batch, and their summary.
for shard in 0 1; do
    FMORPH_STARTED=2026-01-02T03:04:05Z expect 0 batch meshes "${small[@]}" -o parts --shard $shard/2
done
[ "$("$helper" get parts/one_two/run.json started)" = 2026-01-02T03:04:05Z ] || complain "a part of a batch has its own time"
[ "$(cd parts && echo *)" = "one_three one_two three_two" ] || complain "shards made $(ls parts)"
rm -r parts/one_two
expect 1 batch meshes -o parts --summary
grep -q '3 pairs, 2 done, 0 failed, 1 missing' "$err" || complain "summary: $(cat "$err")"
[ "$(cut -d, -f2,3 parts/summary.csv | tr '\r\n' '  ' | tr -s ' ')" = "folder,status one_three,done one_two,missing three_two,done " ] ||
    complain "summary.csv: $(cat parts/summary.csv)"
expect 0 batch meshes "${small[@]}" -o parts --index 1
expect 0 batch meshes -o parts --summary

# Names of different pairs that are alike, and numbers that are names already.
mkdir alike
for name in a a_b b_c c; do cp heads/head_a.fbx alike/$name.fbx; done
for again in 6.done 0.done; do
    expect 0 batch alike --frames 2 --size 16 --minimal -o alike_out --resume
    grep -q "${again%.*} done" "$err" || complain "names that are alike: $(cat "$err")"
done
[ "$(cd alike_out && echo *)" = "a_a_b a_b_b_c a_b_c a_b_c-2 a_c b_c_c" ] || complain "names that are alike: $(ls alike_out)"
cp heads/head_a.fbx alike/c-2.fbx
printf 'a,b\nalike/a.fbx,alike/c.fbx\nalike/a.fbx,alike/c.fbx\nalike/a.fbx,alike/c-2.fbx\n' >alike.csv
expect 0 batch alike.csv --frames 2 --size 16 --minimal -o alike_rows
[ "$(cd alike_rows && echo *)" = "a_c a_c-2 a_c-3" ] || complain "numbers that are names: $(ls alike_rows)"

# A name that would steer a terminal is escaped in the list.
mkdir odd && cp heads/head_a.fbx odd/a.fbx && cp heads/head_b.fbx odd/$'b\033\n_.fbx'
expect 0 batch odd -o dry --dry-run
grep -qF 'odd/b\x1B\x0A_.fbx' "$out" || complain "control bytes are not escaped: $(cat "$out")"
[ "$(wc -l <"$out")" -eq 1 ] || complain "a name with a line feed makes lines: $(cat "$out")"

# Mistakes.
refused 2 "one folder or table" batch
refused 2 "I/N with I from 0" batch meshes -o x --shard 2/2
refused 2 "from 0 to 2" batch meshes -o x --index 3
refused 2 "give one of them" batch meshes -o x --index 1 --shard 0/2
refused 2 "texture_a" batch meshes -o x --texture-a heads/head_a.png
refused 2 "a batch writes folders" batch meshes -o - --raw
refused 2 "--json: --dry-run of a batch has no such form" batch meshes -o x --dry-run --json
refused 2 "--json: --summary has no such form" batch meshes -o parts --summary --json
refused 3 "cannot be opened" batch nowhere -o x
mkdir lonely && cp heads/head_a.fbx lonely
refused 3 "1 mesh files" batch lonely -o x
echo 'x,y' >bad.csv
refused 3 "holds no pair" batch bad.csv -o x
echo '1,2' >>bad.csv
refused 3 "no columns a and b" batch bad.csv -o x
[ ! -e x ] || complain "a refused batch left its folder"
finish
