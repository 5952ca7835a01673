"""Files that the desktop asks the running program to open."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QFileOpenEvent
from PySide6.QtWidgets import QApplication

from desk import FakeServices, RunInWindow, wait_until
from loadbench_gui.profile.bundled import find
from loadbench_gui.ui.app import Desk
from loadbench_gui.ui.application import Application


@pytest.fixture
def application(qapp: QApplication) -> Application:
    assert isinstance(qapp, Application)
    return qapp


def ask_to_open(path: Path) -> None:
    """What Qt's platform plug-in does when the desktop wants a file opened."""
    application = QCoreApplication.instance()
    assert application is not None
    QCoreApplication.postEvent(application, QFileOpenEvent(str(path)))


def test_files_wait_until_somebody_takes_them(application: Application) -> None:
    first, second, third = Path("/profiles/first.toml"), Path("/profiles/größer mit Raum.toml"), Path("/third.toml")
    for path in (first, second):
        ask_to_open(path)
    QCoreApplication.sendPostedEvents(application, QEvent.Type.FileOpen.value)
    taken: list[Path] = []
    application.hand_files_to(taken.append)
    assert taken == [first, second]
    application.hand_files_to(None)
    ask_to_open(third)
    QCoreApplication.sendPostedEvents(application, QEvent.Type.FileOpen.value)
    assert taken == [first, second]
    application.hand_files_to(taken.append)
    application.hand_files_to(None)
    assert taken == [first, second, third]


def test_an_address_that_is_no_file_is_left_alone(application: Application) -> None:
    taken: list[Path] = []
    application.hand_files_to(taken.append)
    asked = QFileOpenEvent(QUrl("https://example.org/profile.toml"))
    handled = application.event(asked)
    application.hand_files_to(None)
    assert (handled, taken) == (False, [])


def test_a_file_of_the_desktop_is_offered_on_home_like_one_from_the_menu(
    in_window: RunInWindow, application: Application, fake: FakeServices
) -> None:
    async def scenario(desk: Desk) -> None:
        desk.window.show_page("diagnostics")
        assert not desk.home.start_button.accessibleName().endswith(fake.plan.name)
        application.hand_files_to(desk.shell.open_profile)
        ask_to_open(find("delay"))
        await wait_until(lambda: desk.home.start_button.accessibleName().endswith(fake.plan.name))
        application.hand_files_to(None)
        assert desk.window.page == "home"

    in_window(scenario)


PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QFileOpenEvent
from loadbench_gui.ui import app
from loadbench_gui.ui.pages.home import HomePage

application, _ = app.make_application()
how, path = sys.argv[2:]
offer = HomePage.offer

def offered(self, plan, estimate_s):
    offer(self, plan, estimate_s)
    print(plan.name, [deployment.name for deployment in plan.deployments], estimate_s, self.window().page)
    self.window().close()

HomePage.offer = offered
start = ["--data-dir", sys.argv[1]]
if how == "event":
    QCoreApplication.postEvent(application, QFileOpenEvent(path))
elif how == "argument":
    start.append(path)
else:
    open_window = app.Desk.open
    def open_and_choose(self, profile):
        open_window(self, profile)
        self.window.painted.connect(lambda: self.shell.open_profile(Path(path)))
    app.Desk.open = open_and_choose
sys.exit(app.main(start))
"""


def test_a_bundled_profile_is_offered_alike_from_desktop_command_line_and_menu(tmp_path: Path) -> None:
    said = {}
    for how in ("event", "argument", "menu"):
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM, str(tmp_path), how, str(find("delay"))],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            capture_output=True,
            text=True,
            check=False,
        )
        assert ended.returncode == 0, ended.stderr
        said[how] = ended.stdout
    assert said["event"].rstrip().endswith(" home")
    assert said["event"] == said["argument"] == said["menu"]
