"""Many records that differ in one number, kept as columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, TypeVar, overload

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.replace import replace

Record = TypeVar("Record")


class Columns(Sequence[Record]):
    """Records that take all fields from one of `heads` but the last, an integer of their own.

    A record is made when it is looked at; who writes them all, as a version of quotes is written,
    makes none. It equals the tuple of its records.

    Args:
        heads: dataclass instances of one class; the last field of each is not read.
        places: the head of each record, as a place in `heads`.
        numbers: the last field of each record.
    """

    __slots__ = ("heads", "numbers", "places")

    def __init__(
        self, heads: tuple[Record, ...], places: Sequence[int], numbers: Sequence[int]
    ) -> None:
        if len(places) != len(numbers):
            raise ValueError(f"{len(places)} places and {len(numbers)} numbers")
        self.heads, self.places, self.numbers = heads, places, numbers

    @classmethod
    def nonzero(cls, heads: tuple[Record, ...], numbers: NDArray[np.int64]) -> Columns[Record]:
        """The records of all heads whose number, in the same order, is not 0."""
        places = numbers.nonzero()[0]
        return cls(heads, places.tolist(), numbers[places].tolist())

    def __len__(self) -> int:
        return len(self.places)

    def __iter__(self) -> Iterator[Record]:
        return map(self._record, self.places, self.numbers)

    @overload
    def __getitem__(self, index: int) -> Record: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Record, ...]: ...
    def __getitem__(self, index: int | slice) -> Record | tuple[Record, ...]:
        if isinstance(index, slice):
            return tuple(map(self._record, self.places[index], self.numbers[index]))
        return self._record(self.places[index], self.numbers[index])

    def _record(self, place: int, number: int) -> Record:
        head: Any = self.heads[place]
        made: Record = replace(head, **{fields(head)[-1].name: number})
        return made

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Columns | tuple) else NotImplemented

    def __hash__(self) -> int:
        return hash(tuple(self))

    def __repr__(self) -> str:
        return repr(tuple(self))
