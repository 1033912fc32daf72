"""A table's keys of one partition, in memory, with its changes since the last commit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

_ABSENT: Any = object()

Undo = tuple["PartitionTable", bytes, Any]
"""A change of one event: the table, the key, and what was there before."""


def take_back(undo: list[Undo]) -> None:
    """Undo the changes of the event that failed, newest first, and forget them."""
    while undo:
        table, name, before = undo.pop()
        table.put_back(name, before)


class PartitionTable:
    """One partition of a table.

    A value is kept as the changelog's bytes until it is first read, so that a restore of a
    million keys decodes none of them. Changes are kept three ways: in the map at once, in the
    set of keys that the next commit writes (each once, however often it changed), and, while an
    event is being handled, in the task's undo list, which takes a failed event back.
    """

    __slots__ = ("_changed", "_decode", "_encode", "_groups", "_undo", "_values")

    def __init__(
        self,
        decode: Callable[[bytes], object],
        encode: Callable[[Any], bytes],
        undo: list[Undo] | None = None,
    ) -> None:
        self._decode = decode
        self._encode = encode
        self._values: dict[bytes, Any] = {}
        self._changed: dict[bytes, None] = {}
        self._undo: list[Undo] = [] if undo is None else undo
        self._groups: dict[bytes, set[bytes]] | None = None

    def get(self, key: str) -> Any:
        """The value under `key`, or None."""
        name = key.encode()
        value = self._values.get(name)
        if type(value) is bytes:
            value = self._values[name] = self._decode(value)
        return value

    def __getitem__(self, key: str) -> Any:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: str, value: Any) -> None:
        name = key.encode()
        values = self._values
        self._undo.append((self, name, values.get(name, _ABSENT)))
        values[name] = value
        self._changed[name] = None
        if self._groups is not None:
            self._groups.setdefault(_group(name), set()).add(name)

    def __delitem__(self, key: str) -> None:
        name = key.encode()
        self._undo.append((self, name, self._values.pop(name)))
        self._changed[name] = None
        if self._groups is not None:
            self._groups[_group(name)].discard(name)

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and key.encode() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter([name.decode() for name in sorted(self._values)])

    def __len__(self) -> int:
        return len(self._values)

    def within(self, group: str) -> list[str]:
        """The keys `group/...` in sorted order, by an index on the part before the first `/`."""
        if self._groups is None:
            self._groups = self._index()
        return [name.decode() for name in sorted(self._groups.get(group.encode(), ()))]

    def _index(self) -> dict[bytes, set[bytes]]:
        groups: dict[bytes, set[bytes]] = {}
        for name in self._values:
            groups.setdefault(_group(name), set()).add(name)
        return groups

    def put_back(self, name: bytes, before: Any) -> None:
        """Give a key the value that it had before a change that is taken back."""
        if before is _ABSENT:
            self._values.pop(name, None)
        else:
            self._values[name] = before
        self._groups = None

    def drain(self, store: Callable[[bytes, bytes | None], None]) -> None:
        """Hand each key that changed since the last drain to `store`, once; None: removed."""
        for name in self._changed:
            value = self._values.get(name, _ABSENT)
            if value is _ABSENT:
                store(name, None)
            else:
                store(name, value if type(value) is bytes else self._encode(value))
        self._changed.clear()

    def load(self, stored: dict[bytes, Any]) -> None:
        """Start from a restored changelog; the map is taken over, not copied."""
        assert not self._changed, "a table with changes of its own is not restored over"
        self._values = stored
        self._groups = None

    def stored(self) -> Mapping[bytes, bytes]:
        """Every key with the bytes that its changelog holds or is about to."""
        return {
            name: value if type(value) is bytes else self._encode(value)
            for name, value in self._values.items()
        }


def _group(name: bytes) -> bytes:
    return name.partition(b"/")[0]
