"""Files that a profile names: found where it says, and readable, before anything is sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from loadbench_gui.core.template.inputs import FILE_LIMIT_BYTES, header_of
from loadbench_gui.errors import UserError
from loadbench_gui.profile.nearest import nearest
from loadbench_gui.profile.problems import KeyPath
from loadbench_gui.profile.wording import Finding

_KEY_LIMIT_BYTES = 1 << 20
_KEY_MARK = b"PRIVATE KEY-----"


def file_checks(path: KeyPath, table: Mapping[str, Any], key: str, base: Path) -> Iterator[Finding]:
    """Yield why the file under `key` of a table cannot be read; nothing where the key is not there."""
    name = table.get(key)
    if not isinstance(name, str) or not name or "\0" in name:
        return
    problem = _unreadable(base / name)
    if problem:
        yield Finding((*path, key), f"{name} {problem}", _hint(base / name))


def certificate_checks(path: KeyPath, table: Mapping[str, Any], base: Path) -> Iterator[Finding]:
    """Yield what is wrong with the client certificate: a key that nobody named."""
    if "key_file" in table and "cert_file" not in table:
        yield Finding((*path, "key_file"), "is of no use without its certificate", 'Add cert_file = "client.pem".')
    name = table.get("cert_file")
    if isinstance(name, str) and "key_file" not in table and _has_no_key(base / name):
        hint = 'Add key_file = "client.key", or put the key into the same file.'
        yield Finding((*path, "cert_file"), f"{name} holds no private key", hint)


def columns(name: str, base: Path) -> tuple[str, ...]:
    """Return the column names of a data file; none where it cannot be read. Raises `UserError` where it is no CSV."""
    path = base / name
    if _unreadable(path):
        return ()
    if path.stat().st_size > FILE_LIMIT_BYTES:
        limit = f"{FILE_LIMIT_BYTES // 1024**2} MiB"
        raise UserError(f"{name} is larger than {limit}", "Give it fewer rows: they are held in memory.")
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return header_of(file, name)
    except UnicodeDecodeError as error:
        raise UserError(f"{name} is not UTF-8 text: {error.reason}", "Save it as UTF-8.") from None


def _unreadable(path: Path) -> str:
    """Say why a file cannot be read, or ""."""
    try:
        if path.is_dir():
            return "is a folder"
        if not path.is_file() and path.exists():
            return "is not a file"
        with path.open("rb"):
            return ""
    except FileNotFoundError:
        return "does not exist"
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        return f"cannot be read: {reason}"


def _hint(path: Path) -> str:
    try:
        beside = [one.name for one in path.parent.iterdir()][:1000]
    except (OSError, ValueError):
        beside = []
    guess = nearest(path.name, beside, at_least=0.7)
    question = f"Did you mean {guess}? " if guess and guess != path.name else ""
    return f"{question}A relative name starts from the profile's folder."


def _has_no_key(path: Path) -> bool:
    if _unreadable(path):
        return False
    with path.open("rb") as file:
        return _KEY_MARK not in file.read(_KEY_LIMIT_BYTES)
