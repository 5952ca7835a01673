"""Who is at fault when something goes wrong, and what to do about it.

Every failure that loadbench can foresee is one of four kinds; each carries its exit code, so that the command
line, the window and CI agree:

    LoadbenchError
    ├── UserError           the input is wrong; the hint says what to change        exit 2
    ├── TargetFault         the server under test could not be started or reached   exit 4
    ├── EnvironmentFault    disk, database, permissions, limits of this machine     exit 5
    └── Bug                 ours; goes to diagnostics with its traceback            exit 70
"""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says when it ends (contract: other programs read these)."""

    OK = 0
    THRESHOLD_FAILED = 1
    USAGE = 2
    UNTRUSTED = 3
    TARGET = 4
    ENVIRONMENT = 5
    BUG = 70
    INTERRUPTED = 130
    TERMINATED = 143


class LoadbenchError(Exception):
    """A foreseen failure: one clear message, and a hint that says what to do next."""

    exit_code: ExitCode = ExitCode.BUG

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message


class UserError(LoadbenchError):
    """The profile, an option or a file is wrong; nothing was sent."""

    exit_code = ExitCode.USAGE


class TargetFault(LoadbenchError):
    """The target could not be started or reached, or no request succeeded."""

    exit_code = ExitCode.TARGET


class EnvironmentFault(LoadbenchError):
    """Something outside both the user's input and our code: a full disk, a locked database, a limit."""

    exit_code = ExitCode.ENVIRONMENT


class Bug(LoadbenchError):
    """A broken invariant of our own."""

    exit_code = ExitCode.BUG
