from __future__ import annotations

import pytest

from benches.wire_to_wire import superseded
from overround.domain.kernel.market import TradingStatus
from overround.domain.pricing.events import Quotes


def quoted(*told: tuple[int, int], match: str = "m") -> list[Quotes]:
    """Quotes of a match by their version and clock."""
    is_open = TradingStatus.OPEN
    return [Quotes(match, version, is_open, "", clock_s, 0, 0, ()) for version, clock_s in told]


@pytest.mark.parametrize(
    ("told", "left_out"),
    [
        ([(3, 1), (4, 2), (5, 3)], []),
        ([(3, 1), (6, 4)], [2, 3]),
        ([(6, 4), (3, 1), (6, 4)], [2, 3]),
        # A version more may be that of a suspension.
        ([(3, 1), (6, 3)], [2]),
        # A version too few: one of both ticks was never taken.
        ([(3, 1), (5, 4)], []),
        # Nothing newer was published: what comes after the last is missing.
        ([(3, 1)], []),
    ],
)
def test_a_tick_is_superseded_if_versions_were_left_out_for_a_newer_one(
    told: list[tuple[int, int]], left_out: list[int]
) -> None:
    assert list(superseded(quoted(*told))) == [("m", clock_s) for clock_s in left_out]


def test_versions_of_another_match_say_nothing() -> None:
    told = [*quoted((3, 1), (5, 2)), *quoted((4, 3), match="n")]
    assert list(superseded(told)) == []
