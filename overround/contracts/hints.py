"""Which Python types have an Avro form, and how to look into them."""

from __future__ import annotations

import types
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any, Union, get_args, get_origin, get_type_hints

import numpy as np

PRIMITIVES: dict[Any, str] = {
    str: "string",
    int: "long",
    bool: "boolean",
    bytes: "bytes",
    float: "double",
}
"""Python scalars and their Avro types. A float is a rate or a probability, never money."""

LAYOUTS: dict[str, str] = {"int64-le": "<i8", "float64-le": "<f8"}
"""Names of array layouts inside Avro bytes, and numpy's name for each."""

_LAYOUT_OF: dict[Any, str] = {np.int64: "int64-le", np.float64: "float64-le"}


def fields_of(record: type) -> dict[str, Any]:
    """The fields of a dataclass in their order, name to resolved type.

    Raises:
        TypeError: not a dataclass, or one without fields (its arrays would have no size).
    """
    if not is_dataclass(record) or not fields(record):
        raise TypeError(f"{record.__name__} is not a dataclass with fields")
    hints = get_type_hints(record)
    return {field.name: hints[field.name] for field in fields(record)}


def is_enum(hint: Any) -> bool:
    """Whether the type is a StrEnum, which travels as its value."""
    return isinstance(hint, type) and issubclass(hint, StrEnum)


def is_record(hint: Any) -> bool:
    """Whether the type is a dataclass, which travels as a record."""
    return isinstance(hint, type) and is_dataclass(hint)


def optional_of(hint: Any) -> Any:
    """`T` of `T | None`, else None."""
    if get_origin(hint) not in (types.UnionType, Union):
        return None
    branches = [branch for branch in get_args(hint) if branch is not type(None)]
    return branches[0] if len(branches) == 1 and len(get_args(hint)) == 2 else None


def item_of(hint: Any) -> Any:
    """`T` of `tuple[T, ...]`, `tuple[T, T]` and so on, or of `Sequence[T]`, else None."""
    arguments = get_args(hint)
    if may_be_columns(hint):
        return arguments[0]
    kinds = set(arguments) - {...}
    is_alike = get_origin(hint) is tuple and len(kinds) == 1
    return arguments[0] if is_alike else None


def may_be_columns(hint: Any) -> bool:
    """Whether the type is a `Sequence`, which may be kept as `Columns`."""
    return get_origin(hint) is Sequence


def mapped_of(hint: Any) -> Any:
    """`T` of `dict[str, T]`, else None."""
    arguments = get_args(hint)
    return arguments[1] if get_origin(hint) is dict and arguments[0] is str else None


def layout_of(hint: Any) -> str | None:
    """The layout name of a one-dimensional `NDArray`, else None."""
    if get_origin(hint) is not np.ndarray:
        return None
    return _LAYOUT_OF.get(get_args(get_args(hint)[1])[0])
