"""Why there was no answer from a server, in words that say what to do."""

from __future__ import annotations

import http.client
import ssl

from loadbench_gui import trust
from loadbench_gui.core.plan import Request, Target
from loadbench_gui.errors import TargetFault


def unreachable(target: Target, request: Request, timeout_s: float, error: Exception) -> TargetFault:
    """Return what to raise where `error` came in place of an answer to `request`."""
    what = f"{request.method} {target.url}{request.path}"
    match error:
        case ConnectionRefusedError():
            return _refused(target)
        case TimeoutError():
            return TargetFault(
                f"no answer to {what} within {timeout_s:g} s",
                "Check that the server is not stuck, or raise the timeout.",
            )
        case ssl.SSLError():
            return _not_secured(target, error)
        case ConnectionError():
            # RemoteDisconnected is one as well: the end of the connection where an answer was due.
            return TargetFault(
                f"{target.url} closed the connection instead of answering {what}",
                "Look at the server's own log; a server that expects https:// does this as well.",
            )
        case http.client.HTTPException():
            return TargetFault(
                f"{target.url} did not answer {what} in HTTP: {type(error).__name__}",
                "Check the port; something that speaks another protocol listens there.",
            )
        case _:
            return TargetFault(f"{target.url} cannot be reached: {error}", "Check the address and the network.")


def _refused(target: Target) -> TargetFault:
    if target.unix_path:
        return TargetFault(
            f"nobody listens on the socket {target.unix_path}",
            "Start the server; a server that has ended may have left the file behind.",
        )
    return TargetFault(f"{target.url} refuses connections", "Check that the server runs, and on which port it listens.")


def _not_secured(target: Target, error: ssl.SSLError) -> TargetFault:
    if isinstance(error, ssl.SSLCertVerificationError):
        return TargetFault(
            f"the certificate of {target.host} is not trusted: {error.verify_message}",
            "Use the name that is on the certificate, name the file of its authority with --cacert or in "
            f"{trust.FILE_VARIABLE}, or accept any with --insecure.",
        )
    reason = error.reason or str(error)
    if "CERTIFICATE_REQUIRED" in reason or "HANDSHAKE_FAILURE" in reason:
        return TargetFault(
            f"{target.url} does not accept us: {reason.replace('_', ' ').lower()}",
            "It may want a certificate from its clients: give one with --cert and --key.",
        )
    return TargetFault(f"no TLS with {target.url}: {reason}", "If it speaks plain HTTP there, write http://.")
