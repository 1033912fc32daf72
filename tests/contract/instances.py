"""Random values of any dataclass that has an Avro form, from its type hints."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st

from overround.contracts.hints import (
    fields_of,
    is_enum,
    is_record,
    item_of,
    layout_of,
    mapped_of,
    optional_of,
)
from overround.domain.kernel.ids import Position

INT64 = st.integers(-(2**63), 2**63 - 1)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
# Times of eight varint bytes, which have a reader of their own, and all others.
TIMES = st.integers(1_500_000_000_000_000, 2_500_000_000_000_000) | INT64
POSITIONS = st.none() | st.builds(Position, inbox=TEXTS, partition=INT64, offset=INT64)
ENVELOPES: st.SearchStrategy[dict[str, Any]] = st.fixed_dictionaries(
    {"id": TEXTS, "at_us": TIMES, "caused_by": POSITIONS}
)

_SCALARS: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXTS,
    int: INT64 | st.integers(-70, 10_000),
    bool: st.booleans(),
    bytes: st.binary(max_size=200),
    float: st.floats(allow_nan=False),
}


def values_of(hint: Any) -> st.SearchStrategy[Any]:
    """Any value of a type."""
    if hint in _SCALARS:
        return _SCALARS[hint]
    if is_enum(hint):
        return st.sampled_from(list(hint))
    if is_record(hint):
        return st.builds(hint, **{name: values_of(part) for name, part in fields_of(hint).items()})
    return _composed(hint)


def _composed(hint: Any) -> st.SearchStrategy[Any]:
    if (optional := optional_of(hint)) is not None:
        return st.none() | values_of(optional)
    if (item := item_of(hint)) is not None:
        return st.lists(values_of(item), max_size=4).map(tuple)
    if (mapped := mapped_of(hint)) is not None:
        return st.dictionaries(TEXTS, values_of(mapped), max_size=4)
    dtype = {"int64-le": np.int64, "float64-le": np.float64}[layout_of(hint) or ""]
    return st.lists(st.integers(-(2**53), 2**53), max_size=5).map(
        lambda items: np.array(items, dtype=dtype)
    )


def sample_of(hint: Any) -> Any:
    """One value of a type, always the same."""
    if hint in (str, int, bool, bytes):
        return {str: "match-1", int: 70_000, bool: True, bytes: b"\x80" * 70}[hint]
    if is_enum(hint):
        return list(hint)[-1]
    if is_record(hint):
        return hint(**{name: sample_of(part) for name, part in fields_of(hint).items()})
    item = item_of(hint)
    return (sample_of(item),) * 3 if item is not None else sample_of(optional_of(hint))
