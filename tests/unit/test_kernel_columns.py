"""Columns are the records that they stand for, wherever a tuple of them would be."""

from __future__ import annotations

import numpy as np
import pytest

from overround.domain.kernel.columns import Columns
from overround.domain.pricing.events import Quote

HEADS = (Quote("1x2", "home", 0), Quote("1x2", "draw", 0), Quote("1x2", "away", 0))
RECORDS = (Quote("1x2", "away", 4_100), Quote("1x2", "home", 1_900))
COLUMNS = Columns(HEADS, [2, 0], [4_100, 1_900])


def test_columns_are_read_as_a_sequence_of_their_records() -> None:
    assert tuple(COLUMNS) == RECORDS
    assert len(COLUMNS) == len(RECORDS)
    assert COLUMNS[-1] == RECORDS[-1]
    assert COLUMNS[:1] == RECORDS[:1]
    assert RECORDS[1] in COLUMNS
    assert HEADS[0] not in COLUMNS


def test_columns_equal_other_columns_and_tuples_of_the_same_records_and_nothing_else() -> None:
    assert COLUMNS == RECORDS
    assert RECORDS == COLUMNS
    assert Columns(HEADS[::-1], [0, 2], [4_100, 1_900]) == COLUMNS
    assert hash(COLUMNS) == hash(RECORDS)
    assert Columns(HEADS, [2, 1], [4_100, 1_900]) != COLUMNS
    assert list(RECORDS) != COLUMNS
    assert repr(COLUMNS) == repr(RECORDS)


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="2 places and 1 numbers"):
        Columns(HEADS, [2, 0], [4_100])


def test_columns_of_what_is_not_0_leave_out_the_rest() -> None:
    columns = Columns.nonzero(HEADS, np.array([1_900, 0, 4_100]))
    assert columns == (Quote("1x2", "home", 1_900), Quote("1x2", "away", 4_100))
    assert not Columns.nonzero(HEADS, np.zeros(0, dtype=np.int64))
