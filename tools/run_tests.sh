#!/usr/bin/env bash
# Install what the tests need and run them all: bash tools/run_tests.sh
# Arguments go to pytest: bash tools/run_tests.sh tests/test_models -x
set -euo pipefail
cd "$(dirname "$0")/.."
source tools/environment.sh

use_environment openmmlab,dev

say 'Running the tests'
# Two processes with one thread each beat one process with two.
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
python -m pytest -n "${TEST_PROCESSES:-2}" "$@"
