"""Runs the steps as the first processes of a new process namespace. Started by `installers.cleanroot.command`."""

from __future__ import annotations

import os
import signal
import sys

from installers.cleanroot.command import options
from installers.cleanroot.steps import carry_out


def main() -> int:
    """Do the work in a child, and be what the first process has to be: the one who takes in orphans."""
    worker = os.fork()
    if not worker:
        try:
            return carry_out(options(sys.argv[1:]))
        except KeyboardInterrupt:
            return 130
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the child ends in order, and we with it
    while True:
        ended, status = os.wait()
        if ended == worker:
            return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
