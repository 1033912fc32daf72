"""The matches' side: legs, exposures and fates counted again from what was reserved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar

from cli.verification.model import Check, Journal
from overround.contracts import topics
from overround.domain.betting.events import LegReserved
from overround.domain.exposure.model import EMPTY, Exposure
from overround.domain.exposure.recount import ReservedLeg, recount
from overround.domain.kernel.facts import NOTHING, BySide
from overround.domain.kernel.market import WIN
from overround.domain.kernel.traded import TRADED, TRADED_INDEX, factor_of
from overround.domain.settlement.events import Certainty, FactsRecorded, ResultRecorded
from overround.domain.settlement.model import Leg, leg_key

Recorded = TypeVar("Recorded", ResultRecorded, FactsRecorded)


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
            weight = ReservedLeg(TRADED_INDEX[leg.selection], leg.stake_minor, leg.price_milli)
            open_legs.setdefault(f"{leg.event_id}/{leg.currency}", []).append(weight)
    for key in sorted(open_legs):
        check.counted += 1
        counted, kept = recount(open_legs[key]), exposures.get(key, EMPTY)
        if counted != kept:
            gap = int(abs(counted.pnl_minor - kept.pnl_minor).max())
            gap += abs(counted.side_worst_minor - kept.side_worst_minor)
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
    """Legs that the facts of their match decide have that fate, unless they were voided."""
    check = Check("settled legs have the fate of the result", "legs")
    results = _standing(journal, ResultRecorded)
    recorded = _standing(journal, FactsRecorded)
    for key, leg in sorted(legs.items()):
        facts = recorded[leg.event_id].facts if leg.event_id in recorded else NOTHING
        result = results.get(leg.event_id)
        if result is not None:
            # Of the final score its own record says it.
            facts = replace(facts, regular=BySide(result.home_goals, result.away_goals))
        wanted = factor_of(TRADED[TRADED_INDEX[leg.selection]], facts)
        if wanted is None or leg.voided:
            continue
        found = leg.factor if leg.settled else None
        check.same(found, wanted, f"fate of leg {key}")
    return check


def _standing(journal: Journal, kind: type[Recorded]) -> dict[str, Recorded]:
    """What counts of each match: the last confirmed one, or else the last live one."""
    standing: dict[str, Recorded] = {}
    for entry in journal.entries(topics.MARKET_EVENTS):
        if isinstance(entry.value, kind):
            known = standing.get(entry.value.event_id)
            confirms = entry.value.certainty is Certainty.CONFIRMED
            if known is None or confirms or known.certainty is Certainty.LIVE:
                standing[entry.value.event_id] = entry.value
    return standing
