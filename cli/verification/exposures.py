"""The matches' side: legs, exposures and fates counted again from what was reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cli.verification.model import Check, Journal
from overround.contracts import topics
from overround.domain.betting.events import LegReserved
from overround.domain.exposure.model import EMPTY, Exposure
from overround.domain.exposure.recount import ReservedLeg, recount
from overround.domain.kernel.market import CATALOGUE, INDEX, WIN
from overround.domain.pricing.events import Quotes
from overround.domain.settlement.events import Certainty, ResultRecorded
from overround.domain.settlement.model import Leg, leg_key


def check_kept_legs(journal: Journal, legs: Mapping[str, Leg]) -> Check:
    """The table of legs holds what was reserved, and nothing else."""
    check = Check("kept legs equal the reserved ones", "legs")
    reserved = {
        leg_key(e.value.event_id, e.value.leg_id): e.value
        for e in journal.entries(topics.MARKET_EVENTS)
        if isinstance(e.value, LegReserved)
    }
    for key in sorted(reserved.keys() | legs.keys()):
        check.same(_terms(legs.get(key)), _terms(reserved.get(key)), f"leg {key}")
    return check


def _terms(leg: Any) -> tuple[str, int, int] | None:
    return None if leg is None else (leg.selection, leg.stake_minor, leg.price_milli)


def check_exposures(legs: Mapping[str, Leg], exposures: Mapping[str, Exposure]) -> Check:
    """Each exposure is the recount of the match's legs that were not voided, score by score."""
    check = Check("exposures equal a recount of the legs", "exposures")
    open_legs: dict[str, list[ReservedLeg]] = {key: [] for key in exposures}
    for leg in legs.values():
        if not leg.voided:
            weight = ReservedLeg(INDEX[leg.selection], leg.stake_minor, leg.price_milli)
            open_legs.setdefault(f"{leg.event_id}/{leg.currency}", []).append(weight)
    for key in sorted(open_legs):
        check.counted += 1
        counted, kept = recount(open_legs[key]), exposures.get(key, EMPTY)
        if counted != kept:
            gap = int(abs(counted.pnl_minor - kept.pnl_minor).max())
            check.different(f"{key}: {kept.legs} legs, must be {counted.legs}; off by {gap}")
    return check


def check_customer_exposures(legs: Mapping[str, Leg], kept_minor: Mapping[str, int]) -> Check:
    """What each customer would win of a match is the sum over the customer's open legs."""
    check = Check("customers' exposures equal a recount of the legs", "exposures")
    counted: Counter[str] = Counter()
    for leg in legs.values():
        if not leg.voided:
            key = f"{leg.event_id}/{leg.customer_id}/{leg.currency}"
            paid_minor = WIN.payout_minor(leg.stake_minor, leg.price_milli)
            counted[key] += paid_minor - leg.stake_minor
    for key in sorted(counted.keys() | kept_minor.keys()):
        check.same(kept_minor.get(key, 0), counted[key], key)
    return check


def check_fates(journal: Journal, legs: Mapping[str, Leg]) -> Check:
    """Legs of a match with a result have that result's fate, unless they were voided."""
    check = Check("settled legs have the fate of the result", "legs")
    results = _results(journal)
    for key, leg in sorted(legs.items()):
        result = results.get(leg.event_id)
        if result is None or leg.voided:
            continue
        wanted = CATALOGUE[INDEX[leg.selection]].factor(result.home_goals, result.away_goals)
        found = leg.factor if leg.settled else None
        check.same(found, wanted, f"fate of leg {key}")
    return check


def _results(journal: Journal) -> dict[str, ResultRecorded]:
    """The result that counts: the last confirmed one, or else the last live one."""
    results: dict[str, ResultRecorded] = {}
    for entry in journal.entries(topics.MARKET_EVENTS):
        if isinstance(entry.value, ResultRecorded):
            known = results.get(entry.value.event_id)
            confirms = entry.value.certainty is Certainty.CONFIRMED
            if known is None or confirms or known.certainty is Certainty.LIVE:
                results[entry.value.event_id] = entry.value
    return results


def check_quotes(journal: Journal, versions: Mapping[str, int]) -> Check:
    """The newest quotes of each match are there, a version is one thing, and legs have its price.

    `versions` are those that the books have come to, by match. Earlier ones may be left out.
    """
    check = Check("quotes: the newest are there, a version is one thing", "versions")
    known: dict[str, dict[int, Quotes]] = {event_id: {} for event_id in versions}
    for entry in journal.entries(topics.QUOTES):
        if isinstance(entry.value, Quotes):
            of_match = known.setdefault(entry.value.event_id, {})
            if of_match.setdefault(entry.value.version, entry.value) != entry.value:
                check.different(f"{entry.value.event_id} version {entry.value.version}")
    for event_id, of_match in sorted(known.items()):
        check.counted += len(of_match)
        # Above it are those of events that are not committed yet.
        if max(of_match, default=0) < versions.get(event_id, 0):
            check.lost(f"quotes of {event_id}, version {versions[event_id]}")
    _check_prices(check, journal, known)
    return check


def _check_prices(
    check: Check, journal: Journal, known: Mapping[str, Mapping[int, Quotes]]
) -> None:
    """A leg has the price of its version, where that was not left out."""
    for entry in journal.entries(topics.MARKET_EVENTS):
        leg = entry.value
        if not isinstance(leg, LegReserved):
            continue
        quoted = known.get(leg.event_id, {}).get(leg.quotes_version)
        if quoted is not None:
            prices = {f"{line.market}/{line.outcome}": line.price_milli for line in quoted.lines}
            what = f"price of leg {leg.leg_id} in version {leg.quotes_version} of {leg.event_id}"
            check.same(leg.price_milli, prices.get(leg.selection), what)
