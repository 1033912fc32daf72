"""The explanation of a market at a moment: what its prices follow from, and what moved them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cli.explain.control import MarketControl, control_of
from cli.explain.history import Moment, SportMoment
from cli.explain.quoted import Comparison, Told, prices_of
from cli.explain.times import clock_of, iso
from overround.domain.feeds.events import ObservedPrice, PricesObserved
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.match import Incident
from overround.domain.pricing.football.decide import Workings, workings
from overround.domain.pricing.football.explain import Multipliers, effect, multipliers
from overround.domain.pricing.football.layout import Layout, layout_of
from overround.domain.pricing.football.model import MICROS, Match, Parameters

Figures = tuple[float, ...]
"""A figure of each selection of the market, in the order of the quotes."""


@dataclass(frozen=True, slots=True)
class Prior:
    """Whose prices the match was opened with, and what they say; `position` is their record's."""

    provider: str
    position: str
    prices: tuple[ObservedPrice, ...]
    probabilities: Figures


@dataclass(frozen=True, slots=True)
class GoalsPrior(Prior):
    """The same of football, with the goals that the prices expect."""

    home_goals: float
    away_goals: float
    rho: float


@dataclass(frozen=True, slots=True)
class Observation:
    """A record, and what it and the time before it did to the market's probabilities.

    Of other sports than football the clock is told by records of its own, so that time by itself
    does nothing.

    `trading` is the status and reason that it brought, empty if it changed nothing about them.
    """

    position: str
    id: str
    at: str
    clock: str
    kind: str
    provider: str
    side: str
    score: str
    time: Figures
    effect: Figures
    trading: str

    @property
    def size(self) -> float:
        """The largest change of a selection."""
        return max(map(abs, self.effect), default=0.0)


@dataclass(frozen=True, slots=True)
class SelectionPrice:
    """A selection's way from its probability to its price; prices in thousandths, 0: not offered.

    `rounded_milli` is the model's price on the ladder. The book's own is `quoted_milli`, another
    one only if something besides the model moved it: a voided market, a trader.
    """

    outcome: str
    probability: float
    fair_milli: float
    margined_milli: float
    rounded_milli: int
    quoted_milli: int


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a market was quoted as it was, from the log alone.

    Probabilities are those of winning a bet that is not refunded. `position` is the last record
    that changed the book; all figures are in the order of `outcomes`. Without a prior there are
    none; `multipliers` and `selections` are of a match that is priced, and absent after its end.
    `book` and `rounded_book` are the sums of inverse prices before and after rounding, out of
    `fair_book`. On one that `is_voided` no bet is taken any more.
    """

    event_id: str
    sport: str
    market: str
    position: str
    at: str
    clock: str
    score: str
    status: str
    reason: str
    outcomes: tuple[str, ...]
    prior: Prior | None
    multipliers: Multipliers | None
    observations: tuple[Observation, ...]
    selections: tuple[SelectionPrice, ...]
    fair_book: float
    book: float
    rounded_book: float
    is_voided: bool
    control: MarketControl
    comparison: Comparison

    @property
    def is_equal(self) -> bool:
        """Whether it is what readers were given."""
        return not self.comparison.differences


def explain(
    moments: Sequence[Moment],
    market: str,
    quotes: Told | None,
    comparison: Comparison,
) -> Explanation:
    """Explain a market as it stood after the last of a match's moments.

    `quotes` are those in force then, as the replay makes them; None before there were any.
    """
    now = moments[-1]
    layout = layout_of(market)
    ids = list(layout.index)
    places = layout.places_of(market)
    opened = _opened(moments)
    selections: tuple[SelectionPrice, ...] = ()
    book = fair_book = 0.0
    if now.match.is_priced:
        worked = workings(*now.priced, now.widening(layout), layout)
        shown = {place: ids[place] for place in places}
        selections = tuple(_selections(shown, worked, quotes, now.priced.parameters))
        book = float((1_000.0 / worked.price_milli[places]).sum())
        fair_book = float(worked.effective[places].sum())
    return Explanation(
        event_id=now.book.event_id,
        sport="football",
        market=market,
        position=str(now.position),
        at=iso(now.at_us),
        clock=clock_of(now.match),
        score=_score(now.match),
        status=str(now.book.status),
        reason=now.book.reason,
        outcomes=tuple(outcome_of(ids[place]) for place in places),
        prior=None if opened is None else _prior(moments[: opened + 1], places, layout),
        multipliers=multipliers(now.priced) if now.match.is_priced else None,
        observations=tuple(_observations(moments, opened, places, layout)),
        selections=selections,
        fair_book=fair_book,
        book=book,
        rounded_book=sum(1_000 / s.rounded_milli for s in selections if s.rounded_milli),
        is_voided=bool({market, ""} & set(now.book.voided_markets)),
        control=control_of(now, market, layout),
        comparison=comparison,
    )


def _selections(
    shown: Mapping[int, str], worked: Workings, quotes: Told | None, parameters: Parameters
) -> Iterator[SelectionPrice]:
    """The prices of selections, given by place and id."""
    rounded = parameters.ladder.down(worked.price_milli * worked.offered)
    quoted = prices_of(quotes) if quotes else {}
    for place, selection in shown.items():
        chance = float(worked.effective[place])
        yield SelectionPrice(
            outcome_of(selection),
            chance,
            1_000.0 / chance if chance > 0.0 else 0.0,
            float(worked.price_milli[place]),
            int(rounded[place]),
            quoted.get(selection, 0),
        )


def outcome_of(selection: str) -> str:
    """The outcome of a selection's id."""
    return selection.partition("/")[2]


def _rates(match: Match) -> tuple[int, int, int]:
    return match.home_rate_micro, match.away_rate_micro, match.rho_micro


def _opened(moments: Sequence[Moment]) -> int | None:
    """The place of the moment that brought the rates in force; None while there are none."""
    rates = _rates(moments[-1].match)
    if rates == (0, 0, 0):
        return None
    place = len(moments) - 1
    while place and _rates(moments[place - 1].match) == rates:
        place -= 1
    return place


def _prior(moments: Sequence[Moment], places: Sequence[int], layout: Layout) -> GoalsPrior:
    """Whose prices gave the rates of the last of these moments: of equal ones, the newest's."""
    opened = moments[-1]
    home, away, rho = _rates(opened.match)
    providers = [
        each.provider
        for each in opened.reliance.openings
        if (each.home_rate_micro, each.away_rate_micro, each.rho_micro) == (home, away, rho)
    ]
    told = [
        moment
        for moment in moments
        if isinstance(moment.value, PricesObserved) and moment.value.provider in providers
    ]
    source = told[-1] if told else opened
    return GoalsPrior(
        getattr(source.value, "provider", ""),
        str(source.position),
        getattr(source.value, "prices", ()),
        _figures(workings(*opened.priced, layout=layout).effective, places),
        home / MICROS,
        away / MICROS,
        rho / MICROS,
    )


def _observations(
    moments: Sequence[Moment], opened: int | None, places: Sequence[int], layout: Layout
) -> Iterator[Observation]:
    """The records since the match has its rates, with their effects; none before."""
    if opened is None:
        return
    for before, after in zip(moments[opened:], moments[opened + 1 :], strict=False):
        trading = trading_of(before, after)
        is_priced = before.match.is_priced and after.match.is_priced
        if before.priced == after.priced and not trading:
            continue
        nothing = np.zeros(len(layout.index))
        time, observed = (nothing, nothing)
        if is_priced and before.priced != after.priced:
            time, observed = effect(before.priced, after.priced, layout)
        yield Observation(
            str(after.position),
            after.id,
            iso(after.at_us),
            clock_of(after.match),
            kind_of(after.value),
            getattr(after.value, "provider", ""),
            str(getattr(after.value, "side", None) or ""),
            _score(after.match),
            _figures(time, places),
            _figures(observed, places),
            trading,
        )


def trading_of(before: Moment | SportMoment, after: Moment | SportMoment) -> str:
    """The status and reason that a record brought; empty if it changed nothing about them."""
    was, is_ = before.book, after.book
    if (was.status, was.reason) == (is_.status, is_.reason):
        return ""
    return f"{is_.status}: {is_.reason}" if is_.reason else str(is_.status)


def kind_of(value: object) -> str:
    """What a record is called: an incident by its kind, time by its own, others by their type."""
    if isinstance(value, Incident):
        return str(value.period if value.kind == "period" else value.kind)
    if isinstance(value, Tick):
        return "time went by"
    words = "".join(f" {c.lower()}" if c.isupper() else c for c in type(value).__name__)
    return words.strip()


def _score(match: Match) -> str:
    return f"{match.home_goals}-{match.away_goals}"


def _figures(values: NDArray[np.float64], places: Sequence[int]) -> Figures:
    return tuple(values[places].tolist())
