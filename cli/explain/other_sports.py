"""The explanation of a market of another sport than football: by the sport's interface alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from cli.explain.account import (
    Explanation,
    Figures,
    Observation,
    Prior,
    SelectionPrice,
    kind_of,
    outcome_of,
    trading_of,
)
from cli.explain.control import MarketControl
from cli.explain.history import SportMoment
from cli.explain.quoted import Comparison, Told, prices_of
from cli.explain.times import iso
from overround.domain.control.breaker import reasons
from overround.domain.feeds.events import PricesObserved
from overround.domain.pricing.quoting import FOLLOWED, Quoter, Workings, quoter

# Of outcomes that the score has made impossible, nothing of this size is left.
_NOTHING = 1e-9


def sports_offering(market: str) -> list[str]:
    """The sports that offer a market."""
    return [sport for sport in FOLLOWED if market in quoter(sport).markets]


def explain_sport(
    moments: Sequence[SportMoment], market: str, quotes: Told | None, comparison: Comparison
) -> Explanation:
    """Explain a market as it stood after the last of a match's moments; see `account.explain`."""
    now = moments[-1]
    of = quoter(now.book.sport, now.book.settings)
    places = [place for place, of_place in enumerate(of.markets) if of_place == market]
    opened = _opened(moments, of)
    worked = of.workings(now.state, now.book.age_us) if now.book.is_priced else None
    selections: tuple[SelectionPrice, ...] = ()
    if worked and worked.effective[places].sum() > _NOTHING and not of.live.is_over(now.state):
        selections = tuple(_selections(worked, of, places, quotes))
    margined = [each.margined_milli for each in selections]
    return Explanation(
        event_id=now.book.event_id,
        sport=now.book.sport,
        market=market,
        position=str(now.position),
        at=iso(now.at_us),
        clock="",
        score=of.live.score(now.state),
        status=str(now.book.status),
        reason=now.book.reason,
        outcomes=tuple(of.lines[place].outcome for place in places),
        prior=None if opened is None else _prior(moments[: opened + 1], of, places),
        multipliers=None,
        observations=() if opened is None else tuple(_observed(moments[opened:], of, places)),
        selections=selections,
        fair_book=sum(each.probability for each in selections),
        book=sum(1_000 / price_milli for price_milli in margined if price_milli),
        rounded_book=sum(1_000 / s.rounded_milli for s in selections if s.rounded_milli),
        is_voided=bool({market, ""} & set(now.book.voided_markets)),
        control=_control(now, market, _widening(worked, of, places)),
        comparison=comparison,
    )


def _widening(worked: Workings | None, of: Quoter, places: Sequence[int]) -> float:
    """What the margin of a market's selections is multiplied with."""
    if worked is None or worked.widening is None:
        return 1.0
    return float(worked.widening[of.market_of[places[0]]])


def _control(now: SportMoment, market: str, widening: float) -> MarketControl:
    """What was done to a market: of these sports no price is overridden."""
    held = reasons(now.book.control).get(market, "")
    return MarketControl(now.book.parameters_version, widening, held, override="")


def _chances(moment: SportMoment, of: Quoter, places: Sequence[int]) -> Figures:
    """The probability of each selection; nothing of a match that nobody has priced."""
    if not moment.book.is_priced:
        return (0.0,) * len(places)
    return tuple(of.workings(moment.state).effective[places].tolist())


def _opened(moments: Sequence[SportMoment], of: Quoter) -> int | None:
    """The place of the moment that brought the last view of the beginning; None without one."""
    before = [n for n, each in enumerate(moments) if not of.live.has_begun(each.state)]
    if not before or not moments[before[-1]].book.is_priced:
        return None
    place = before[-1]
    while place and moments[place - 1].state == moments[place].state:
        place -= 1
    return place


def _prior(moments: Sequence[SportMoment], of: Quoter, places: Sequence[int]) -> Prior:
    """Whose prices gave the beginning its chances: the newest of the provider relied on."""
    opened = moments[-1]
    provider = opened.reliance.opened_by().provider
    told = [
        each
        for each in moments
        if isinstance(each.value, PricesObserved) and each.value.provider == provider
    ]
    source = told[-1] if told else opened
    prices = getattr(source.value, "prices", ())
    return Prior(provider, str(source.position), prices, _chances(opened, of, places))


def _observed(
    moments: Sequence[SportMoment], of: Quoter, places: Sequence[int]
) -> Iterator[Observation]:
    """The records since the match has its view of the beginning, with their effects."""
    chances = _chances(moments[0], of, places)
    for before, after in pairwise(moments):
        was, trading = chances, trading_of(before, after)
        if before.state != after.state or before.book.is_priced != after.book.is_priced:
            chances = _chances(after, of, places)
        elif not trading:
            continue
        value: Any = after.value
        yield Observation(
            str(after.position),
            after.id,
            iso(after.at_us),
            "",
            kind_of(value),
            getattr(value, "provider", ""),
            str(getattr(value, "winner", None) or getattr(value, "side", None) or ""),
            of.live.score(after.state),
            (0.0,) * len(places),
            tuple(now - then for now, then in zip(chances, was, strict=True)),
            trading,
        )


def _selections(
    worked: Workings, of: Quoter, places: Sequence[int], quotes: Told | None
) -> Iterator[SelectionPrice]:
    quoted = prices_of(quotes) if quotes else {}
    for place in places:
        selection, chance = of.sport.catalogue[place].id, float(worked.effective[place])
        yield SelectionPrice(
            outcome_of(selection),
            chance,
            1_000.0 / chance if chance > 0.0 else 0.0,
            float(worked.margined_milli[place]) if chance > 0.0 else 0.0,
            int(worked.rounded_milli[place]),
            quoted.get(selection, 0),
        )
