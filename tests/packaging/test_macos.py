"""What macOS is told about the app, and how its image is made: everything that can be tried elsewhere."""

from __future__ import annotations

import os
import plistlib
import subprocess
from pathlib import Path

import pytest
from installers import bundle, dmg, places, version_info


def test_only_what_the_interpreter_needs_is_allowed() -> None:
    with dmg.ENTITLEMENTS.open("rb") as file:
        entitlements = plistlib.load(file)
    assert entitlements == {"com.apple.security.cs.allow-unsigned-executable-memory": True}
    # Each with its reason.
    assert "allow-unsigned-executable-memory: " in dmg.ENTITLEMENTS.read_text("utf-8")


def test_the_property_list_can_be_written_and_read() -> None:
    entries = bundle.info_plist()
    assert plistlib.loads(plistlib.dumps(entries)) == entries
    assert entries["CFBundleExecutable"] == "loadbench-gui"
    assert entries["LSBackgroundOnly"] is False
    assert entries["NSHighResolutionCapable"] is True
    numbers = [int(part) for part in str(entries["CFBundleVersion"]).split(".")]
    assert tuple(numbers) == version_info.numbers(places.version())


def test_profiles_open_with_it_without_taking_toml_files_over() -> None:
    (kind,) = plistlib.loads(plistlib.dumps(bundle.info_plist()))["CFBundleDocumentTypes"]
    assert kind["CFBundleTypeExtensions"] == ["toml"]
    assert (kind["CFBundleTypeRole"], kind["LSHandlerRank"]) == ("Viewer", "Alternate")


def test_the_spec_makes_the_bundle_that_the_image_holds() -> None:
    spec = (places.PACKAGING / "loadbench.spec").read_text("utf-8")
    assert f'name="{dmg.APP.name}"' in spec
    assert dmg.APP.parent == places.FROZEN.parent
    assert "info_plist=bundle.info_plist()" in spec
    assert f'os.environ.get("{dmg.IDENTITY_VARIABLE}")' in spec


def test_notices_go_into_the_bundle(tmp_path: Path) -> None:
    frozen, app = tmp_path / "loadbench", tmp_path / "loadbench.app"
    (app / "Contents" / "Resources").mkdir(parents=True)
    with pytest.raises(SystemExit, match="no notices"):
        dmg.add_notices(frozen, app)
    (frozen / "notices" / "licences").mkdir(parents=True)
    (frozen / "notices" / "licences" / "MIT.txt").write_text("terms")
    for _ in range(2):  # a second image of the same bundle
        dmg.add_notices(frozen, app)
    assert (app / "Contents" / "Resources" / "notices" / "licences" / "MIT.txt").read_text() == "terms"


def test_the_image_shows_the_app_with_its_links_and_the_folder_to_drag_it_to(tmp_path: Path) -> None:
    app, staged = tmp_path / "loadbench.app", tmp_path / "staged"
    staged.mkdir()
    (app / "Contents" / "Resources").mkdir(parents=True)
    (app / "Contents" / "Frameworks").mkdir()
    (app / "Contents" / "Frameworks" / "profiles").symlink_to("../Resources/profiles")
    dmg.stage(app, staged)
    assert (staged / "loadbench.app" / "Contents" / "Frameworks" / "profiles").is_symlink()
    assert (staged / "Applications").readlink() == Path("/Applications")
    create, verify = dmg.commands(staged, tmp_path / dmg.image_name("arm64"))
    assert create[:2] == ["hdiutil", "create"]
    assert verify == ["hdiutil", "verify", str(tmp_path / f"loadbench-{places.version()}-macos-arm64.dmg")]


def sign(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(dmg.SIGN), *arguments],
        env={"PATH": os.environ["PATH"], **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("what", ["app", "dmg"])
def test_without_an_identity_nothing_is_signed_and_that_is_said(what: str, tmp_path: Path) -> None:
    target = tmp_path / f"loadbench.{what}"
    target.write_bytes(b"as it was")
    ended = sign(what, str(target))
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "Not signed: LOADBENCH_CODESIGN_IDENTITY is not set" in ended.stdout
    assert target.read_bytes() == b"as it was"


def test_signing_what_is_not_there_or_not_meant_fails_in_words(tmp_path: Path) -> None:
    missing = sign("dmg", str(tmp_path / "none.dmg"), LOADBENCH_CODESIGN_IDENTITY="nobody")
    assert (missing.returncode, missing.stderr) == (1, f"There is no {tmp_path / 'none.dmg'} to sign.\n")
    assert sign("deb", "file").returncode == 2
    assert sign().returncode == 2


def tools(folder: Path, log: Path) -> str:
    """A PATH whose Apple tools only write down how they were called."""
    for name in ("codesign", "xcrun", "spctl"):
        tool = folder / name
        tool.write_text(f'#!/bin/sh\necho "{name} $*" >>"{log}"\n')
        tool.chmod(0o755)
    return f"{folder}{os.pathsep}{os.environ['PATH']}"


def test_an_image_is_signed_then_notarised_then_stapled(tmp_path: Path) -> None:
    image, log = tmp_path / "it has spaces.dmg", tmp_path / "log"
    image.touch()
    path = tools(tmp_path, log)
    unnotarised = sign("dmg", str(image), PATH=path, LOADBENCH_CODESIGN_IDENTITY="Developer ID Application: X (Y)")
    assert unnotarised.returncode == 0
    assert "not notarised" in unnotarised.stdout
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["codesign"]
    log.unlink()
    names = {"LOADBENCH_CODESIGN_IDENTITY": "Developer ID Application: X (Y)", "LOADBENCH_NOTARY_PROFILE": "ours"}
    assert sign("dmg", str(image), PATH=path, **names).returncode == 0
    called = log.read_text().splitlines()
    assert [" ".join(line.split()[:3]) for line in called] == [
        "codesign --force --timestamp", "xcrun notarytool submit", "xcrun stapler staple", "xcrun stapler validate",
        "spctl --assess --type",
    ]  # fmt: skip
    assert all(str(image) in line for line in called)


def test_a_bundle_is_sealed_for_the_hardened_runtime(tmp_path: Path) -> None:
    app, log = tmp_path / "loadbench.app", tmp_path / "log"
    app.mkdir()
    names = {"LOADBENCH_CODESIGN_IDENTITY": "Developer ID Application: X (Y)"}
    assert sign("app", str(app), PATH=tools(tmp_path, log), **names).returncode == 0
    seal, verify = log.read_text().splitlines()
    assert "--options runtime --timestamp --entitlements" in seal
    assert "--deep" not in seal
    assert verify.startswith("codesign --verify --deep --strict")
