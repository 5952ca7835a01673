"""The value types of a profile: what a key accepts, in one place for reading and for the exported JSON Schema."""

from __future__ import annotations

import re
from typing import Annotated, Final, TypeAlias

from pydantic import BeforeValidator, WithJsonSchema

from loadbench_gui.core.shown_url import without_login
from loadbench_gui.core.template.syntax import without_marks
from loadbench_gui.profile import units
from loadbench_gui.profile.problems import Complaint
from loadbench_gui.profile.units import shown

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_UNSENDABLE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_HEAVIEST = 1_000_000
MOST_WORKERS: Final = 256
HIGHEST_CPU: Final = 4095
_FRAMING = ("content-length", "transfer-encoding")

_DURATION_SCHEMA = {"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "examples": ["250ms", "10s", "2m"]}]}


def _name(value: object) -> str:
    if not isinstance(value, str):
        raise Complaint(f"must be text, not {shown(value)}", 'Put it in quotes: "fastapi".')
    if not value.strip() or value != value.strip() or not value.isprintable():
        raise Complaint(f"{shown(value)} is not a name", "A name is one line of text without spaces at its ends.")
    if len(value) > 80:
        raise Complaint("a name is at most 80 characters long", "Shorten it: it stands on every chart.")
    return value


def _auto_or_count(value: object) -> int | None:
    if value == "auto":
        return None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MOST_WORKERS:
        return value
    raise Complaint(
        f"{shown(value)} is not a number of workers", f'Write "auto" or a whole number from 1 to {MOST_WORKERS}.'
    )


def _cpus(value: object) -> tuple[int, ...] | None:
    if value == "auto":
        return None
    hint = 'Write "auto" or a list of CPU numbers, counted from 0: [0, 1].'
    if not isinstance(value, list) or not value:
        raise Complaint(f"{shown(value)} is not a choice of CPUs", hint)
    wrong = [
        item for item in value if isinstance(item, bool) or not isinstance(item, int) or not 0 <= item <= HIGHEST_CPU
    ]
    if wrong:
        raise Complaint(f"{shown(wrong[0])} is not a CPU number", hint)
    if len(set(value)) < len(value):
        raise Complaint("a CPU is listed twice", hint)
    return tuple(value)


def _method(value: object) -> str:
    if isinstance(value, str) and _TOKEN.fullmatch(value):
        return value.upper()
    raise Complaint(
        f"{shown(value)} is not an HTTP method", 'Write GET, POST, PUT, PATCH, DELETE, ... in quotes: "GET".'
    )


def _path(value: object) -> str:
    hint = 'A path starts with "/" and has its spaces and special characters percent-encoded: "/items?q=a%20b".'
    if not isinstance(value, str) or not value.startswith("/"):
        raise Complaint(f"{shown(value)} is not a path", hint)
    sent = without_marks(value)
    if not sent.isascii() or not sent.isprintable() or " " in sent:
        raise Complaint(f"{shown(value)} cannot be sent as it is", hint)
    return value


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    if not isinstance(value, dict):
        raise Complaint("headers must be a table", 'Write { Accept = "application/json" }.')
    pairs: list[tuple[str, str]] = []
    for name, content in value.items():
        header_name(name)
        for item in content if isinstance(content, list) else [content]:
            if not isinstance(item, str):
                raise Complaint(f"the value of {name} must be text, not {shown(item)}", 'Put it in quotes: "1".')
            pairs.append((name, header_value(name, item)))
    return tuple(pairs)


def header_name(name: str) -> str:
    """Return the name of a header that may be given; raises `Complaint`."""
    if not _TOKEN.fullmatch(name):
        raise Complaint(f"{shown(name)} is not a header name", "Letters, digits and hyphens, without a colon.")
    if name.casefold() in _FRAMING:
        raise Complaint(f"{name} is worked out from the body", "Leave it out.")
    return name


def header_value(name: str, value: str) -> str:
    """Return the value of the header `name` as one line that can be sent; raises `Complaint`."""
    sent = without_marks(value)
    if _UNSENDABLE.search(sent) or not _is_latin(sent):
        raise Complaint(f"the value of {name} has characters that a header cannot carry", "One line of Latin-1 text.")
    if value != value.strip():
        raise Complaint(f"the value of {name} starts or ends with a space", "Servers drop these: leave them out.")
    return value


def _is_latin(value: str) -> bool:
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _positive_duration(value: object) -> float:
    duration_s = units.seconds(value)
    if duration_s == 0:
        raise Complaint("must be longer than nothing", 'Write it as "250ms", "10s", "2m" or a plain number of seconds.')
    return duration_s


def _body(value: object) -> bytes:
    if not isinstance(value, str):
        raise Complaint(f"must be text, not {shown(value)}", "For JSON written as TOML use the key json instead.")
    return value.encode()


def _weight(value: object) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _HEAVIEST:
        return float(value)
    hint = "A request of weight 3 is drawn three times as often as one of weight 1."
    raise Complaint(f"{shown(value)} is not a weight", f"Write a number above 0, up to {_HEAVIEST:,}. {hint}")


def _file(value: object) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise Complaint(
            f"{shown(value)} is not the name of a file", 'Put it in quotes, relative to the profile: "a.csv".'
        )
    return value


def _proxy(value: object) -> str:
    if isinstance(value, str) and ("${" in value or re.fullmatch(r"https?://[^/?#\s]+/?", value, re.IGNORECASE)):
        return value
    seen = shown(without_login(value) if isinstance(value, str) else value)
    raise Complaint(f"{seen} is not the address of a proxy", 'Write it as "http://proxy.example:3128".')


def _credentials(value: object) -> str:
    if isinstance(value, str) and (":" in value or "${" in value) and not _UNSENDABLE.search(value):
        return value
    # What was written may be a password: it is not repeated.
    raise Complaint("is not a user and a password", 'Write "user:${env:PASSWORD}".')


def _server_name(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,251}[A-Za-z0-9_])?", value):
        return value
    raise Complaint(f"{shown(value)} is not the name of a server", 'Write it without scheme and port: "api.example".')


def _text(value: object) -> str:
    if isinstance(value, str) and value:
        return value
    raise Complaint(f"must be text, not {shown(value)}" if value != "" else "must not be empty", 'Write "[DONE]".')


def _content_path(value: object) -> str:
    if isinstance(value, str) and value and all(value.split(".")):
        return value
    hint = 'Keys and positions with dots between them: "choices.0.delta.content".'
    raise Complaint(f"{shown(value)} is not a place in a JSON document", hint)


def _subprotocols(value: object) -> tuple[str, ...]:
    hint = 'Write a list of names, the preferred one first: ["graphql-transport-ws"].'
    if not isinstance(value, list):
        raise Complaint(f"must be an array, not {shown(value)}", hint)
    for item in value:
        if not isinstance(item, str) or not _TOKEN.fullmatch(item):
            raise Complaint(f"{shown(item)} is not the name of a subprotocol", hint)
    if len(set(value)) < len(value):
        raise Complaint("a subprotocol is listed twice", hint)
    return tuple(value)


Name: TypeAlias = Annotated[str, BeforeValidator(_name), WithJsonSchema({"type": "string", "maxLength": 80})]
Seconds: TypeAlias = Annotated[float, BeforeValidator(units.seconds), WithJsonSchema(_DURATION_SCHEMA)]
PositiveSeconds: TypeAlias = Annotated[float, BeforeValidator(_positive_duration), WithJsonSchema(_DURATION_SCHEMA)]
Microseconds: TypeAlias = Annotated[float, BeforeValidator(units.microseconds), WithJsonSchema(_DURATION_SCHEMA)]
Rate: TypeAlias = Annotated[
    float,
    BeforeValidator(units.rate),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "examples": ["1500/s", "90/m"]}]}),
]
Share: TypeAlias = Annotated[
    float,
    BeforeValidator(units.share),
    WithJsonSchema({"anyOf": [{"type": "number", "minimum": 0, "maximum": 1}, {"type": "string", "examples": ["5%"]}]}),
]
WorkerCount: TypeAlias = Annotated[
    int | None,
    BeforeValidator(_auto_or_count),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "integer", "minimum": 1, "maximum": MOST_WORKERS}]}),
]
Cpus: TypeAlias = Annotated[
    tuple[int, ...] | None,
    BeforeValidator(_cpus),
    WithJsonSchema({"anyOf": [{"const": "auto"}, {"type": "array", "items": {"type": "integer", "minimum": 0}}]}),
]
Method: TypeAlias = Annotated[str, BeforeValidator(_method), WithJsonSchema({"type": "string"})]
RequestPath: TypeAlias = Annotated[str, BeforeValidator(_path), WithJsonSchema({"type": "string", "pattern": "^/"})]
Headers: TypeAlias = Annotated[
    tuple[tuple[str, str], ...],
    BeforeValidator(_headers),
    WithJsonSchema(
        {
            "type": "object",
            "additionalProperties": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        }
    ),
]
Weight: TypeAlias = Annotated[
    float,
    BeforeValidator(_weight),
    WithJsonSchema({"type": "number", "exclusiveMinimum": 0, "maximum": _HEAVIEST}),
]
FilePath: TypeAlias = Annotated[str, BeforeValidator(_file), WithJsonSchema({"type": "string", "minLength": 1})]
ProxyUrl: TypeAlias = Annotated[
    str, BeforeValidator(_proxy), WithJsonSchema({"type": "string", "examples": ["http://proxy.example:3128"]})
]
Credentials: TypeAlias = Annotated[
    str, BeforeValidator(_credentials), WithJsonSchema({"type": "string", "examples": ["user:${env:PASSWORD}"]})
]
ServerName: TypeAlias = Annotated[
    str, BeforeValidator(_server_name), WithJsonSchema({"type": "string", "examples": ["api.example"]})
]
Body: TypeAlias = Annotated[bytes, BeforeValidator(_body), WithJsonSchema({"type": "string"})]
Text: TypeAlias = Annotated[str, BeforeValidator(_text), WithJsonSchema({"type": "string", "minLength": 1})]
ContentPath: TypeAlias = Annotated[
    str, BeforeValidator(_content_path), WithJsonSchema({"type": "string", "examples": ["choices.0.delta.content"]})
]
Size: TypeAlias = Annotated[
    int,
    BeforeValidator(units.size_bytes),
    WithJsonSchema({"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string", "examples": ["4 KiB", "1 MiB"]}]}),
]
Subprotocols: TypeAlias = Annotated[
    tuple[str, ...], BeforeValidator(_subprotocols), WithJsonSchema({"type": "array", "items": {"type": "string"}})
]
