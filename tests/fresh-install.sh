#!/usr/bin/env bash
# The two commands as a newcomer meets them: a fresh clone, a fresh HOME, the pip that comes with Python, every
# supported Python that is on this machine. `make demo` runs whole; of `make test` the set-up, and the tests
# that look at what was installed. One Python takes about two minutes. `tests/fresh-install.sh 3.12` takes one.
set -euo pipefail
cd "$(dirname "$0")/.."
source_folder=$PWD
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

python_named() { # the interpreter of a version, wherever it is; nothing where there is none
    local found
    for found in "$HOME"/.pyenv/versions/"$1".*/bin/python3 "$(command -v "python$1" || true)"; do
        if [ -x "$found" ] && "$found" -c 'import ensurepip' 2>/dev/null &&
            [ "$("$found" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)" = "$1" ]; then
            echo "$found"
            return
        fi
    done
}

commit=$(git rev-parse HEAD)
tried=0
for wanted in "${@:-3.11}"; do
    python=$(python_named "$wanted")
    if [ -z "$python" ]; then
        echo "fresh install: Python $wanted is not on this machine"
        continue
    fi
    tried=$((tried + 1))
    clone=$scratch/$wanted/kinewatch
    mkdir -p "$scratch/$wanted/home"
    git clone -q "$source_folder" "$clone"
    git -C "$clone" checkout -q "$commit"
    began=$SECONDS
    in_clone=(env HOME="$scratch/$wanted/home" PYTHONDONTWRITEBYTECODE= make --no-print-directory -C "$clone" "PYTHON=$python")
    "${in_clone[@]}" demo ARGS="--speed max --json" >"$scratch/demo.out" 2>"$scratch/demo.err" ||
        { cat "$scratch/demo.out" "$scratch/demo.err"; echo "fresh install: make demo failed on Python $wanted"; exit 1; }
    "${in_clone[@]}" set-up >"$scratch/set-up.out" 2>&1 ||
        { cat "$scratch/set-up.out"; echo "fresh install: the set-up of make test failed on Python $wanted"; exit 1; }
    if grep -Eiq 'warning|notice|deprecat' "$scratch/set-up.out"; then
        cat "$scratch/set-up.out"
        echo "fresh install: the set-up is not quiet"
        exit 1
    fi
    "$clone/.venv/bin/python" - <<'CHECK'
import ensurepip, pip
assert pip.__version__ == ensurepip.version(), f"pip {pip.__version__} is not the bundled {ensurepip.version()}"
CHECK
    (cd "$clone" && HOME="$scratch/$wanted/home" .venv/bin/python -m pytest -q -p no:cacheprovider \
        tests/test_locks.py tests/test_packaging.py tests/monitor/cli/test_main.py >"$scratch/tests.out" 2>&1) ||
        { cat "$scratch/tests.out"; exit 1; }
    echo "fresh install: $("$python" --version), pip $("$clone/.venv/bin/python" -c 'import pip; print(pip.__version__)'):" \
        "make demo and the set-up of make test work, $((SECONDS - began)) s"
    rm -rf "$scratch/$wanted"
done
[ "$tried" -gt 0 ]
