"""Copies with changes are those of the standard library, whatever a record is made of."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

import pytest

from overround.domain.kernel.money import Money
from overround.domain.kernel.replace import blank_of, replace
from overround.domain.pricing.football.model import Match
from tables.books import Book


@dataclass(frozen=True)
class WithoutSlots:
    goals: int = 1


def test_a_copy_is_that_of_the_standard_library() -> None:
    match = Match(clock_s=60, home_goals=1)
    copy = replace(match, clock_s=61, abandoned=True)
    assert copy == dataclasses.replace(match, clock_s=61, abandoned=True)
    assert type(copy) is Match
    assert match == Match(clock_s=60, home_goals=1)


def test_none_is_a_change_as_well() -> None:
    assert replace(WithoutSlots(), goals=None) == WithoutSlots(None)  # type: ignore[arg-type]
    assert replace(Book.empty("m1"), reason=None).reason is None


def test_a_copy_is_as_frozen_as_its_record() -> None:
    copy = replace(Match(), clock_s=1)
    with pytest.raises(dataclasses.FrozenInstanceError):
        copy.clock_s = 2  # type: ignore[misc]
    assert hash(copy) == hash(Match(clock_s=1))


def test_a_field_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="minute"):
        replace(Match(), minute=1)


def test_a_record_that_checks_itself_is_made_by_its_constructor() -> None:
    assert blank_of(Money) is None
    assert replace(Money(1, "EUR"), minor=2) == Money(2, "EUR")
    with pytest.raises(ValueError, match="not taken"):
        replace(Money(1, "EUR"), currency="XXX")


def test_only_a_record_that_is_all_slots_is_made_without_its_constructor() -> None:
    assert blank_of(Match) is not None
    assert blank_of(WithoutSlots) is None
    assert replace(WithoutSlots(), goals=2) == WithoutSlots(2)
