"""The script of the Windows setup, read for consistency: nothing here compiles or runs it."""

from __future__ import annotations

import ast
import re
from uuid import UUID

import platformdirs
import pytest
from installers import inno, places

TEXT = inno.SCRIPT.read_text("utf-8")
CODE = TEXT.partition("\n[Code]\n")[2]
SETUP = dict(re.findall(r"^(\w+)=(.*)$", TEXT.partition("[Setup]")[2].partition("\n[Tasks]")[0], re.MULTILINE))
PUBLIC = dict(re.findall(r'^#define (\w+) "(.*)"$', TEXT, re.MULTILINE))


def section(name: str) -> list[dict[str, str]]:
    """The entries of a section: parameter -> value, quotes taken away."""
    body = re.split(r"^\[\w+\]$", TEXT.partition(f"\n[{name}]\n")[2], maxsplit=1, flags=re.MULTILINE)[0]
    entries = [line for line in body.splitlines() if line and line[0] not in ";#"]
    return [
        {key: value.strip('"') for key, value in re.findall(r'(\w+): ("(?:[^"]|"")*"|[^;]*)', line)} for line in entries
    ]


def test_the_identity_is_a_guid_that_never_changes() -> None:
    # Whoever changes it leaves two programs on the machines of those who upgrade.
    assert SETUP["AppId"] == "{{83AC3421-E351-4B49-8E97-67B2AFA2491A}"
    assert str(UUID(SETUP["AppId"].strip("{}"))) in SETUP["AppMutex"]


def test_the_program_holds_the_mutex_that_setup_looks_for() -> None:
    source = (places.PACKAGING / "windows" / "running.py").read_text("utf-8")
    names = {
        target.id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert names["MUTEX"] == SETUP["AppMutex"]
    assert '"windows" / "running.py"' in (places.PACKAGING / "loadbench.spec").read_text("utf-8")


def test_the_version_comes_from_outside() -> None:
    assert places.version() not in TEXT
    assert SETUP["AppVersion"] == "{#AppVersion}"
    assert inno.setup_name() == SETUP["OutputBaseFilename"].replace("{#AppVersion}", places.version()) + ".exe"


def test_every_name_that_is_used_is_defined_and_every_definition_used() -> None:
    used = set(re.findall(r"\{#(\w+)\}", TEXT))
    given = inno.defines().keys() | {"Sign"}
    assert used == given | PUBLIC.keys()
    assert set(re.findall(r"#ifn?def (\w+)", TEXT)) <= given


@pytest.mark.parametrize("sign", ["", "signtool sign /fd sha256 $f"])
def test_the_compiler_is_told_everything(sign: str) -> None:
    command = inno.command("ISCC.exe", sign)
    told = {word[2:].partition("=")[0] for word in command if word.startswith("/D")}
    assert told == inno.defines().keys() | ({"Sign"} if sign else set())
    assert [word for word in command if word.startswith("/S")] == ([f"/S{inno.SIGN_TOOL}={sign}"] if sign else [])
    assert command[-1] == str(inno.SCRIPT)


def test_it_needs_no_administrator_and_touches_nothing_of_the_machine() -> None:
    assert SETUP["PrivilegesRequired"] == "lowest"
    assert SETUP["DefaultDirName"].startswith("{localappdata}")
    assert {entry["Root"] for entry in section("Registry")} == {"HKA"}
    assert "HKLM" not in TEXT


def test_files_that_go_in_are_named_as_the_spec_names_them() -> None:
    spec = (places.PACKAGING / "loadbench.spec").read_text("utf-8")
    for name in (PUBLIC["Window"], PUBLIC["Console"]):
        assert f'"{name.removesuffix(".exe")}"' in spec
    assert SETUP["SetupIconFile"] == r"{#Icons}\loadbench.ico"


def test_profiles_open_with_it_without_taking_toml_files_over() -> None:
    entries = section("Registry")
    toml = [entry for entry in entries if r"Classes\.toml" in entry["Subkey"]]
    assert toml
    for entry in toml:
        # A value of the key itself, without a name, would make it the program for every .toml file.
        assert "ValueData" not in entry or entry["ValueName"] == "{#ProfileId}"
        assert "uninsdeletekeyifempty" in entry["Flags"]
        assert "uninsdeletekey " not in entry["Flags"] + " "
    commands = [entry for entry in entries if entry["Subkey"].endswith(r"shell\open\command")]
    # In quotes each: a folder and a file with spaces in their names are the usual case.
    assert len(commands) == TEXT.count('ValueData: """{app}\\{#Window}"" ""%1"""') == 2


def test_every_key_that_is_written_goes_with_the_program() -> None:
    removed = [entry["Subkey"] for entry in section("Registry") if "uninsdelete" in entry.get("Flags", "")]
    for entry in section("Registry"):
        assert any(entry["Subkey"].startswith(outer) for outer in removed), entry["Subkey"]


def test_the_path_is_asked_for_and_taken_back() -> None:
    (path,) = (task for task in section("Tasks") if task["Name"] == "path")
    assert path["Flags"] == "unchecked"
    assert "WizardIsTaskSelected('path')" in CODE
    assert CODE.count("RemoveFromPath(ExpandConstant('{app}'))") == 2


def test_history_and_settings_stay_unless_the_user_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    question = CODE[CODE.index("SuppressibleMsgBox") :]
    assert "MB_DEFBUTTON2, IDNO) = IDYES" in question
    assert "They are in ' + Data" in question
    assert CODE.count("DelTree(") == 1
    assert CODE.index("IDNO) = IDYES") < CODE.index("DelTree(Data")
    # The folder's name below the local application data, as platformdirs makes it on Windows.
    assert PUBLIC["Data"] == r"{localappdata}\loadbench"
    from platformdirs import windows

    monkeypatch.setattr(windows, "get_win_folder", lambda _name: "LOCAL")
    folder = windows.Windows("loadbench", appauthor=False).user_data_dir
    assert re.split(r"[/\\]", folder) == ["LOCAL", "loadbench"]
    assert platformdirs.user_data_path("loadbench", appauthor=False).name == "loadbench"
