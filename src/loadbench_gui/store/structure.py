"""Frozen dataclasses <-> plain JSON values plus one string of bytes, led by the types' own annotations.

There is one rule per kind of field, so a field added to a seam type is stored without a line written here. A field
that an old record lacks takes its default; every field is written, so that changing a default never changes history.
Histograms and bytes go to the byte string; JSON holds `[offset, length]` in their place.
"""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Callable, Mapping
from enum import Enum
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from loadbench_gui.core.histogram import Histogram

_TAG = "is"
"""JSON key that says which member of a union of dataclasses a value is."""

_PRIMITIVES: tuple[type, ...] = (bool, int, float, str)


@dataclasses.dataclass(frozen=True, slots=True)
class Shape:
    """How one type is written and read. `encode(value, pool)` -> JSON value; `decode(json_value, pool)` -> value."""

    encode: Callable[[Any, bytearray], Any]
    decode: Callable[[Any, bytes], Any]


def shape_of(hint: Any) -> Shape:
    """Return the shape of a type or annotation. Raises `TypeError` for one that this module has no rule for."""
    return _shape_of(hint)


@cache
def _shape_of(hint: Any) -> Shape:
    if hint is Histogram:
        return _pooled(Histogram.to_bytes, Histogram.from_bytes)
    if hint is bytes:
        return _pooled(bytes, bytes)
    if isinstance(hint, type) and issubclass(hint, Enum):
        return Shape(lambda value, _: value.value, lambda raw, _: hint(raw))
    if hint in _PRIMITIVES:
        return Shape(lambda value, _: hint(value), lambda raw, _: hint(raw))
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return _record(hint)
    return _compound(hint)


def _compound(hint: Any) -> Shape:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Literal:
        return _literal(arguments)
    if origin is tuple and arguments[-1] is Ellipsis:
        item = shape_of(arguments[0])
        return Shape(
            lambda value, pool: [item.encode(each, pool) for each in value],
            lambda raw, pool: tuple(item.decode(each, pool) for each in raw),
        )
    if origin is tuple:
        return _fixed_tuple(tuple(shape_of(argument) for argument in arguments))
    if origin is Mapping:
        return _mapping(*map(shape_of, arguments), integer_keys=arguments[0] is int)
    if origin in (Union, types.UnionType):
        return _union(arguments)
    raise TypeError(f"no rule for storing a field of type {hint!r}")


def _pooled(to_bytes: Callable[[Any], bytes], from_bytes: Callable[[bytes], Any]) -> Shape:
    def encode(value: Any, pool: bytearray) -> list[int]:
        data = to_bytes(value)
        pool += data
        return [len(pool) - len(data), len(data)]

    def decode(raw: Any, pool: bytes) -> Any:
        offset, length = raw
        data = pool[offset : offset + length]
        if len(data) != length:
            raise ValueError(f"the record's bytes end at {len(pool)}, before {offset + length}")
        return from_bytes(data)

    return Shape(encode, decode)


def _literal(choices: tuple[Any, ...]) -> Shape:
    def decode(raw: Any, _: bytes) -> Any:
        if raw not in choices:
            raise ValueError(f"{raw!r} is none of {choices}")
        return raw

    return Shape(lambda value, _: value, decode)


def _fixed_tuple(items: tuple[Shape, ...]) -> Shape:
    return Shape(
        lambda value, pool: [item.encode(each, pool) for item, each in zip(items, value, strict=True)],
        lambda raw, pool: tuple(item.decode(each, pool) for item, each in zip(items, raw, strict=True)),
    )


def _mapping(key: Shape, value: Shape, *, integer_keys: bool) -> Shape:
    """JSON has string keys only: whole numbers are turned back when read."""
    return Shape(
        lambda table, pool: {str(key.encode(k, pool)): value.encode(v, pool) for k, v in table.items()},
        lambda raw, pool: {
            key.decode(int(k) if integer_keys else k, pool): value.decode(v, pool) for k, v in raw.items()
        },
    )


def _union(arguments: tuple[Any, ...]) -> Shape:
    members = tuple(argument for argument in arguments if argument is not type(None))
    inner = shape_of(members[0]) if len(members) == 1 else _tagged(members)
    if len(members) == len(arguments):
        return inner
    return Shape(
        lambda value, pool: None if value is None else inner.encode(value, pool),
        lambda raw, pool: None if raw is None else inner.decode(raw, pool),
    )


def _tagged(members: tuple[type, ...]) -> Shape:
    shapes = {member.__name__: shape_of(member) for member in members}
    return Shape(
        lambda value, pool: {_TAG: type(value).__name__, **shapes[type(value).__name__].encode(value, pool)},
        lambda raw, pool: shapes[raw[_TAG]].decode(raw, pool),
    )


def _record(cls: Any) -> Shape:
    hints = get_type_hints(cls)
    fields = {field.name: shape_of(hints[field.name]) for field in dataclasses.fields(cls) if field.init}
    return Shape(
        lambda value, pool: {name: shape.encode(getattr(value, name), pool) for name, shape in fields.items()},
        lambda raw, pool: cls(**{name: shape.decode(raw[name], pool) for name, shape in fields.items() if name in raw}),
    )
