"""Every price of many matches at once: what `board` gives each of them, far quicker.

What depends on the score is done for all matches at that score, the halves for all at a lead, and
the rest for all: the cost of each is then little more than that of its arithmetic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.football import board
from overround.domain.pricing.football.board import ON_SECOND_HALF, Rates
from overround.domain.pricing.football.catalogue import OFFERS
from overround.domain.pricing.football.corners import corners_of
from overround.domain.pricing.football.course import SCORES, SPELL
from overround.domain.pricing.football.grid import ON_SCORE, grids_of
from overround.domain.pricing.football.intensity import cards_left
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.football.order import DEPTH, put_order
from overround.domain.pricing.football.qualify import is_open
from overround.domain.pricing.football.tallies import cards, corners

Floats = NDArray[np.float64]
Places = NDArray[np.intp]


def many_shares(
    matches: Sequence[Match], parameters: Parameters = DEFAULTS, out: Floats | None = None
) -> tuple[Floats, Floats]:
    """`board.shares` of many matches, shape (matches, OFFERS) each.

    Who prices as many again and again saves a quarter of the time by giving `out`, of shape
    (2, matches, OFFERS): it holds the answer, and no memory has to be fetched anew.
    """
    both = np.empty((2, len(matches), len(OFFERS))) if out is None else out
    both.fill(0.0)
    priced = [place for place, match in enumerate(matches) if match.is_priced]
    if len(priced) == len(matches):
        _put_all(both[0], both[1], matches, parameters)
    else:
        some = np.zeros((2, len(priced), len(OFFERS)))
        _put_all(some[0], some[1], [matches[place] for place in priced], parameters)
        both[:, priced] = some
    for place, match in enumerate(matches):
        if is_open(match):
            board.put_qualifying(both[0, place], match, parameters)
    return both[0], both[1]


def _put_all(
    won: Floats, refunded: Floats, matches: Sequence[Match], parameters: Parameters
) -> None:
    if not matches:
        return
    rates = np.array([board.rates_of(match, parameters) for match in matches])
    grids = _put_scores(won, refunded, matches, rates, parameters)
    is_first = [match.period in board.FIRST_HALF_OPEN for match in matches]
    _put_first_half(won, refunded, matches, np.flatnonzero(is_first), rates, parameters)
    _put_second_half(won, refunded, matches, np.flatnonzero(np.logical_not(is_first)), grids)
    _put_tallies(won, matches, parameters)


def _alike(each: Iterable[Any]) -> list[tuple[Any, Places]]:
    """What there is, and the places where it is."""
    places: dict[Any, list[int]] = {}
    for place, key in enumerate(each):
        places.setdefault(key, []).append(place)
    return [(key, np.array(where)) for key, where in places.items()]


def _put_scores(
    won: Floats,
    refunded: Floats,
    matches: Sequence[Match],
    rates: Floats,
    parameters: Parameters,
) -> Floats:
    """The markets on the score and the order of goals; returns the grids, shape (n, 256)."""
    grids = np.empty((len(matches), SCORES * SCORES))
    for goals, places in _alike((match.home_goals, match.away_goals) for match in matches):
        grids[places] = some = grids_of(rates[places, :3], parameters, *goals)
        if max(goals) + DEPTH <= SCORES:
            chances = np.zeros((len(places), board.ORDER.stop - board.ORDER.start))
            sides = rates[places, 0], rates[places, 1]
            put_order(chances, some, *sides, goals, parameters)
            won[places, board.ORDER] = chances
    won[:, board.SCORE], refunded[:, board.SCORE] = ON_SCORE.shares(grids)
    return grids


def _put_first_half(  # noqa: PLR0917 - where to, of what, and what it follows from
    won: Floats,
    refunded: Floats,
    matches: Sequence[Match],
    open_: Places,
    rates: Floats,
    parameters: Parameters,
) -> None:
    goals = np.empty((len(matches), 2 * SPELL * SPELL))
    scores = [(matches[place].home_goals, matches[place].away_goals) for place in open_.tolist()]
    for lead, alike in _alike(home - away for home, away in scores):
        places = open_[alike]
        results = won[places, board.RESULT]
        both = board.halves_of(lead, Rates(*rates[places].T), results, parameters)
        goals[places], won[places, board.RESULTS] = both
    for score, alike in _alike(scores):
        places = open_[alike]
        shares = board.on_halves(*score).shares(goals[places])
        won[places, board.BOTH_HALVES], refunded[places, board.BOTH_HALVES] = shares


def _put_second_half(
    won: Floats, refunded: Floats, matches: Sequence[Match], later: Places, grids: Floats
) -> None:
    cells = grids.reshape(-1, SCORES, SCORES)
    goals = np.zeros((len(later), SCORES, SCORES))
    halves = [board.half_goals(matches[place]) for place in later.tolist()]
    for half, alike in _alike(halves):
        if half is None:
            continue
        home, away = half
        places = later[alike]
        goals[alike, : SCORES - home, : SCORES - away] = cells[places, home:, away:]
        won[places, board.FIRST], refunded[places, board.FIRST] = board.decided_first_half(*half)
        won[places, board.results_after(*half)] = won[places, board.RESULT]
    shares = ON_SECOND_HALF.shares(goals.reshape(-1, SCORES * SCORES))
    known = np.array([half is not None for half in halves], dtype=np.bool_)
    places = later[known]
    won[places, board.SECOND], refunded[places, board.SECOND] = shares[:, known]


def _put_tallies(won: Floats, matches: Sequence[Match], parameters: Parameters) -> None:
    gaps = np.log([match.home_rate_micro / match.away_rate_micro for match in matches])
    left = np.array([cards_left(match.period, match.clock_s, parameters) for match in matches])
    _put_corners(won, matches, gaps, parameters)
    for so_far, places in _alike(match.cards_so_far for match in matches):
        chances = cards(gaps[places], left[places], so_far, parameters.cards)
        won[places, board.CARDS] = chances


def _put_corners(
    won: Floats, matches: Sequence[Match], gaps: Floats, parameters: Parameters
) -> None:
    known = [corners_of(match, parameters) for match in matches]
    shares_left = np.array([0.0 if each is None else each.left for each in known])
    for so_far, places in _alike(None if each is None else each.so_far for each in known):
        if so_far is not None:
            left = shares_left[places]
            won[places, board.CORNERS] = corners(gaps[places], left, so_far, parameters.corners)
