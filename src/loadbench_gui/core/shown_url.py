"""URLs as they may be shown: without the user and the password that people write into them."""

from __future__ import annotations

import re
from typing import Final

_PORT: Final = re.compile(r"[^:]*(?::[0-9]*)?")


def without_login(url: str) -> str:
    """Return `url` without everything up to the last `@` of its authority; a URL without a login is left as it is.

    Whatever is typed comes here, so a missing scheme and a password that holds a `/` unescaped (which ends the
    authority for RFC 3986) are taken for what was most likely meant: rather too much is dropped than too little.
    """
    scheme, slashes, rest = url.partition("//")
    if not slashes:
        scheme, rest = "", url
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    is_host = "@" not in authority and (authority.startswith("[") or _PORT.fullmatch(authority) is not None)
    if is_host or "@" not in rest:
        return url
    end = authority.rfind("@") if "@" in authority else rest.rfind("@")
    return f"{scheme}{slashes}{rest[end + 1 :]}"
