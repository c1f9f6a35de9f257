#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Twelve pairs as a job array on a Slurm of three virtual nodes. In the middle a node dies with all
# of its processes, and one task asks once for another try (exit 75). In the end every file that
# must be equal is, compared with a serial run.
set -uo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${FM_TEST_TMP:?}
for tool in slurmctld slurmd sbatch squeue munged munge; do
    if ! command -v "$tool" >/dev/null; then
        echo "skipped: no $tool; packages slurmctld slurmd slurm-client munge"
        exit 77
    fi
done
[ "$(id -u)" -eq 0 ] || { echo "skipped: needs root" && exit 77; }

rm -rf "${work:?}"/*
cd "$work" || exit 1
fail() {
    echo "FAIL: $*"
    tail -n 15 slurmctld.log ./*.out 2>/dev/null
    exit 1
}
started=()
stop() {
    local pid
    [ -z "${job-}" ] || scancel "$job" 2>/dev/null
    for pid in "${started[@]}"; do
        kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
    done
}
trap stop EXIT

# until_true SECONDS WHAT COMMAND..
until_true() {
    local left=$(($1 * 5)) what=$2
    shift 2
    until "$@"; do
        ((--left > 0)) || fail "$what"
        sleep 0.2
    done
}

# ---- the serial run ----
fmorph=${FMORPH:?}
options=(--frames 21 --size 256 --minimal --threads 1)
"$fmorph" sample -o heads --vertices 4000 --texture 512 --pairs 3 -q || fail "no heads"
{
    echo a,b
    names=(heads/*.fbx)
    for i in "${!names[@]}"; do
        for ((k = i + 1; k < ${#names[@]}; k++)); do
            echo "${names[i]},${names[k]}"
        done
    done
} | head -n 13 >pairs.csv
[ "$(wc -l <pairs.csv)" -eq 13 ] || fail "not twelve pairs"
"$fmorph" batch pairs.csv -o serial -q "${options[@]}" || fail "the serial run"

# ---- the cluster ----
if ! munge -n >/dev/null 2>&1; then
    mkdir -p /run/munge && chown munge /run/munge
    runuser -u munge -- munged --foreground >munged.log 2>&1 &
    started+=($!)
    until_true 10 "munged does not answer" munge -n -o /dev/null
fi
port=$((20000 + RANDOM % 10000))
sed -e "s|@WORK@|$work|; s|@PORT@|$port|; s|@FIRST@|$((port + 1))|; s|@LAST@|$((port + 3))|" \
    "$here/slurm.conf.in" >slurm.conf
export SLURM_CONF=$work/slurm.conf
mkdir -p state spool-n1 spool-n2 spool-n3
slurmctld -D >slurmctld.out 2>&1 &
started+=($!)
declare -A node
for n in n1 n2 n3; do
    slurmd -D -N $n >"slurmd-$n.out" 2>&1 &
    node[$n]=$!
    started+=($!)
done
three_idle() { [ "$(sinfo -h -t idle -o %D 2>/dev/null)" = 3 ]; }
until_true 30 "three nodes do not come up" three_idle

# ---- the array ----
# Stands for fmorph: notes where it runs, and fails once on purpose.
cat >fmorph.sh <<'END'
#!/usr/bin/env bash
echo "$SLURM_ARRAY_TASK_ID $SLURMD_NODENAME ${SLURM_RESTART_COUNT:-0}" >>"$NOTES/tries"
[ "$SLURM_ARRAY_TASK_ID" -ne 4 ] || [ "${SLURM_RESTART_COUNT:-0}" -ne 0 ] || exit 75
job=$PPID # the job script; its parent is the step's daemon
step=$(sed -nE 's/^PPid:\s+//p' "/proc/$job/status")
echo "$step $job $$" >"$NOTES/pids.$SLURMD_NODENAME.new"
mv "$NOTES/pids.$SLURMD_NODENAME.new" "$NOTES/pids.$SLURMD_NODENAME"
exec "$REAL_FMORPH" "$@"
END
chmod +x fmorph.sh
export FMORPH=$work/fmorph.sh REAL_FMORPH=$fmorph NOTES=$work
job=$(sbatch --parsable --array=0-5 --requeue -o "$work/task-%a.out" \
    "${FM_SOURCE_DIR:?}/scripts/slurm_array.sh" pairs.csv spread "${options[@]}") || fail "sbatch"

# The second node dies as soon as a task works there: daemon, step, script and program at once.
until_true 30 "no task on n2" test -s pids.n2
read -r step script program <pids.n2
kill -KILL "${node[n2]}" "$step" "$script" "$program" || fail "nothing to kill on n2"
echo "killed n2 with task $(awk '$2 == "n2" {print $1; exit}' tries)"

finished() { [ -z "$(squeue -h -j "$job" 2>/dev/null)" ]; }
until_true 180 "the array does not end: $(squeue -h)" finished
states=$(scontrol show job "$job" | grep -o 'JobState=[A-Z_]*' | sort | uniq -c)
[ "$(tr -s ' ' <<<"$states")" = " 6 JobState=COMPLETED" ] || fail "states: $states"
lost=$(awk '$2 == "n2" {print $1; exit}' tries)
grep -qE "^$lost n[13] 1$" tries || fail "task $lost was not taken over: $(tr '\n' ';' <tries)"
grep -qE "^4 n[1-3] 1$" tries || fail "exit 75 was not tried again: $(tr '\n' ';' <tries)"

# ---- the results ----
"$fmorph" batch pairs.csv -o spread --summary -q "${options[@]}" || fail "the summary misses pairs"
[ "$(grep -c ',done,' spread/summary.csv)" -eq 12 ] || fail "not twelve rows"
hashes() { (cd "$1" && find . -name '*.png' -print0 | sort -z | xargs -0 sha256sum); }
hashes serial >serial.sums
hashes spread >spread.sums
[ "$(wc -l <serial.sums)" -eq $((12 * 21)) ] || fail "$(wc -l <serial.sums) pictures"
cmp serial.sums spread.sums || fail "pictures differ from the serial run"
if find spread -name '*.failed.log' -o -name '.*' -type d -path 'spread/*' | grep -q .; then
    fail "something is left behind: $(ls -A spread)"
fi
echo "12 pairs, $(wc -l <tries) tries, $(wc -l <spread.sums) equal pictures"
