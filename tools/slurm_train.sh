#!/usr/bin/env bash
# Train with slurm: bash tools/slurm_train.sh PARTITION JOB_NAME CONFIG [ARGS]
# GPUS, GPUS_PER_NODE, CPUS_PER_TASK and SRUN_ARGS change the allocation.
set -euo pipefail
[ $# -ge 3 ] || { sed -n '2,3p' "$0" >&2; exit 2; }
partition=$1; job_name=$2; config=$3; shift 3
gpus=${GPUS:-8}; gpus_per_node=${GPUS_PER_NODE:-8}

# shellcheck disable=SC2086 # SRUN_ARGS holds several words
exec srun -p "$partition" --job-name="$job_name" \
    --gres="gpu:$gpus_per_node" --ntasks="$gpus" \
    --ntasks-per-node="$gpus_per_node" \
    --cpus-per-task="${CPUS_PER_TASK:-5}" --kill-on-bad-exit=1 \
    ${SRUN_ARGS:-} python -u "$(dirname "$0")/train.py" "$config" \
    --launcher slurm "$@"
