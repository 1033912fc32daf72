"""The Avro binary forms that the compiled codecs are made of.

Integers are zigzag varints (Avro specification, "Binary encoding"). All readers take the bytes
and a place in them and give the value and the place after it; they raise IndexError where the
bytes end too soon and ValueError where they are not Avro.
"""

from __future__ import annotations

from collections.abc import Callable
from struct import Struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overround.contracts.hints import LAYOUTS
from overround.domain.kernel.columns import Columns


def _varint(unsigned: int) -> bytes:
    out = bytearray()
    while unsigned > 0x7F:
        out.append(unsigned & 0x7F | 0x80)
        unsigned >>= 7
    out.append(unsigned)
    return bytes(out)


# Two varint bytes at a time: one look-up in place of two rounds of shifts. 2 x 16,384 entries
# are about 1.3 MB, once a process.
_LAST = [_varint(unsigned) for unsigned in range(1 << 14)]
_MORE = [bytes((low & 0x7F | 0x80, low >> 7 | 0x80)) for low in range(1 << 14)]

SMALL_MAX = 1 << 16
SMALL = [_varint(2 * number) for number in range(SMALL_MAX)]
"""The Avro form of each integer below it: lengths, goals, versions; 2.5 MB, once a process."""

# The way back, from two bytes as one little-endian number to their 14 bits; another megabyte.
_BITS = [pair & 0x7F | pair >> 1 & 0x3F80 for pair in range(1 << 16)]

_INT64_MAX = (1 << 63) - 1
_PAIRS = Struct("<4H")
_DOUBLE = Struct("<d")

# There is one list of heads for each sport's catalogue.
_HEADS_MAX = 64
# The finest ladder has 99,900 steps, of which a house quotes a few thousand.
_NUMBERS_MAX = 1 << 13


def long_bytes(value: int) -> bytes:
    """An integer as a zigzag varint; raises OverflowError outside 64 bits."""
    if not -_INT64_MAX - 1 <= value <= _INT64_MAX:
        raise OverflowError(f"{value} does not fit 64 bits")
    unsigned = (value << 1) ^ (value >> 63)
    head = b""
    while unsigned > 0x3FFF:
        head += _MORE[unsigned & 0x3FFF]
        unsigned >>= 14
    return head + _LAST[unsigned]


def text_bytes(text: str) -> bytes:
    """A string as its length in bytes and its UTF-8."""
    encoded = text.encode()
    return long_bytes(len(encoded)) + encoded


class Heads(dict[int, tuple[object, list[bytes]]]):
    """The Avro forms of the heads of `Columns`, by the identity of their tuple, which is kept."""

    def __init__(self, write: Callable[[Any], bytes]) -> None:
        self._write = write

    def forms(self, heads: tuple[Any, ...]) -> list[bytes]:
        """The form of each head, written when they first come."""
        kept = self.get(id(heads))
        if kept is None:
            if len(self) >= _HEADS_MAX:
                self.clear()
            kept = self[id(heads)] = heads, [self._write(head) for head in heads]
        return kept[1]


class _Numbers(dict[int, bytes]):
    """The forms of the numbers in columns: prices are some hundred steps of a ladder."""

    def __missing__(self, number: int) -> bytes:
        if len(self) >= _NUMBERS_MAX:
            self.clear()
        made = self[number] = long_bytes(number)
        return made


_NUMBERS = _Numbers()


def columns_bytes(columns: Columns[Any], heads: Heads) -> bytes:
    """Records in columns as an array: one block of all of them and the empty one that ends it.

    Beside the head, which is looked up, a record is one number; so a version of quotes is two
    look-ups a line.
    """
    count = len(columns.places)
    if count == 0:
        return b"\x00"
    parts = [b"\x00"] * (2 * count + 2)
    parts[0] = long_bytes(count)
    parts[1:-1:2] = map(heads.forms(columns.heads).__getitem__, columns.places)
    parts[2::2] = map(_NUMBERS.__getitem__, columns.numbers)
    return b"".join(parts)


def array_bytes(array: NDArray[Any], layout: str) -> bytes:
    """The raw items of a one-dimensional array, little-endian; refuses any other array."""
    if array.ndim != 1 or array.dtype != LAYOUTS[layout]:
        raise TypeError(f"not a one-dimensional {layout} array: {array.dtype} {array.shape}")
    return array.astype(LAYOUTS[layout], copy=False).tobytes()


def read_array(payload: bytes, layout: str) -> NDArray[Any]:
    """A read-only array over the bytes; ValueError if they are no whole number of items."""
    return np.frombuffer(payload, dtype=LAYOUTS[layout])


def double_bytes(value: float) -> bytes:
    """Eight bytes, IEEE 754, little-endian."""
    return _DOUBLE.pack(value)


def read_double(payload: bytes, at: int) -> tuple[float, int]:
    """The double at a place."""
    if at + 8 > len(payload):
        raise IndexError("the bytes end inside a double")
    return _DOUBLE.unpack_from(payload, at)[0], at + 8


def read_long(payload: bytes, at: int) -> tuple[int, int]:
    """The integer at a place."""
    unsigned = shift = 0
    while (byte := payload[at]) > 0x7F:
        unsigned |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if shift > 63:
            raise ValueError("an integer of more than ten bytes")
    unsigned |= byte << shift
    if unsigned >> 64:
        raise ValueError("an integer of more than 64 bits")
    return (unsigned >> 1) ^ -(unsigned & 1), at + 1


def read_time(payload: bytes, at: int) -> tuple[int, int]:
    """The integer at a place, quickly if it has eight bytes, as times in microseconds have.

    From 1978 until the year 3111 they do; anything else is read as any integer is.
    """
    if at + 8 <= len(payload):
        low, middle, high, last = _PAIRS.unpack_from(payload, at)
        if low & middle & high & 0x8080 == 0x8080 and last & 0x8080 == 0x80:
            unsigned = (
                _BITS[low] | _BITS[middle] << 14 | _BITS[high] << 28 | _BITS[last | 0x8000] << 42
            )
            return (unsigned >> 1) ^ -(unsigned & 1), at + 8
    return read_long(payload, at)


def read_span(payload: bytes, at: int) -> tuple[int, int]:
    """Where the string or bytes at a place begin and end; the end may lie past the payload."""
    size, start = read_long(payload, at)
    if size < 0:
        raise ValueError(f"a length of {size}")
    return start, start + size


def read_block(payload: bytes, at: int) -> tuple[int, int]:
    """The item count of the block at a place; 0 ends an array or map.

    A negative count is followed by the block's size in bytes, which only skipping needs.
    """
    count, at = read_long(payload, at)
    if count >= 0:
        return count, at
    _, at = read_long(payload, at)
    return -count, at
