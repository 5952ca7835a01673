"""The entry points, and the only place that wires across layers.

Kept nearly empty at the top: a spawned worker re-imports the main module, and a worker starts lean.
"""

from __future__ import annotations

import os
import sys


def cli() -> int:
    """Run `loadbench`: everything, without a window. In a frozen app also the Python that `{python}` stands for."""
    _end_at_interrupt()
    _begin()
    from loadbench_gui import interpreter

    try:
        if interpreter.stands_in(sys.argv[1:]):
            return _run_as_python(sys.argv[1:])
        from loadbench_gui.cli.main import main

        return main(sys.argv[1:])
    except KeyboardInterrupt:  # while still importing
        return 130


def gui() -> int:
    """Run `loadbench-gui`: the window."""
    _end_at_interrupt()
    _begin()
    from loadbench_gui import interpreter

    if interpreter.is_frozen():
        for name in ("QT_PLUGIN_PATH", "QT_QPA_PLATFORM_PLUGIN_PATH"):
            os.environ.pop(name, None)  # plug-ins of another Qt than the one that ships with us
    from loadbench_gui.errors import EnvironmentFault
    from loadbench_gui.ui.display import require_display
    from loadbench_gui.ui.options import asks_for_self_test

    arguments = sys.argv[1:]
    if asks_for_self_test(arguments):
        from loadbench_gui.ui.selftest.command import main as self_test

        return self_test(arguments)
    if not {"-h", "--help", "--version"} & set(arguments):
        try:
            require_display(os.environ)
        except EnvironmentFault as fault:
            sys.stderr.write(f"error: {fault}\n")
            return fault.exit_code
    from loadbench_gui.deploy.standing import standing
    from loadbench_gui.ui.app import main

    _raise_at_interrupt()
    standing.keep()
    return main(arguments)


def _end_at_interrupt() -> None:
    """End quietly at Ctrl-C until a command or the window takes the signal over; there is nothing to clean up yet.

    An exception in the middle of an import would come out as a traceback, or as something else.
    """
    import signal

    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not where it is ignored, as under nohup
        signal.signal(signal.SIGINT, lambda *_: os._exit(130))


def _raise_at_interrupt() -> None:
    import signal

    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _open_streams() -> None:
    """Give a standard stream that was closed (`>&-`, a service, an executable without a console) the null device.

    Otherwise the next file or socket takes its number, and the event loop's library aborts.
    """
    for number, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free: this one
            os.set_inheritable(number, True)
            setattr(sys, name, None)
        if getattr(sys, name) is None:
            setattr(sys, name, open(number, mode, encoding="utf-8", closefd=False))  # noqa: SIM115 lives as long as we


def _begin() -> None:
    """What every start does first; a frozen worker goes its own way here and does not come back."""
    _open_streams()
    from loadbench_gui import interpreter

    interpreter.leave_bundle(os.environ)
    import multiprocessing

    multiprocessing.freeze_support()


def _run_as_python(arguments: list[str]) -> int:
    from loadbench_gui import interpreter
    from loadbench_gui.errors import LoadbenchError

    _raise_at_interrupt()  # as in any Python
    try:
        return interpreter.run(arguments)
    except LoadbenchError as problem:
        sys.stderr.write(f"error: {problem}\n")
        return problem.exit_code


if __name__ == "__main__":
    sys.exit(cli())
