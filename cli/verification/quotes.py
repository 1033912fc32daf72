"""The quotes: the newest are there, and bets have their prices."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from cli.verification.model import Check, Journal
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.betting.events import LegReserved

Told = dict[str, dict[int, Any]]


def check_quotes(
    journal: Journal, topic: Topic, versions: Mapping[str, int], selections: Collection[str]
) -> Check:
    """The newest quotes of each match are there, a version is one thing, and legs have its price.

    Args:
        journal: the topics.
        topic: of the quotes; earlier ones may be left out.
        versions: those that the books have come to, by match.
        selections: what has its prices there.
    """
    name = topic.name.partition(".")[2].replace("_", " ")
    check = Check(f"{name}: the newest are there, a version is one thing", "versions")
    known: Told = {event_id: {} for event_id in versions}
    for entry in journal.entries(topic):
        quotes: Any = entry.value
        if type(quotes) in topic.records:
            of_match = known.setdefault(quotes.event_id, {})
            if of_match.setdefault(quotes.version, quotes) != quotes:
                check.different(f"{quotes.event_id} version {quotes.version}")
    for event_id, of_match in sorted(known.items()):
        check.counted += len(of_match)
        # Above it are those of events that are not committed yet.
        if max(of_match, default=0) < versions.get(event_id, 0):
            check.lost(f"{name} of {event_id}, version {versions[event_id]}")
    _check_prices(check, journal, known, selections)
    return check


def _check_prices(check: Check, journal: Journal, known: Told, selections: Collection[str]) -> None:
    """A leg has the price of its version, where that was not left out."""
    for entry in journal.entries(topics.MARKET_EVENTS):
        leg = entry.value
        if not isinstance(leg, LegReserved) or leg.selection not in selections:
            continue
        quoted = known.get(leg.event_id, {}).get(leg.quotes_version)
        if quoted is not None:
            prices = {f"{line.market}/{line.outcome}": line.price_milli for line in quoted.lines}
            what = f"price of leg {leg.leg_id} in version {leg.quotes_version} of {leg.event_id}"
            check.same(leg.price_milli, prices.get(leg.selection), what)
