"""Which `ErrorKind` an exception of the socket layer is, and how to say it to a person."""

from __future__ import annotations

import errno
import os
import ssl
from typing import Final

from loadbench_gui.core.snapshot import ErrorKind

_LIMITS: Final = frozenset({errno.EADDRNOTAVAIL, errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EAGAIN})


def classify(problem: BaseException, *, connecting: bool) -> ErrorKind:
    """Name what happened. connecting: the connection was not open yet."""
    match problem:
        case ssl.SSLError():
            return ErrorKind.TLS
        case TimeoutError():
            return ErrorKind.CONNECT_TIMEOUT if connecting else ErrorKind.RESET
        case ConnectionRefusedError():
            return ErrorKind.CONNECT_REFUSED
        case OSError() if problem.errno in _LIMITS:
            return ErrorKind.LIMIT
        case ConnectionError():
            return ErrorKind.RESET
        case _:
            return ErrorKind.CONNECT_FAILED if connecting else ErrorKind.RESET


def classify_handshake(problem: BaseException) -> ErrorKind:
    """Name what went wrong between the open connection and the end of its TLS handshake.

    A connection that was reset by the network has its error number; one that the event loop reports as reset without
    a number was ended by the server in the middle of the handshake, which is its way to say no.
    """
    if isinstance(problem, ConnectionError) and not problem.errno:
        return ErrorKind.TLS
    kind = classify(problem, connecting=True)
    return ErrorKind.TLS if kind is ErrorKind.CONNECT_FAILED else kind


def explain(problem: BaseException) -> str:
    """Say it in words, without codes, line numbers of libraries or addresses."""
    match problem:
        case ssl.SSLCertVerificationError():
            return f"the server's certificate is not accepted: {problem.verify_message or problem.reason}"
        case ssl.SSLError() if problem.reason:
            return f"no TLS: {problem.reason.replace('_', ' ').lower()}"
        case OSError() if problem.errno:
            return os.strerror(problem.errno)
        case ConnectionError():
            return "the server closed the connection"
        case _:
            return str(problem) or type(problem).__name__
