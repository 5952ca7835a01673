"""The certificates that servers show, good and bad, and the authority that gave them out."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from certificates import make_authority, make_certificate


@dataclass(frozen=True)
class Certificates:
    """What servers show. authority: whom clients are told to trust; it vouches for all but `self_signed`."""

    authority: Path
    good: ssl.SSLContext
    expired: ssl.SSLContext
    wrong_host: ssl.SSLContext
    self_signed: ssl.SSLContext


def make_certificates(folder: Path) -> Certificates:
    authority = make_authority(folder)
    return Certificates(
        authority.cert,
        good=authority.issue("good").server(),
        # A negative number of days is the only way to the past that every version of openssl knows.
        expired=authority.issue("expired", days=-1).server(),
        wrong_host=authority.issue("elsewhere", "DNS:elsewhere.test").server(),
        self_signed=make_certificate(folder).server,
    )
