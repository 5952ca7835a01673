#!/usr/bin/env bash
# Makes .venv hold loadbench and the pinned packages it needs; does nothing when it does already.
#
#     packaging/setup.sh run     what the program needs
#     packaging/setup.sh dev     that, and the tools for tests and checks
#     packaging/setup.sh package that, and what builds installers
#
# PYTHON names the interpreter (3.11 or newer); without it the first suitable one on the PATH is taken.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

LEVEL="${1:-run}"
case "$LEVEL" in
run) WHAT="." ;;
dev) WHAT=".[dev]" ;;
package) WHAT=".[dev,package]" ;;
*)
    echo "usage: ${0##*/} run|dev|package" >&2
    exit 2
    ;;
esac

# Relative, because the folder's name may hold spaces.
VENV_PYTHON=.venv/bin/python
LOG=.make/pip.log

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

choose_python() {
    local candidate
    if [ -n "${PYTHON:-}" ]; then
        new_enough "$PYTHON" || fail "PYTHON=$PYTHON is not Python 3.11 or newer, or cannot be run."
        echo "$PYTHON"
        return
    fi
    for candidate in python3 python3.13 python3.12 python3.11 python3.14; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "loadbench needs Python 3.11 or newer, and found none on the PATH." \
        "Install one, or name it: make run PYTHON=/path/to/python3.12"
}

# Which installation an interpreter belongs to, also from inside a virtual environment.
home_of() {
    "$1" -c 'import sys; print(sys.base_prefix, sys.version_info[:3])'
}

# What the environment was made from; it moves with the folder, but pip wrote the folder's path into it.
fingerprint() {
    echo "$PWD"
    "$VENV_PYTHON" --version
    cksum pyproject.toml constraints.txt
}

ready() {
    local level
    [ -x "$VENV_PYTHON" ] || return 1
    for level in "$@"; do
        if [ -f ".venv/.loadbench-$level" ] && [ "$(fingerprint 2>/dev/null)" = "$(cat ".venv/.loadbench-$level")" ]; then
            return 0
        fi
    done
    return 1
}

make_venv() {
    local python version
    python="$(choose_python)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        version="$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
        packaging/system-packages.sh package "python$version-venv"
    fi
    echo "Making a virtual environment in .venv with $("$python" --version)"
    "$python" -m venv --clear .venv || fail "The virtual environment could not be made: see the message above."
}

usable_venv() {
    [ -x "$VENV_PYTHON" ] && new_enough "$VENV_PYTHON" || return 1
    [ -f .venv/bin/pip ] || return 1
    if [ -n "${PYTHON:-}" ] && [ "$(home_of "$(choose_python)")" != "$(home_of "$VENV_PYTHON")" ]; then return 1; fi
    # Made elsewhere and moved or copied here: scripts and paths in it point to the old place.
    local stamp
    for stamp in .venv/.loadbench-*; do
        if [ -f "$stamp" ] && [ "$(head -n 1 "$stamp")" != "$PWD" ]; then return 1; fi
    done
}

# pip's own last words mislead: without a network it speaks of conflicting versions.
explain_failure() {
    if grep -qF 'No space left on device' "$LOG"; then
        fail "The packages could not be installed: the disk is full. They take about 700 MB." "Details: $LOG"
    fi
    if grep -qE 'NewConnectionError|NameResolutionError|ConnectTimeout|ReadTimeout|ProxyError|SSLError|Connection refused' "$LOG"; then
        fail "The packages could not be installed: pip cannot reach the package index." \
            "Check the network. Behind a proxy set HTTPS_PROXY; with a mirror PIP_INDEX_URL; with a folder of wheels" \
            "PIP_FIND_LINKS. Then run this again. Details: $LOG"
    fi
    grep -E '^ *ERROR' "$LOG" | sort -u | tail -n 5 >&2 || true
    fail "The packages could not be installed. Details: $LOG"
}

if [ -n "${PYTHON:-}" ]; then choose_python >/dev/null; fi
usable_venv || make_venv
case "$LEVEL" in # a larger environment will do as well
run) ready run dev package && exit ;;
dev) ready dev package && exit ;;
package) ready package && exit ;;
esac

mkdir -p .make
echo "Installing loadbench and the packages it needs into .venv (a minute or two the first time)"
# The constraint also holds for what pip builds with. Pinned, so that everybody measures with the same versions.
if ! PIP_CONSTRAINT=constraints.txt PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_RETRIES="${PIP_RETRIES:-2}" \
    "$VENV_PYTHON" -m pip install --no-input --editable "$WHAT" >"$LOG" 2>&1; then
    explain_failure
fi
fingerprint >".venv/.loadbench-$LEVEL"
