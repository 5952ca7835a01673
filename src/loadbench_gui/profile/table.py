"""A table of a profile: its keys are known, and nothing is coerced."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Table(BaseModel):
    """A table of the file: its keys are known, and nothing is coerced."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


def key_names(table: type[Table]) -> tuple[str, ...]:
    """Return the keys of a table as they are written in the file."""
    return tuple(info.alias or name for name, info in table.model_fields.items())
