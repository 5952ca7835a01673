"""The executables answer, and the console one does what a Python does."""

from __future__ import annotations

import subprocess

import pytest
from installers import places

from program import serving
from smoke.app import App, Frozen


def test_both_executables_say_the_version(frozen: Frozen) -> None:
    console, window = frozen("--version"), frozen.gui("--version")
    assert (console.returncode, console.stdout) == (0, f"loadbench {places.version()}\n"), console.stderr
    assert (window.returncode, window.stdout) == (0, f"loadbench {places.version()}\n"), window.stderr


def test_help_names_the_commands(frozen: Frozen) -> None:
    done = frozen("--help")
    assert done.returncode == 0
    for command in ("http", "compare", "deploy", "history", "report", "profile", "calibrate", "self-test"):
        assert command in done.stdout


def test_text_is_utf_8_whatever_the_locale_says(frozen: Frozen) -> None:
    for locale in ("C", "POSIX", "C.UTF-8"):
        frozen.environment["LC_ALL"] = locale
        done = frozen("-c", "import sys; print(sys.flags.utf8_mode, sys.getfilesystemencoding(), 'größer')")
        assert (done.stdout, done.stderr) == ("1 utf-8 größer\n", "")


def test_a_failing_program_looks_as_in_python(frozen: Frozen) -> None:
    done = frozen("-c", "import sys\nraise ValueError(sys.argv)", "x")
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<string>", line 2, in <module>',
        "ValueError: ['-c', 'x']",
    ]


def test_what_does_not_exist_or_has_no_meaning_is_one_message(frozen: Frozen) -> None:
    module, script, option = frozen("-m", "no.such"), frozen("no-such.py"), frozen("-O", "-m", "uvicorn")
    assert (module.returncode, script.returncode, option.returncode) == (1, 2, 2)
    assert len(module.stderr.splitlines()) == 1
    assert "No module named" in module.stderr
    assert script.stderr.startswith("error: cannot read no-such.py: No such file or directory")
    assert "does not take -O" in option.stderr
    assert "Traceback" not in module.stderr + script.stderr + option.stderr


def test_programs_of_several_processes_work(frozen: Frozen) -> None:
    script = frozen.folder / "squares ü.py"
    script.write_text(
        "import multiprocessing\ndef square(n): return n * n\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('spawn').Pool(2) as pool: print(pool.map(square, [3, 4]))\n",
        encoding="utf-8",
    )
    done = frozen(str(script))
    assert (done.returncode, done.stdout, done.stderr) == (0, "[9, 16]\n", "")


@pytest.mark.parametrize("closed", ["<&-", "<&- >&- 2>&-"])
def test_closed_standard_streams(app: App, frozen: Frozen, closed: str) -> None:
    with serving("ok") as target:
        done = subprocess.run(
            ["bash", "-c", f'"$0" http {target.url} -c 1 -n 20 --json out.json {closed}', str(app.console)],
            env=frozen.environment, cwd=frozen.folder, capture_output=True, text=True, check=False, timeout=60,
        )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (frozen.folder / "out.json").exists()
