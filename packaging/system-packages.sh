#!/usr/bin/env bash
# Makes sure of what pip cannot install: shared libraries and programs of the system, a set at a time.
#
#     packaging/system-packages.sh window|test|bench|freeze|installers | package NAME...
#
# Looks for the library or program itself, so it is quick and right on any Linux. What is missing is installed by
# apt-get when we are root on Debian or Ubuntu; else the exact command is named, and the script fails.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."

LOG=.make/apt.log

# what is looked for -> the Debian package that has it. lib*.so* is a library, a/b/c any one of these programs.
window() {
    cat <<'TABLE'
libEGL.so.1 libegl1
libGL.so.1 libgl1
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3
libfontconfig.so.1 libfontconfig1
libxkbcommon.so.0 libxkbcommon0
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libX11-xcb.so.1 libx11-xcb1
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-image.so.0 libxcb-image0
libxcb-keysyms.so.1 libxcb-keysyms1
libxcb-randr.so.0 libxcb-randr0
libxcb-render-util.so.0 libxcb-render-util0
libxcb-shape.so.0 libxcb-shape0
libxcb-shm.so.0 libxcb-shm0
libxcb-sync.so.1 libxcb-sync1
libxcb-xfixes.so.0 libxcb-xfixes0
libxcb-xkb.so.1 libxcb-xkb1
libwayland-client.so.0 libwayland-client0
libwayland-cursor.so.0 libwayland-cursor0
libwayland-egl.so.1 libwayland-egl1
TABLE
}

tests() {
    cat <<'TABLE'
openssl openssl
git git
Xvfb xvfb
openbox openbox
xdotool xdotool
chromium/chromium-browser/google-chrome chromium
strip binutils
xz xz-utils
man man-db
desktop-file-validate desktop-file-utils
zsh zsh
fish fish
TABLE
}

bench() {
    cat <<'TABLE'
nginx nginx-light
wrk wrk
h2load nghttp2-client
ab apache2-utils
hey hey
npm npm
taskset util-linux
perf linux-perf
strace strace
Xvfb xvfb
TABLE
}

# PyInstaller puts its archive into executables with objcopy; strip takes symbols out of what it collected.
freeze() {
    cat <<'TABLE'
objcopy binutils
strip binutils
TABLE
}

# What wraps the frozen app for Linux and tries the result. GTK, because a plug-in of Qt's is linked to it: which
# package has that library is asked of this system.
installers() {
    cat <<'TABLE'
dpkg-deb dpkg
dpkg-shlibdeps dpkg-dev
objdump binutils
lintian lintian
desktop-file-validate desktop-file-utils
appstreamcli appstream
man man-db
xz xz-utils
libgtk-3.so.0 libgtk-3-0
debootstrap debootstrap
Xvfb xvfb
openbox openbox
xdotool xdotool
TABLE
}

PATH="$PATH:/usr/sbin:/sbin"
LIBRARIES="$(ldconfig -p 2>/dev/null || true)"

have() {
    local name
    case "$1" in
    lib*.so*)
        # Without ldconfig there is no telling; Qt says itself what it lacks.
        [ -z "$LIBRARIES" ] || grep -qF "$1 " <<<"$LIBRARIES"
        ;;
    *)
        for name in ${1//\// }; do
            if command -v "$name" >/dev/null; then return 0; fi
        done
        return 1
        ;;
    esac
}

missing_packages() {
    local wanted package
    while read -r wanted package; do
        have "$wanted" || echo "$package"
    done | sort -u
}

install() {
    local command=(apt-get install --yes --no-install-recommends "$@")
    if ! command -v apt-get >/dev/null; then
        echo "loadbench needs these system packages (by their Debian names): $*" >&2
        echo "Install what your system calls them, then run this again." >&2
        exit 1
    fi
    if [ "$(id -u)" -ne 0 ]; then
        echo "loadbench needs system packages that are not installed. Install them with:" >&2
        echo "    sudo apt-get update && sudo ${command[*]}" >&2
        exit 1
    fi
    echo "Installing system packages: $*"
    export DEBIAN_FRONTEND=noninteractive
    mkdir -p "$(dirname -- "$LOG")"
    # A fresh machine has no package lists, an old one has stale ones: then the first attempt fails.
    if ! "${command[@]}" >"$LOG" 2>&1; then
        { apt-get update && "${command[@]}"; } >"$LOG" 2>&1 || explain_failure "$*"
    fi
}

# Without a network apt-get ends by speaking of packages without a candidate.
explain_failure() {
    if grep -qE 'Temporary failure resolving|Could not resolve|Could not connect|Connection timed out|Unable to connect' "$LOG"; then
        echo "apt-get cannot reach its package servers, and could not install: $1" >&2
        echo "Check the network (and the proxy, if there is one), then run this again. Details: $LOG" >&2
        exit 1
    fi
    grep '^E: ' "$LOG" | tail -n 5 >&2 || true
    echo "apt-get could not install: $1. Mend what it says above, then run this again. Details: $LOG" >&2
    exit 1
}

case "${1:-}" in
window) table="$(window)" ;;
test) table="$(window; tests)" ;;
bench) table="$(bench)" ;;
freeze) table="$(freeze)" ;;
installers) table="$(installers)" ;;
package) # a package by its name, whatever it holds
    install "${@:2}"
    exit
    ;;
*)
    echo "usage: ${0##*/} window|test|bench|freeze|installers | package NAME..." >&2
    exit 2
    ;;
esac

mapfile -t missing < <(missing_packages <<<"$table")
if [ "${#missing[@]}" -gt 0 ]; then install "${missing[@]}"; fi
