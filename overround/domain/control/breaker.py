"""Markets on which the model and somebody else's book are too far apart are held back.

Either may be right: a goal that one has not seen, a line that was mistyped. Bets wait until the two
were near each other for some updates on end, or until a trader has looked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from functools import lru_cache

from overround.domain.control.events import MarketTradingChanged
from overround.domain.control.limits import Breaker
from overround.domain.control.model import ApartMarket, Control, HeardBook
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.market import MarketType, TradingStatus
from overround.domain.kernel.traded import TRADED_MARKETS

# What a wrong view of who wins moves, and one of how many goals there are. A type of market that is
# in neither follows from both.
_WHO: set[StrEnum] = {
    MarketType.RESULT,
    MarketType.DOUBLE_CHANCE,
    MarketType.DRAW_NO_BET,
    MarketType.ASIAN_HANDICAP,
}
_HOW_MANY: set[StrEnum] = {MarketType.TOTALS, MarketType.BOTH_SCORE}

_PLACE = {market.id: place for place, market in enumerate(TRADED_MARKETS)}


def observed(
    control: Control, book: HeardBook, event_id: str, sigmas: Mapping[str, float], breaker: Breaker
) -> Decision[Control, MarketTradingChanged]:
    """A book was heard; `sigmas` says how far the model is from it, by market.

    A market that is apart holds back all that follow from the same view. Only the one whose book
    tripped it closes it again, by updates on end in which it is near. One that was heard before,
    is older, or has no market whole, says nothing.
    """
    if not sigmas or book.sequence <= control.heard_of(book.provider):
        return Decision(control)
    kept = {each.market: each for each in control.apart if each.provider == book.provider}
    after = {
        market: _judged(kept.get(market), z, book, market, breaker) for market, z in sigmas.items()
    }
    mine = {m: each for m, each in (kept | after).items() if each is not None}
    others = [each for each in control.apart if each.provider != book.provider]
    heard = [each for each in control.heard if each.provider != book.provider]
    state = replace(
        control,
        apart=tuple(
            sorted([*others, *mine.values()], key=lambda each: (each.provider, each.market))
        ),
        heard=tuple(sorted([*heard, book], key=lambda each: each.provider)),
    )
    return Decision(state, changes(control, state, event_id))


def changes(
    before: Control, after: Control, event_id: str, trader_id: str = ""
) -> tuple[MarketTradingChanged, ...]:
    """What is told of the markets that are held back now and were not, or the other way round."""
    was, now = reasons(before), reasons(after)
    told = []
    for market in sorted(was.keys() ^ now.keys(), key=_in_order):
        status = TradingStatus.SUSPENDED if market in now else TradingStatus.OPEN
        told.append(MarketTradingChanged(event_id, market, status, now.get(market, ""), trader_id))
    return tuple(told)


def _in_order(market: str) -> tuple[int, str]:
    """Football's markets in their order, those of other sports by name."""
    return _PLACE.get(market, len(_PLACE)), market


def reasons(control: Control) -> dict[str, str]:
    """Every market that is held back, with the first reason for it."""
    found: dict[str, str] = {}
    if not control.is_holding:
        return found
    for held in control.held:
        found.setdefault(held.market, f"trader: {held.reason}")
    for each in control.apart:
        sigmas = f"{each.sigmas_milli / 1_000:.1f} sigma"
        for market in concerned(each.market):
            found.setdefault(market, f"model_apart: {each.market} of {each.provider} by {sigmas}")
    return found


@lru_cache(maxsize=256)
def concerned(market: str) -> tuple[str, ...]:
    """The markets that are wrong where the model's view of this one is."""
    type_ = next((each.type for each in TRADED_MARKETS if each.id == market), None)
    if type_ in _WHO:
        spared = _HOW_MANY
    elif type_ in _HOW_MANY:
        spared = _WHO
    else:
        spared = set()
    return tuple(each.id for each in TRADED_MARKETS if each.type not in spared)


def _judged(
    kept: ApartMarket | None, sigmas: float, book: HeardBook, market: str, breaker: Breaker
) -> ApartMarket | None:
    if sigmas > breaker.apart_sigmas:
        return ApartMarket(market, book.provider, round(sigmas * 1_000))
    if kept is None or kept.near + 1 >= breaker.near_updates:
        return None
    return replace(kept, near=kept.near + 1)
