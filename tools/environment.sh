# Sourced by the two commands of the README: `use_environment EXTRAS` leaves a
# Python with aanet and its extras active. It takes the environment that is
# active, or makes .venv in the repository.

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf '\nerror: %s\n' "$*" >&2
    exit 1
}

trap 'fail "line $LINENO of $0 failed; its reason is printed above"' ERR

find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3.10 python3 python; do
        if command -v "$name" > /dev/null && "$name" -c 'import sys
sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 14))' 2> /dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

activate_environment() {
    if [ -n "${VIRTUAL_ENV:-}${CONDA_PREFIX:-}" ]; then
        say "Using the active environment ${VIRTUAL_ENV:-$CONDA_PREFIX}"
        return
    fi
    if [ ! -e .venv/bin/activate ]; then
        local python
        python=$(find_python) ||
            fail 'no Python 3.10 to 3.13 found: install one of them'
        say "Making an environment in .venv with $python"
        "$python" -m venv .venv
    fi
    say 'Using the environment in .venv'
    # shellcheck disable=SC1091 # it exists only once it was made
    source .venv/bin/activate
}

# opencv-python needs a desktop's libGL; the headless build does not.
ensure_opencv() {
    python -c 'import cv2' 2> /dev/null && return
    say 'opencv-python cannot load here (no libGL): taking its headless build'
    python -m pip uninstall --quiet --yes opencv-python
    python -m pip install --quiet --force-reinstall --no-deps \
        opencv-python-headless
    python -c 'import cv2'
}

use_environment() {
    activate_environment
    say "Installing aanet[$1] and what it needs (some minutes the first time)"
    python -m pip install --quiet --disable-pip-version-check \
        --editable ".[$1]"
    ensure_opencv
}
