#!/bin/sh
# Starts @PROGRAM@ after a look at the system's C library, which says only "version not found" itself.
needed=@GLIBC@

refuse() {
    echo "error: @PROGRAM@ needs glibc $needed or newer, $1" >&2
    echo "Use a newer release of this system, or run loadbench from its source with a Python 3.11 or newer." >&2
    exit 5
}

# 2.9 is older than 2.35: numbers, not text.
is_older() {
    [ "${1%%.*}" -lt "${2%%.*}" ] || { [ "${1%%.*}" -eq "${2%%.*}" ] && [ "$(minor "$1")" -lt "$(minor "$2")" ]; }
}

minor() {
    rest=${1#*.}
    echo "${rest%%[!0-9]*}"
}

found=$(getconf GNU_LIBC_VERSION 2>/dev/null) || found=$(ldd --version 2>&1)
case $found in
*musl*) refuse "this system has musl." ;;
*[0-9].[0-9]*)
    # The last word of the first line is the version: "glibc 2.36", "ldd (Debian GLIBC 2.36-9) 2.36".
    found=$(printf '%s\n' "$found" | sed -n '1s/.* //p')
    if is_older "$found" "$needed"; then refuse "this system has $found."; fi
    ;;
esac

# The folder of this script, whatever links led to it and whatever is in its name.
self=$0
while [ -L "$self" ]; do
    target=$(readlink "$self"; echo .)
    target=${target%??}
    case $target in
    /*) self=$target ;;
    *) self=${self%/*}/$target ;;
    esac
done
case $self in
*/*) folder=${self%/*} ;;
*) folder=. ;;
esac
exec "$folder/app/@PROGRAM@" "$@"
