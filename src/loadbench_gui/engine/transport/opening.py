"""Which `ErrorKind` an exception of the socket layer is."""

from __future__ import annotations

import errno
import ssl
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind

_LIMITS: Final = frozenset({errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN})


def classify(problem: BaseException, *, tls: bool, connecting: bool) -> ErrorKind:
    """Name what happened. tls: the connection is encrypted. connecting: it was not open yet."""
    match problem:
        case ssl.SSLError():
            return ErrorKind.TLS
        case TimeoutError():
            return ErrorKind.CONNECT_TIMEOUT if connecting else ErrorKind.RESET
        case ConnectionRefusedError():
            return ErrorKind.CONNECT_REFUSED
        case ConnectionAbortedError() if connecting and tls:
            return ErrorKind.TLS
        case OSError() if problem.errno in _LIMITS:
            return ErrorKind.LIMIT
        case ConnectionError():
            return ErrorKind.RESET
        case _:
            return ErrorKind.CONNECT_FAILED if connecting else ErrorKind.RESET
