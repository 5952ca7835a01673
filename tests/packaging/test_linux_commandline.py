"""Man pages and completions come from the command line's own definition, and shells and man take them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from installers.linux import commandline, completion, manpage
from installers.linux.commandline import Argument, Command, Option

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="shells and man of POSIX systems")

PROFILES = ("first-look", "json-api")


@pytest.fixture(scope="module")
def programs() -> tuple[Command, Command]:
    return commandline.console(), commandline.window()


def require(program: str) -> None:
    if not shutil.which(program):
        pytest.fail(f"{program} is missing: packaging/system-packages.sh test")


def page(program: Command) -> str:
    return manpage.page(program, version="1.2.3", date="2026-11-22", summary="a program", see_also="other")


def test_every_command_and_option_of_the_help_is_in_the_manual(programs: tuple[Command, Command]) -> None:
    from loadbench_gui.cli.table import COMMANDS

    assert [command.name for command in programs[0].commands] == list(COMMANDS)
    text = page(programs[0]).replace("\\-", "-")
    for words, leaf in programs[0].leaves:
        assert f'.SS "{" ".join(("loadbench", *words))}' in text
        for option in leaf.options:
            assert f"\\fB{option.names[-1]}\\fR" in text


def test_man_finds_nothing_wrong_with_the_pages(programs: tuple[Command, Command], tmp_path: Path) -> None:
    require("man")
    for program in programs:
        file = tmp_path / f"{program.name}.1"
        file.write_text(page(program), encoding="utf-8")
        done = subprocess.run(["man", "--warnings", "-l", str(file)], capture_output=True, text=True, check=True)
        assert done.stderr == ""
        assert "EXIT STATUS" in done.stdout


def test_an_option_without_a_word_of_help_stops_the_build() -> None:
    silent = Command("it", "Does it.", (Option(("--silent",), "", ""),))
    with pytest.raises(ValueError, match="it --silent has no help"):
        page(silent)


def test_what_roff_would_read_as_its_own_is_escaped() -> None:
    odd = Command(
        "it", ".TH is not a heading", (Option(("-x",), "A\\B", "'quoted' ~/x"),), (Argument("FILE", "A file."),)
    )
    text = page(odd)
    assert "\\&.TH is not a heading" in text
    assert "A\\eB" in text
    assert "\\&'quoted' \\(ti/x" in text


def test_every_exit_code_is_explained() -> None:
    assert list(manpage.exit_codes()) == ["0", "1", "2", "3", "4", "5", "70", "130", "143"]


def completed(script: Path, folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    program = """
        source "$1"; shift
        COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
        $(complete -p "${1##*/}" | sed 's/.*-F \\([^ ]*\\).*/\\1/') "$1" "${@: -1}" "${@: -2:1}"
        printf '%s\\n' "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "-c", program, "bash", str(script), *words], cwd=folder, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.split()


def test_bash_completes_commands_options_values_and_profiles(programs: tuple[Command, Command], tmp_path: Path) -> None:
    script = tmp_path / "completion.bash"
    script.write_text(completion.bash(programs, PROFILES), encoding="utf-8")
    here = tmp_path / "here"
    (here / "folder").mkdir(parents=True)
    (here / "mine.loadbench.toml").touch()
    (here / "notes.txt").touch()
    assert completed(script, here, "loadbench", "co") == ["compare"]
    assert completed(script, here, "loadbench", "compare", "") == [*PROFILES, "mine.loadbench.toml", "folder"]
    assert completed(script, here, "loadbench", "http", "--pacing", "") == ["auto", "timer", "spin"]
    assert completed(script, here, "loadbench", "profile", "") == ["check", "schema", "new"]
    assert completed(script, here, "loadbench", "profile", "check", "m") == ["mine.loadbench.toml"]
    assert completed(script, here, "loadbench", "run", "x", "--out", "") == ["folder"]
    assert completed(script, here, "/usr/bin/loadbench-gui", "--data") == ["--data-dir"]


def test_what_comes_later_is_not_offered(programs: tuple[Command, Command]) -> None:
    assert "--rigorous" in page(programs[0]).replace("\\-", "-")
    for script in (
        completion.bash(programs, PROFILES),
        completion.zsh(programs, PROFILES),
        completion.fish(programs[0], PROFILES),
    ):
        assert "rigorous" not in script


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_zsh_and_fish_can_read_their_scripts(programs: tuple[Command, Command], shell: str, tmp_path: Path) -> None:
    require(shell)
    script = tmp_path / "script"
    made = completion.zsh(programs, PROFILES) if shell == "zsh" else completion.fish(programs[0], PROFILES)
    script.write_text(made, encoding="utf-8")
    done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_texts_with_quotes_and_brackets_do_not_break_a_script(tmp_path: Path) -> None:
    odd = Command("it", 'It\'s [a] "thing": so', (Option(("-o", "--odd"), "a|b", "One's [own]: \\ choice"),))
    top = Command("top", "Top.", (), (), (odd,))
    for shell, made in (("bash", completion.bash([top], ())), ("zsh", completion.zsh([top], ()))):
        script = tmp_path / shell
        script.write_text(made, encoding="utf-8")
        require(shell)
        done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
    assert "'It\\'s [a] \"thing\": so'" in completion.fish(top, ())
