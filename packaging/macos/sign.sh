#!/usr/bin/env bash
# Signs and notarises what was made for macOS. Without an identity it changes nothing, says so and succeeds.
#
#     packaging/macos/sign.sh app APP     seal the bundle anew, after files were added to it
#     packaging/macos/sign.sh dmg IMAGE   sign the image, have Apple notarise it, staple the ticket to it
#
# LOADBENCH_CODESIGN_IDENTITY  a "Developer ID Application: NAME (TEAM)" in the keychain. Set it for `installers freeze`
#                              already: what is inside the bundle is signed there.
# LOADBENCH_NOTARY_PROFILE     what `xcrun notarytool store-credentials PROFILE` has stored in the keychain
set -euo pipefail
here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"

if [ "$#" -ne 2 ] || { [ "$1" != app ] && [ "$1" != dmg ]; }; then
    echo "usage: ${0##*/} app APP | dmg IMAGE" >&2
    exit 2
fi
what="$1" path="$2"
identity="${LOADBENCH_CODESIGN_IDENTITY:-}"
profile="${LOADBENCH_NOTARY_PROFILE:-}"

if [ -z "$identity" ]; then
    echo "Not signed: LOADBENCH_CODESIGN_IDENTITY is not set. macOS will refuse to open $(basename "$path") at first."
    exit 0
fi
if [ ! -e "$path" ]; then
    echo "There is no $path to sign." >&2
    exit 1
fi

case "$what" in
app)
    # Not --deep: what is inside has its signatures already, and the executables their entitlements.
    codesign --force --options runtime --timestamp --entitlements "$here/entitlements.plist" \
        --sign "$identity" "$path"
    codesign --verify --deep --strict --verbose=2 "$path"
    ;;
dmg)
    codesign --force --timestamp --sign "$identity" "$path"
    if [ -z "$profile" ]; then
        echo "Signed, not notarised: LOADBENCH_NOTARY_PROFILE is not set."
        exit 0
    fi
    # Waits for Apple's answer; a refusal names a log: xcrun notarytool log ID --keychain-profile PROFILE
    xcrun notarytool submit "$path" --keychain-profile "$profile" --wait
    xcrun stapler staple "$path"
    xcrun stapler validate "$path"
    spctl --assess --type open --context context:primary-signature --verbose "$path"
    ;;
esac
