"""A profile being edited: one value changes, every comment and the order stay; saving never loses the old file."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any, Self

import tomlkit
from tomlkit.exceptions import TOMLKitError

from loadbench_gui.errors import Bug, EnvironmentFault, UserError
from loadbench_gui.profile import source
from loadbench_gui.profile.problems import KeyPath


class ProfileDocument:
    """The text of a profile as an editable document. Values are checked by the loader, not here."""

    def __init__(self, text: str, name: str = "profile") -> None:
        source.parse(text, name)  # its messages say more than tomlkit's
        try:
            self._document = tomlkit.parse(text)
        except (TOMLKitError, RecursionError) as error:
            raise UserError(f"{name} cannot be edited here: {error}", "Edit it as text.") from error

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a profile for editing. Raises like `loader.load` for an unreadable file and for broken TOML."""
        return cls(source.read(path), path.name)

    @property
    def text(self) -> str:
        """The document as it would be saved."""
        return tomlkit.dumps(self._document)

    def get(self, path: KeyPath) -> Any:
        """Return a value as plain Python, or None where there is none."""
        value: Any = self._document.unwrap()
        for part in path:
            try:
                value = value[part]
            except (KeyError, IndexError, TypeError):
                return None
        return value

    def set(self, path: KeyPath, value: str | float | bool | list[Any] | dict[str, Any]) -> None:
        """Change or add one value; tables on the way to it are added where they are missing."""
        container: Any = self._document
        for part in path[:-1]:
            if isinstance(part, str) and part not in container:
                container[part] = tomlkit.inline_table() if container is not self._document else tomlkit.table()
            container = container[part]
        try:
            container[path[-1]] = value
        except TOMLKitError as error:
            raise Bug(f"{path} cannot be set: {error}") from error

    def unset(self, path: KeyPath) -> None:
        """Take one key away, so that its default holds; nothing happens where it is not there."""
        container: Any = self._document
        for part in path[:-1]:
            try:
                container = container[part]
            except (KeyError, IndexError, TypeError):
                return
        if isinstance(path[-1], str) and path[-1] in container:
            del container[path[-1]]

    def save(self, path: Path) -> None:
        """Write the document; see `save_text`."""
        save_text(self.text, path)


def save_text(text: str, path: Path) -> None:
    """Replace a file in one step: whoever reads it, and a crash at any moment, finds the old or the new text whole.

    A symbolic link stays one, and the file keeps its mode. Raises `EnvironmentFault`.
    """
    final = path.resolve()
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{final.name}.", suffix=".tmp", dir=final.parent)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            Path(temporary).chmod(final.stat().st_mode & 0o7777 if final.exists() else 0o644)
            Path(temporary).replace(final)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        _sync_folder(final.parent)
    except OSError as error:
        raise EnvironmentFault(
            f"{path} could not be saved: {error.strerror}",
            "Nothing was changed. Check free space and permissions of the folder, or save it elsewhere.",
        ) from error


def _sync_folder(folder: Path) -> None:
    """Make the rename itself durable where the system offers that (Windows does not)."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
