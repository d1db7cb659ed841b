#!/usr/bin/env bash
# From nothing to results on a synthetic set: bash tools/quickstart.sh
# Installs, draws, trains, tests, makes pictures. It can be run again: what is
# done already is not done twice.
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/environment.sh

config=configs/aanet/aanet_r18_toy.py
work_dir=${1:-work_dirs/aanet_r18_toy}

use_environment openmmlab
seconds=$SECONDS

say '1/5 Drawing and checking the synthetic set in data/toy_reid'
python tools/dataset_tools/check_dataset.py ToyReID data/toy_reid

say "2/5 Training $config (about 3 minutes on 2 cores)"
python tools/train.py "$config" --work-dir "$work_dir" --resume

say '3/5 Testing the last checkpoint'
checkpoint=$(cat "$work_dir/last_checkpoint")
python tools/test.py "$config" "$checkpoint" --work-dir "$work_dir" \
    --out "$work_dir/features.npz"

say '4/5 Drawing ranked lists'
python tools/visualization/vis_ranking.py "$config" "$checkpoint" \
    --features "$work_dir/features.npz" --out-dir "$work_dir/pictures"

say '5/5 Drawing attention maps'
python tools/visualization/vis_attention.py "$config" "$checkpoint" \
    --out-dir "$work_dir/pictures"

say "Done in $((SECONDS - seconds)) s after installation. Look at:"
printf '  %s\n' "$work_dir"/pictures/*
echo "  tensorboard --logdir $work_dir"
