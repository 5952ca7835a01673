"""Options that would do nothing together: each is refused, since its author expects an effect."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loadbench_gui.cli.options.refusing import refuse
from loadbench_gui.core.plan import GeneratorSettings, Request, Workload
from loadbench_gui.core.shape import ClosedLoad
from loadbench_gui.core.template.syntax import marks

_ENCRYPTED: Final = ("https://", "wss://")


def must_matter(base: str, workload: Workload, settings: GeneratorSettings) -> None:
    """Raise `UserError` for the first option that has no effect on this load. base: scheme://authority."""
    refuse(
        {"-w": settings.engine == "in-app" and settings.workers is not None,
         "--cpus": settings.engine == "in-app" and settings.cpus is not None},
        "is about processes that send, and with --engine in-app there are none", "Leave one of the two out.",
    )  # fmt: skip
    shape = workload.shape
    refuse(
        {"--pacing": settings.pacing != "auto" and isinstance(shape, ClosedLoad) and not shape.think_s},
        "says how to wait for a moment, and a closed loop without --think waits for none",
        "Give a --rate, or leave it out.",
    )
    refuse(
        {"--data": bool(workload.data_file) and not any(map(_takes_rows, workload.requests))},
        "names a file that no request takes values from", "Write ${row:COLUMN} in the path, a header or the body.",
    )  # fmt: skip
    refuse(
        {"--expect-body": any(_has_unchecked_body(request, workload) for request in workload.requests)},
        "is about the body of each answer, and the answer to a HEAD has none",
        "Expect a status instead (--expect-status 200), or ask with GET.",
    )
    refuse(
        {"--user": settings.client.auth != "none" and any(map(_logs_in, workload.requests))},
        "stands beside a header Authorization: only one can be sent", "Leave one of them out.",
    )  # fmt: skip
    _tls_must_matter(base, settings)


def _tls_must_matter(base: str, settings: GeneratorSettings) -> None:
    tls, client = settings.tls, settings.client
    refuse(
        {"--cacert": tls.insecure and bool(tls.ca_file)},
        "has no effect beside --insecure, which accepts any certificate", "Leave one of them out.",
    )  # fmt: skip
    may_encrypt = client.redirects or (client.proxy and not client.proxy.casefold().startswith("http://"))
    if not base.casefold().startswith(_ENCRYPTED) and not may_encrypt:
        given = {
            "--insecure": tls.insecure, "--cacert": bool(tls.ca_file), "--cert": bool(tls.cert_file),
            "--key": bool(tls.key_file), "--sni": bool(tls.server_name),
        }  # fmt: skip
        refuse(
            given, f"is about TLS, and nothing is encrypted on the way to {base}", "Write https://, or leave it out."
        )


def _has_unchecked_body(request: Request, workload: Workload) -> bool:
    return request.method == "HEAD" and (request.expect or workload.expect).body is not None


def _logs_in(request: Request) -> bool:
    return any(name.casefold() == "authorization" for name, _ in request.headers)


def _takes_rows(request: Request) -> bool:
    return any(mark.word == "row" for text in _texts(request) for mark in marks(text))


def _texts(request: Request) -> Iterator[str]:
    yield request.path
    yield request.body.decode("latin-1")
    yield from (value for _, value in request.headers)
