"""The markets on corners and cards: lines on both sides' count and on each one's, and who has more.

What `tally` says of them is smooth in what is known of a match before kick-off and in the time
that is left, so each price reads it off polynomials.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.side_market import (
    CARDS_LINES,
    CORNERS_LINES,
    SIDE_CARDS_LINES,
    SIDE_CORNERS_LINES,
)
from overround.domain.pricing.football.smooth import Axis, Number, Smooth
from overround.domain.pricing.football.tally import MOST, Tally, to_come

Floats = NDArray[np.float64]

# No side is expected to score twenty times what the other does.
_GAPS = (-3.0, 3.0)
_TABLES_KEPT = 512  # of 100 kB each for corners, 30 for cards
_MATCHES_KEPT = 4_096  # of 6 kB each, and 3

_TOTALS = 2 * MOST - 1
_HOME, _AWAY = slice(0, MOST), slice(MOST, 2 * MOST)
_TOTAL = slice(2 * MOST, 2 * MOST + _TOTALS)
_LEAD = slice(2 * MOST + _TOTALS, 2 * MOST + 2 * _TOTALS)


@dataclass(frozen=True, slots=True, eq=False)
class _Counted:
    """What is counted: its lines, whether it is bet on who has more, and the nodes of each figure.

    So many nodes give every chance to 1e-5.
    """

    lines: tuple[float, ...]
    side_lines: tuple[float, ...]
    has_leader: bool
    gap_nodes: int
    left_nodes: int


_CORNERS = _Counted(CORNERS_LINES, SIDE_CORNERS_LINES, True, 16, 16)
_CARDS = _Counted(CARDS_LINES, SIDE_CARDS_LINES, False, 10, 12)


def corners(gap: Number, left: Number, so_far: tuple[int, int], tally: Tally) -> Floats:
    """Chances of each selection of `ON_CORNERS`, shape (..., selections).

    Args:
        gap: as in `to_come`.
        left: the share of a match's corners that is still to come.
        so_far: corners of home and away.
        tally: the figures.
    """
    return _chances(_CORNERS, gap, left, so_far, tally)


def cards(gap: Number, left: Number, so_far: tuple[int, int], tally: Tally) -> Floats:
    """The same of `ON_CARDS`, from the cards so far."""
    return _chances(_CARDS, gap, left, so_far, tally)


def _chances(
    counted: _Counted, gap: Number, left: Number, so_far: tuple[int, int], tally: Tally
) -> Floats:
    if isinstance(gap, float):
        return _of_match(counted, tally, so_far, gap).at(left)
    return _table(counted, tally, *so_far).at(gap, left)


# A match has one gap, and as many corners and cards for many prices in a row.
@lru_cache(maxsize=_MATCHES_KEPT)
def _of_match(counted: _Counted, tally: Tally, so_far: tuple[int, int], gap: float) -> Smooth:
    return _table(counted, tally, *so_far).along(gap)


@lru_cache(maxsize=_TABLES_KEPT)
def _table(counted: _Counted, tally: Tally, home: int, away: int) -> Smooth:
    weights = _line_weights(counted.lines, counted.side_lines, home, away)
    if counted.has_leader:
        weights = np.concatenate((_lead_weights(home - away), weights), axis=1)
    return Smooth.of(
        lambda gaps, left: _places(tally, gaps, left, home, away) @ weights,
        Axis(*_GAPS, counted.gap_nodes),
        Axis(0.0, 1.0, counted.left_nodes),
    )


def _places(tally: Tally, gaps: Floats, left: Floats, home: int, away: int) -> Floats:
    """All of `ToCome` side by side."""
    return np.concatenate(to_come(tally, gaps, left, home, away), axis=1)


def _lead_weights(so_far: int) -> Floats:
    """Home, draw and away, from home's lead so far."""
    lead = so_far + np.arange(1 - MOST, MOST)
    weights = np.zeros((_LEAD.stop, 3))
    weights[_LEAD] = np.stack((lead > 0, lead == 0, lead < 0), axis=1)
    return weights


def _line_weights(
    lines: tuple[float, ...], side_lines: tuple[float, ...], home: int, away: int
) -> Floats:
    """Over and under of the lines, from so many: those of the total, of home and of away."""
    parts = ((_TOTAL, home + away, lines), (_HOME, home, side_lines), (_AWAY, away, side_lines))
    columns = []
    for part, so_far, its_lines in parts:
        counts = so_far + np.arange(part.stop - part.start)
        for line in its_lines:
            for is_won in (counts > line, counts < line):
                column = np.zeros(_LEAD.stop)
                column[part] = is_won
                columns.append(column)
    return np.stack(columns, axis=1)
