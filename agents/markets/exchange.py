"""An exchange's offers on a match: an opening before kick-off, and a pull on its rates since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from agents.markets.controls import Controls
from overround.domain.control.model import Control, HeardBook
from overround.domain.feeds.events import ObservedPrice, PricesObserved
from overround.domain.feeds.reliance import Reliance
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import MICROS_PER_SECOND
from overround.domain.pricing.football.claim import scene
from overround.domain.pricing.football.exchange import Offers, distance_of, pulled, sigmas_of
from overround.domain.pricing.football.model import Match
from tables.books import Book

_OUTCOMES = {"1x2/home": "home", "1x2/draw": "draw", "1x2/away": "away"}


class Heard(NamedTuple):
    """A match after an exchange's offers; `sigmas` off what was expected, None if none was."""

    match: Match
    sigmas: float | None


def is_of_now(match: Match, prices: PricesObserved) -> bool:
    """Whether prices are not of before kick-off in play, or the other way round."""
    is_played = match.period is not Period.NOT_STARTED
    return prices.in_play is None or prices.in_play is is_played


def is_pulling(prices: PricesObserved, reliance: Reliance) -> bool:
    """Whether prices before kick-off are an exchange's, and somebody else has opened the match.

    One opinion is no evidence for itself: who has opened it alone, or stands while the others are
    lost, opens it again.
    """
    openers = {each.provider for each in reliance.openings}
    others = openers - reliance.lost - {prices.provider}
    return bool(others) and _offers(prices) is not None


def opening_milli(prices: Sequence[ObservedPrice]) -> dict[str, int]:
    """Prices to open a match with, by selection: the middle where all of a market have two sides.

    In thousandths; the middle is that of the probabilities.
    """
    one_sided = {_market(p) for p in prices if not (p.lay_milli or 0) >= p.price_milli > 0}
    return {
        each.selection: each.price_milli if _market(each) in one_sided else _middle(each)
        for each in prices
    }


def _market(price: ObservedPrice) -> str:
    return price.selection.partition("/")[0]


def _middle(price: ObservedPrice) -> int:
    back, lay = price.price_milli, price.lay_milli or price.price_milli
    return round(2 * back * lay / (back + lay))


def heard_book(control: Control, match: Match, prices: PricesObserved, at_us: int) -> HeardBook:
    """What is remembered of a provider's prices: their number, and since when of this score."""
    now = scene(match)
    before = next((each for each in control.heard if each.provider == prices.provider), None)
    is_same = before is not None and before.scene == now
    since_us = before.since_us if before is not None and is_same else at_us
    return HeardBook(prices.provider, prices.sequence, now, since_us)


def hear(
    book: Book, prices: PricesObserved, heard: HeardBook, at_us: int, controls: Controls
) -> Heard:
    """Follow an exchange's offers of 1X2, if both sides and their sizes are told.

    They pull the rates only while bets are taken, some time after the last change of the score,
    and not when they are so far off that one of the two must be wrong.
    """
    offers = _offers(prices)
    if offers is None:
        return Heard(book.match, None)
    if not controls.model.pulling.spread:
        return Heard(replace(book.match, pull=None), None)
    match, model = book.match, controls.model
    try:
        sigmas = sigmas_of(distance_of(match, offers, at_us, model))
    except Refusal:
        # A book that crosses or gapes is no fault of the record; its other markets count.
        return Heard(match, None)
    is_near = sigmas <= controls.breaker.apart_sigmas
    if is_near and _is_due(book, heard, at_us, controls):
        match = replace(match, pull=pulled(match, offers, at_us, model)[0])
    return Heard(match, sigmas)


def _is_due(book: Book, heard: HeardBook, at_us: int, controls: Controls) -> bool:
    pulling, pull = controls.model.pulling, book.match.pull
    has_settled = at_us - heard.since_us >= pulling.settle_s * MICROS_PER_SECOND
    is_open = book.status is TradingStatus.OPEN
    pause_us = pulling.pause_s * MICROS_PER_SECOND
    return is_open and has_settled and (pull is None or at_us - pull.heard_at_us >= pause_us)


def _offers(prices: PricesObserved) -> dict[str, Offers] | None:
    found = {}
    for each in prices.prices:
        outcome = _OUTCOMES.get(each.selection)
        if outcome is None:
            continue
        if each.lay_milli is None or each.size_minor is None:
            return None
        # Who tells one size tells it of both sides.
        lay_size = each.size_minor if each.lay_size_minor is None else each.lay_size_minor
        found[outcome] = Offers(each.price_milli, each.size_minor, each.lay_milli, lay_size)
    return found or None
