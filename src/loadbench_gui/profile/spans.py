"""Where each key of a TOML text stands.

Meaning comes from tomllib; it keeps no positions. tree-sitter's TOML grammar does, also on text that is half
typed, so the two are used side by side: this module only answers "on which line is that key, and from which byte
to which does its value reach?".
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import tree_sitter_toml
from tree_sitter import Language, Node, Parser

from loadbench_gui.profile.problems import KeyPath

_KEYS = ("bare_key", "quoted_key", "dotted_key")


@dataclass(frozen=True, slots=True)
class Span:
    """A key or an array's item: `line` and `column` count from 1; the value is bytes `start` to `end` of the text."""

    line: int
    column: int
    start: int
    end: int


@cache
def _parser() -> Parser:
    return Parser(Language(tree_sitter_toml.language()))


class Spans:
    """Every key of one text with its place; looked up by the same path as in the parsed document."""

    def __init__(self, text: str) -> None:
        self._found: dict[KeyPath, Span] = {}
        self._lengths: dict[KeyPath, int] = {}
        self._document(_parser().parse(text.encode()).root_node)

    def get(self, path: KeyPath) -> Span | None:
        """Return the place of exactly this key, or None."""
        return self._found.get(path)

    def line(self, path: KeyPath) -> int:
        """Return the line of this key, else of the closest table around it, else 1."""
        for length in range(len(path), 0, -1):
            span = self._found.get(path[:length])
            if span is not None:
                return span.line
        return 1

    def _document(self, root: Node) -> None:
        for node in _statements(root):
            if node.type == "pair":
                self._pair(node, ())
                continue
            header = next((child for child in node.children if child.type in _KEYS), None)
            if header is None:
                continue
            prefix = self._header(node, header)
            for child in _pairs(node):
                self._pair(child, prefix)

    def _header(self, node: Node, header: Node) -> KeyPath:
        """Record a `[table]` or `[[array of tables]]` header and return the path its keys start from."""
        path: KeyPath = ()
        names = _names(header)
        for name in names[:-1]:
            path = self._last((*path, name))
            self._found.setdefault(path, _span(header, node))
        path = (*path, names[-1])
        if node.type == "table_array_element":
            self._found.setdefault(path, _span(header, node))
            self._lengths[path] = self._lengths.get(path, 0) + 1
            path = self._last(path)
        else:
            path = self._last(path)
        self._found.setdefault(path, _span(header, node))
        return path

    def _last(self, path: KeyPath) -> KeyPath:
        """Point into an array of tables at its latest element; leave any other path as it is."""
        length = self._lengths.get(path)
        return path if length is None else (*path, length - 1)

    def _pair(self, node: Node, prefix: KeyPath) -> None:
        named = node.named_children
        if not named or named[0].type not in _KEYS:
            return
        key, value = named[0], named[-1]
        path = prefix
        for name in _names(key):
            path = (*path, name)
            self._found.setdefault(path, _span(key, value))
        if value is not key:
            self._value(value, path)

    def _value(self, node: Node, path: KeyPath) -> None:
        if node.type == "inline_table":
            for child in _pairs(node):
                self._pair(child, path)
        elif node.type == "array":
            items = [child for child in node.named_children if child.type not in ("comment", "ERROR")]
            for index, item in enumerate(items):
                self._found[*path, index] = _span(item, item)
                self._value(item, (*path, index))


def _statements(root: Node) -> Iterator[Node]:
    """Yield pairs and tables in order; what the parser could not read is searched for readable parts."""
    for node in root.children:
        if node.type in ("pair", "table", "table_array_element"):
            yield node
        elif node.type == "ERROR":
            yield from _statements(node)


def _pairs(node: Node) -> Iterator[Node]:
    return (child for child in node.named_children if child.type == "pair")


def _span(place: Node, value: Node) -> Span:
    row, column = place.start_point
    return Span(row + 1, column + 1, value.start_byte, value.end_byte)


def _names(key: Node) -> list[str]:
    """Return the parts of a key, unquoted."""
    if key.type == "dotted_key":
        return [name for child in key.named_children for name in _names(child)]
    text = (key.text or b"").decode()
    if key.type == "bare_key":
        return [text]
    try:
        return [next(iter(tomllib.loads(f"{text} = 0")))]
    except tomllib.TOMLDecodeError:
        return [text]
