#!/usr/bin/env bash
# Rewrites constraints.txt: the newest versions that pyproject.toml allows, tried out in an environment of their own.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

scratch="$(mktemp -d)"
trap 'rm -rf -- "$scratch"' EXIT
"${PYTHON:-python3}" -m venv "$scratch/venv"
"$scratch/venv/bin/python" -m pip install --quiet --no-input --editable '.[dev,package]'

# What only Windows or macOS need: markers keep it out of this environment. As wheels, which name their version.
"$scratch/venv/bin/python" -m pip download --quiet --no-input --no-deps --only-binary=:all: --platform win_amd64 \
    --dest "$scratch/elsewhere" 'winloop>=0.2' pywin32-ctypes pefile macholib

# Names and versions only: where a package came from is this machine's business.
{
    echo '# Every version the project is tested with. Regenerate with `make lock`.'
    {
        "$scratch/venv/bin/python" -m pip list --format freeze --exclude-editable --exclude pip
        for wheel in "$scratch"/elsewhere/*.whl; do
            basename "$wheel" | sed -E 's/^([^-]+)-([^-]+)-.*/\1==\2/; s/_/-/g'
        done
    } | LC_ALL=C sort --ignore-case
} >"$scratch/constraints.txt"
if grep --invert-match --extended-regexp --quiet '^#|^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+$' "$scratch/constraints.txt"; then
    echo "pip listed something that is not name==version:" >&2
    grep --invert-match --extended-regexp '^#|^[A-Za-z0-9._-]+==[A-Za-z0-9.+!]+$' "$scratch/constraints.txt" >&2
    exit 1
fi
cp "$scratch/constraints.txt" constraints.txt
echo "constraints.txt has $(grep --count == constraints.txt) versions."
