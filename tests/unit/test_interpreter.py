"""The console executable in Python's place: what it takes for a Python's command line, and that it does the same."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from loadbench_gui import __main__ as entry
from loadbench_gui import interpreter
from loadbench_gui.errors import UserError

# As the frozen console executable: isolated, its modules on the path, nothing of the folder it was started in.
STAND_IN = f"import sys; sys.frozen = True; sys.path.insert(0, {str(Path(interpreter.__file__).parents[1])!r}); \
from loadbench_gui.__main__ import cli; sys.exit(cli())"


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Let this process believe that it is the window's executable of an app in this folder."""
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "_MEIPASS", str(tmp_path / "_internal"), raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "loadbench-gui"))
    return tmp_path


def test_from_source_the_interpreter_is_this_python() -> None:
    assert not interpreter.is_frozen()
    assert interpreter.own() == sys.executable
    assert interpreter.own_module("m") == [sys.executable, "-P", "-m", "m"]
    assert not interpreter.stands_in(["-m", "uvicorn"])


def test_a_frozen_window_starts_the_console_executable_beside_it(frozen: Path) -> None:
    assert interpreter.own() == str(frozen / "loadbench")
    assert interpreter.own_module("m") == [str(frozen / "loadbench"), "-I", "-m", "m"]


def test_the_ending_of_a_windows_executable_is_kept(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(frozen / "loadbench-gui.exe"))
    assert interpreter.own() == str(frozen / "loadbench.exe")


# -- what the app's own loader left in the environment


def test_other_programs_get_back_the_library_path_that_was_there_before(frozen: Path) -> None:
    environ = {"LD_LIBRARY_PATH": f"{frozen}/_internal:/opt/lib", "LD_LIBRARY_PATH_ORIG": "/opt/lib"}
    interpreter.leave_bundle(environ)
    assert environ == {"LD_LIBRARY_PATH": "/opt/lib"}


def test_nothing_of_the_bundle_is_left_and_what_is_the_users_stays(frozen: Path) -> None:
    environ = {
        "LD_LIBRARY_PATH": f"{frozen}/_internal",
        "_PYI_ARCHIVE_FILE": "x",
        "_PYI_PARENT_PROCESS_LEVEL": "0",
        "QT_PLUGIN_PATH": f"{frozen}/_internal/PySide6/Qt/plugins",
        "QML2_IMPORT_PATH": "/usr/lib/qml",
        "PATH": "/usr/bin",
    }
    interpreter.leave_bundle(environ)
    assert environ == {"QML2_IMPORT_PATH": "/usr/lib/qml", "PATH": "/usr/bin"}


def test_a_library_path_of_the_users_own_is_not_touched(frozen: Path) -> None:
    environ = {"LD_LIBRARY_PATH": "/opt/lib", "QT_PLUGIN_PATH": "/opt/plugins"}
    interpreter.leave_bundle(environ)
    assert environ == {"LD_LIBRARY_PATH": "/opt/lib", "QT_PLUGIN_PATH": "/opt/plugins"}


def test_from_source_the_environment_stays_as_it_is() -> None:
    environ = {"LD_LIBRARY_PATH": "", "_PYI_X": "1"}
    interpreter.leave_bundle(environ)
    assert environ == {"LD_LIBRARY_PATH": "", "_PYI_X": "1"}


# -- which command lines are a Python's


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    "words",
    [
        ["-m", "uvicorn"], ["-c", "pass"], ["-um", "http.server"], ["-I", "-c", ""], ["-O", "-m", "x"], ["-X", "dev"],
        ["-W", "error"], ["server.py", "8000"], ["app.pyz"], ["bin/manage"], ["./server"],
    ],
)  # fmt: skip
def test_a_python_command_line_is_recognised(words: list[str]) -> None:
    assert interpreter.stands_in(words)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--version"],
        ["--help"],
        ["-h"],
        ["compare", "p.toml"],
        ["http", "http://127.0.0.1:1/"],
        ["-"],
        ["./p.toml"],
    ],
)
def test_a_command_line_of_loadbench_is_left_to_loadbench(words: list[str]) -> None:
    assert not interpreter.stands_in(words)


def test_options_before_the_module_belong_to_python_and_those_after_it_to_the_module() -> None:
    line = interpreter.understand(["-u", "-P", "-m", "uvicorn", "app:app", "-c"])
    assert (line.kind, line.target, line.rest) == ("-m", "uvicorn", ("app:app", "-c"))
    assert line.options == {"u", "P"}
    assert (line.safe_path, line.heeds_environment) == (True, True)


def test_options_may_be_run_together_with_what_they_introduce() -> None:
    line = interpreter.understand(["-Iumhttp.server", "8000"])
    assert (line.kind, line.target, line.rest) == ("-m", "http.server", ("8000",))
    assert (line.safe_path, line.heeds_environment) == (True, False)


@pytest.mark.parametrize("option", ["-O", "-OO", "-W", "-Xdev", "-i", "-uO"])
def test_an_option_that_a_frozen_python_cannot_follow_is_refused_by_name(option: str) -> None:
    with pytest.raises(UserError) as refused:
        interpreter.understand([option, "-m", "uvicorn"])
    assert option in refused.value.message
    assert "python = " in refused.value.hint


@pytest.mark.parametrize("words", [["-m"], ["-c"], ["-u"], ["-um"], ["-"]])
def test_something_to_run_is_missing(words: list[str]) -> None:
    with pytest.raises(UserError):
        interpreter.understand(words)


# -- that it runs them as a Python would


def stand_in(
    *words: str, folder: Path, environ: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-I", "-c", STAND_IN, *words],
        capture_output=True, text=True, input=stdin, cwd=folder, env={**clean(), **(environ or {})}, check=False,
        timeout=60,
    )  # fmt: skip


def python(
    *words: str, folder: Path, environ: dict[str, str] | None = None, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        capture_output=True, text=True, input=stdin, cwd=folder, env={**clean(), **(environ or {})}, check=False,
        timeout=60,
    )  # fmt: skip


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of programs, the way a user has them."""
    show = "import sys; print(__name__, sys.argv, [p for p in sys.path if 'site' not in p][:1])\n"
    (tmp_path / "show.py").write_text(show, "utf-8")
    (tmp_path / "package").mkdir()
    (tmp_path / "package" / "__init__.py").write_text("", "utf-8")
    (tmp_path / "package" / "__main__.py").write_text(show + "from . import __path__", "utf-8")
    (tmp_path / "extra").mkdir()
    (tmp_path / "extra" / "found_by_path.py").write_text("print('found')", "utf-8")
    (tmp_path / "broken.py").write_text("def inner():\n    return 1 / 0\ninner()\n", "utf-8")
    (tmp_path / "typo.py").write_text("def (:\n", "utf-8")
    (tmp_path / "needs.py").write_text("import no_such_package_here\n", "utf-8")
    (tmp_path / "grösse ü.py").write_text("import show", "utf-8")
    (tmp_path / "plain").write_text(show, "utf-8")
    (tmp_path / "later.py").write_text(
        "import atexit, threading\natexit.register(print, 'at exit')\n"
        "threading.Thread(target=lambda: print('thread', __import__('__main__').here)).start()\nhere = 1\n", "utf-8",
    )  # fmt: skip
    (tmp_path / "spawns.py").write_text(
        "import multiprocessing\ndef square(n): return n * n\nif __name__ == '__main__':\n"
        "    with multiprocessing.get_context('fork').Pool(1) as pool: print(pool.map(square, [3]))\n", "utf-8",
    )  # fmt: skip
    with zipfile.ZipFile(tmp_path / "app.pyz", "w") as archive:
        archive.writestr("__main__.py", "import sys; print('archive', len(sys.argv))")
        archive.extractall(tmp_path / "unpacked")
    return tmp_path


@pytest.mark.parametrize(
    "words",
    [
        ["-m", "package", "a", "-b"], ["-mpackage"], ["-c", "import sys; print(sys.argv, sys.path[0])", "-x"],
        ["show.py", "a"], ["./plain", "a"], ["grösse ü.py"], ["app.pyz", "x"], ["./unpacked", "x"],
        ["-I", "-c", "import show"], ["-P", "-m", "package"], ["-E", "show.py"],
        ["-c", "import sys; sys.exit('words')"], ["-c", "import sys; sys.exit(7)"], ["-c", "raise SystemExit"],
        ["-c", "import os; os._exit(3)"], ["-c", "import __main__; x = 5; print(__main__.x, __name__)"],
        ["-c", "def f(): return g()\ng = lambda: 4\nprint(f())"], ["later.py"], ["spawns.py"],
        ["-c", "print(input())"], ["-m", "json.tool"],
        ["-c", "import sys; sys.excepthook = lambda *a: print('hook', a[0]); 1 / 0"],
    ],
)  # fmt: skip
def test_it_says_and_returns_what_a_python_does(folder: Path, words: list[str]) -> None:
    expected = python(*words, folder=folder, stdin="[1]")
    got = stand_in(*words, folder=folder, stdin="[1]")
    assert (got.returncode, got.stdout) == (expected.returncode, expected.stdout)
    assert (got.stderr == "") == (expected.stderr == "")


@pytest.mark.parametrize("words", [["broken.py"], ["typo.py"], ["needs.py"], ["-c", "import broken"], ["-c", "1 +"]])
def test_an_exception_of_the_users_looks_as_in_python_with_none_of_our_lines(folder: Path, words: list[str]) -> None:
    expected = python(*words, folder=folder)
    got = stand_in(*words, folder=folder)
    assert got.returncode == 1
    # A line that the compiler rejects is named by the whole path.
    assert got.stderr.replace(f"{folder}/", "") == expected.stderr.replace(f"{folder}/", "")


def test_an_exception_in_a_module_shows_the_module_alone(folder: Path) -> None:
    got = stand_in("-m", "broken", folder=folder)
    assert got.returncode == 1
    assert "broken.py" in got.stderr.splitlines()[1]
    assert "runpy" not in got.stderr
    assert "loadbench" not in got.stderr


def test_a_module_that_does_not_exist_is_one_line(folder: Path) -> None:
    got = stand_in("-m", "no.such", folder=folder)
    assert got.returncode == 1
    (said,) = got.stderr.splitlines()
    assert "No module named" in said


def test_a_file_that_does_not_exist_is_one_message(folder: Path) -> None:
    got = stand_in("no such.py", folder=folder)
    assert got.returncode == 2
    assert got.stderr.startswith("error: cannot read no such.py: No such file or directory\n")
    assert "Traceback" not in got.stderr


def test_an_option_without_a_meaning_is_one_message(folder: Path) -> None:
    got = stand_in("-O", "show.py", folder=folder)
    assert (got.returncode, got.stdout) == (2, "")
    assert got.stderr.startswith("error: the Python that ships with loadbench does not take -O\n")


def test_pythonpath_counts_unless_the_environment_is_to_be_ignored(folder: Path) -> None:
    environ = {"PYTHONPATH": str(folder / "extra")}
    wanted = ["-c", "import found_by_path"]
    assert stand_in(*wanted, folder=folder, environ=environ).stdout == "found\n"
    assert stand_in("-P", *wanted, folder=folder, environ=environ).stdout == "found\n"
    for option in ("-I", "-E"):
        got = stand_in(option, *wanted, folder=folder, environ=environ)
        assert got.returncode == 1
        assert "No module named 'found_by_path'" in got.stderr


def test_variables_without_effect_are_named_once_on_standard_error_and_disturb_nothing(folder: Path) -> None:
    environ = {"PYTHONOPTIMIZE": "1", "PYTHONHASHSEED": "0"}
    got = stand_in("-m", "package", folder=folder, environ=environ)
    assert got.returncode == 0
    assert got.stdout == python("-m", "package", folder=folder).stdout
    (said,) = got.stderr.splitlines()
    assert "PYTHONOPTIMIZE, PYTHONHASHSEED have no effect" in said
    assert interpreter.NAME_ANOTHER in said
    assert stand_in("-I", "-c", "", folder=folder, environ=environ).stderr == ""


@pytest.mark.parametrize(("words", "environ"), [(["-u"], {}), ([], {"PYTHONUNBUFFERED": "1"})])
def test_unbuffered_output_is_there_before_the_line_or_the_program_ends(
    folder: Path, words: list[str], environ: dict[str, str]
) -> None:
    program = "import sys; sys.stdout.write('ü'); sys.stdin.read(); print('.')"
    with subprocess.Popen(
        [sys.executable, "-I", "-X", "utf8", "-c", STAND_IN, *words, "-c", program],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=folder, env={**clean(), **environ},
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.read(2) == "ü".encode()
        process.stdin.close()
        assert process.stdout.read() == b".\n"
    assert process.returncode == 0


# -- the streams of an executable without a console


def test_a_stream_that_is_missing_leads_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[int] = []

    def opening(number: int, *_: object, **__: object) -> io.StringIO:
        opened.append(number)
        return io.StringIO()

    with monkeypatch.context() as there:
        for name in ("stdin", "stdout", "stderr"):
            there.setattr(sys, name, None)
        there.setattr("builtins.open", opening)
        entry._open_streams()
        assert isinstance(sys.stderr, io.StringIO)
    assert opened == [0, 1, 2]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_lend_their_numbers_to_files(folder: Path, closed: str) -> None:
    program = "import sys; f = open('out', 'w'); f.write(str(f.fileno() > 2)); print('x'); print('x', file=sys.stderr)"
    done = subprocess.run(
        ["bash", "-c", f'"$0" -I -c "$1" -c "$2" {closed}', sys.executable, STAND_IN, program],
        cwd=folder, env=clean(), capture_output=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0
    assert (folder / "out").read_text("utf-8") == "True"
