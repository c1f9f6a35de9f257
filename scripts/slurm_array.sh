#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#SBATCH --job-name=facemorph --requeue --open-mode=append
# Each task of a Slurm job array morphs its share of the pairs; `--array=0-99` makes 100 shares:
#   sbatch --array=0-99 scripts/slurm_array.sh PAIRS.csv OUT [options of fmorph batch]
# On one machine: parallel --joblog jobs.log --retries 3 fmorph batch PAIRS.csv -o OUT --resume \
#                     --shard {}/100 ::: {0..99}
# Afterwards:     fmorph batch PAIRS.csv -o OUT --summary
# A lost node or device requeues the task; finished pairs are kept. Slurm retries exit 75 for ever
# (RequeueExit=75 in slurm.conf), so the fifth try gives up.
case "${1-}" in
"" | -h | --help)
    sed -n '4,11s/^# \{0,1\}//p' "$0"
    exit $((${#1} == 0 ? 2 : 0))
    ;;
esac
: "${SLURM_ARRAY_TASK_ID:?slurm_array.sh runs as a task of a job array: sbatch --array=0-99 scripts/slurm_array.sh PAIRS.csv OUT}"
share=$((${SLURM_ARRAY_TASK_ID:?} - ${SLURM_ARRAY_TASK_MIN:?}))/${SLURM_ARRAY_TASK_COUNT:?}
"${FMORPH:-fmorph}" batch "${1:?pairs}" -o "${2:?folder}" --resume --shard "$share" "${@:3}"
code=$?
[ "$code" -ne 75 ] || [ "${SLURM_RESTART_COUNT:-0}" -lt 4 ] || code=1
exit "$code"
