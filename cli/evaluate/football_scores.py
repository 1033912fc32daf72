"""Matches played again through the pricing engine, and how good its probabilities were."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cli.evaluate import reference
from cli.evaluate.seasons import PlayedMatch, Shot
from overround.domain.kernel.market import INDEX
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.odds import PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.decide import observe, opening
from overround.domain.pricing.football.grid import score_grid, selection_weights
from overround.domain.pricing.football.model import DEFAULTS, Match
from overround.domain.pricing.margin import Method, remove
from overround.domain.pricing.scoring import log_loss

Floats = NDArray[np.float64]

MINUTES = (0, 15, 30, 45, 60, 75, 85)
MODELS = ("reference", "model", "model with xG")

RESULT = tuple(INDEX[f"1x2/{side}"] for side in ("home", "draw", "away"))
OVER, BOTH = INDEX["totals:2.5/over"], INDEX["both_teams_to_score/yes"]

# A source gives stoppage time of the first half its 45th minute.
_HALF_MINUTE = 45


@dataclass(frozen=True, slots=True)
class Scored:
    """What each model said, by minute and match, and what came.

    `result` is (model, minute, match, 3); `over` and `both` are (2, minute, match), of the model
    without and with shots; `exact` (2, match): what the reference and the model gave the score.
    """

    matches: tuple[PlayedMatch, ...]
    closing: Floats
    result: Floats
    over: Floats
    both: Floats
    exact: Floats
    outcomes: NDArray[np.intp]


def score(matches: Sequence[PlayedMatch], told: Callable[[], None]) -> tuple[Scored, int]:
    """Play every match again; also how many had prices that no pair of rates explains."""
    kept, opened = _opened(matches)
    closing = remove(np.array([_inverse(match) for match in kept]), Method.POWER)
    shape = (len(MINUTES), len(kept))
    result, over, both = np.empty((3, *shape, 3)), np.empty((2, *shape)), np.empty((2, *shape))
    rates = reference.rates(closing)
    shares = reference.shares_left(kept, MINUTES)
    exact = np.empty((2, len(kept)))
    poisson = reference.scores(rates)
    for place, (match, start) in enumerate(zip(kept, opened, strict=True)):
        score_ = (min(match.home_goals, 15), min(match.away_goals, 15))
        exact[:, place] = poisson[place][score_], score_grid(start, DEFAULTS)[score_]
        for row, with_shots in enumerate((False, True)):
            for at, state in enumerate(replayed(start, match, with_shots=with_shots)):
                won, _ = selection_weights(score_grid(state, DEFAULTS))
                result[row + 1, at, place] = won[list(RESULT)]
                over[row, at, place], both[row, at, place] = won[OVER], won[BOTH]
        told()
    for at, minute in enumerate(MINUTES):
        leads = np.array([_lead(match, minute) for match in kept])
        result[0, at] = reference.in_play(rates, shares[:, at], leads)
    outcomes = np.array([1 - np.sign(m.home_goals - m.away_goals) for m in kept], dtype=np.intp)
    return Scored(kept, closing, result, over, both, exact, outcomes), len(matches) - len(kept)


def log_losses(scored: Scored) -> Floats:
    """Log loss by model, minute and match."""
    return np.array(
        [[log_loss(said, scored.outcomes) for said in by_minute] for by_minute in scored.result]
    )


def _opened(matches: Sequence[PlayedMatch]) -> tuple[tuple[PlayedMatch, ...], list[Match]]:
    found = [(match, _start(match)) for match in matches]
    kept = [(match, start) for match, start in found if start is not None]
    return tuple(match for match, _ in kept), [start for _, start in kept]


def _start(match: PlayedMatch) -> Match | None:
    """The match before kick-off; None if its prices make no match."""
    try:
        home, away, rho = opening(match.prices)
    except Refusal:
        return None
    return Match(home_rate_micro=home, away_rate_micro=away, rho_micro=rho)


def _inverse(match: PlayedMatch) -> list[float]:
    prices = [match.prices[f"1x2/{side}"] for side in ("home", "draw", "away")]
    assert min(prices) >= PRICE_MILLI_MIN
    return [1_000 / price for price in prices]


def replayed(start: Match, match: PlayedMatch, *, with_shots: bool) -> Iterator[Match]:
    """The state at each of `MINUTES`: goals, and shots if asked for, of the minutes before it."""
    state, told, goals = start, 0, [0, 0]
    for minute in MINUTES:
        while told < len(match.shots) and match.shots[told].minute < minute:
            shot = match.shots[told]
            told += 1
            if shot.is_goal:
                goals[not shot.is_home] += 1
            for kind in _kinds(shot, with_shots=with_shots):
                state = observe(state, _incident(state, kind, shot.minute, goals, shot))
        if minute:
            state = observe(state, _incident(state, IncidentKind.CLOCK, minute, goals, None))
        yield state


def _kinds(shot: Shot, *, with_shots: bool) -> Iterator[IncidentKind]:
    if with_shots and not shot.is_own_goal:
        yield IncidentKind.SHOT
    if shot.is_goal:
        yield IncidentKind.GOAL


def _incident(
    state: Match, kind: IncidentKind, minute: int, goals: list[int], shot: Shot | None
) -> Incident:
    period = Period.FIRST_HALF if minute <= _HALF_MINUTE else Period.SECOND_HALF
    said = Incident(
        event_id="played",
        provider="recorded",
        sequence=state.heard_of("recorded") + 1,
        kind=kind,
        period=period,
        clock_s=60 * minute,
        home_goals=goals[0],
        away_goals=goals[1],
    )
    if shot is None:
        return said
    side = Side.HOME if shot.is_home else Side.AWAY
    if kind is not IncidentKind.SHOT:
        return replace(said, side=side)
    # A shot that scores was made at the score before it.
    home = goals[0] - (shot.is_goal and shot.is_home)
    away = goals[1] - (shot.is_goal and not shot.is_home)
    return replace(said, side=side, xg_milli=shot.xg_milli, home_goals=home, away_goals=away)


def _lead(match: PlayedMatch, minute: int) -> int:
    return sum(
        1 if shot.is_home else -1 for shot in match.shots if shot.is_goal and shot.minute < minute
    )
