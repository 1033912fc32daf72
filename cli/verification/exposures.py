"""The matches' side: legs, exposures and fates counted again from what was reserved."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from cli.verification.model import Check, Journal
from overround.contracts import topics
from overround.domain.betting.events import LegReserved
from overround.domain.exposure.reckoning import BY_MARKET, BY_SCORE, Reckoning
from overround.domain.exposure.recount import ReservedLeg, recount, recount_by_market
from overround.domain.kernel.facts import NOTHING, BySide, Facts
from overround.domain.kernel.market import WIN, Factor
from overround.domain.kernel.traded import TRADED, TRADED_INDEX, factor_of
from overround.domain.settlement.events import (
    Certainty,
    FactsRecorded,
    FatesRecorded,
    ResultRecorded,
)
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


def check_exposures(
    legs: Mapping[str, Leg], exposures: Mapping[str, Any], other_sports: Collection[str]
) -> Check:
    """Each exposure is the recount of the match's legs that were not voided, outcome by outcome.

    Football's by its final score, that of a match of `other_sports` by its markets.
    """
    check = Check("exposures equal a recount of the legs", "exposures")
    open_legs: dict[str, list[Leg]] = {key: [] for key in exposures}
    for leg in legs.values():
        if not leg.voided:
            open_legs.setdefault(f"{leg.event_id}/{leg.currency}", []).append(leg)
    for key in sorted(open_legs):
        check.counted += 1
        counted, reckoning = _recounted(open_legs[key], key.rpartition("/")[0] in other_sports)
        kept = exposures.get(key, reckoning.empty)
        if counted != kept:
            must = f"must be {counted.legs} with {reckoning.worst_minor(counted)} at the worst"
            check.different(f"{key}: {kept.legs} legs, {reckoning.worst_minor(kept)}; {must}")
    return check


def _recounted(legs: list[Leg], is_by_market: bool) -> tuple[Any, Reckoning[Any]]:
    if is_by_market:
        return recount_by_market(legs), BY_MARKET
    return recount(map(_weight, legs)), BY_SCORE


def _weight(leg: Leg) -> ReservedLeg:
    return ReservedLeg(TRADED_INDEX[leg.selection], leg.stake_minor, leg.price_milli)


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


def check_fates(journal: Journal, legs: Mapping[str, Leg], other_sports: Collection[str]) -> Check:
    """Legs that their match has decided have that fate, unless they were voided."""
    check = Check("settled legs have the fate of the result", "legs")
    football, fates = _football(journal), _other_fates(journal)
    for key, leg in sorted(legs.items()):
        if leg.event_id in other_sports:
            wanted = fates[leg.event_id].get(leg.selection)
        else:
            facts = football.get(leg.event_id, NOTHING)
            wanted = factor_of(TRADED[TRADED_INDEX[leg.selection]], facts)
        if wanted is None or leg.voided:
            continue
        found = leg.factor if leg.settled else None
        check.same(found, wanted, f"fate of leg {key}")
    return check


def _football(journal: Journal) -> dict[str, Facts]:
    """What is known of each match; of the final score its own record says it."""
    recorded, results = _standing(journal, FactsRecorded), _standing(journal, ResultRecorded)
    known = {event_id: each.facts for event_id, each in recorded.items()}
    for event_id, result in results.items():
        score = BySide(result.home_goals, result.away_goals)
        known[event_id] = replace(known.get(event_id, NOTHING), regular=score)
    return known


def _other_fates(journal: Journal) -> dict[str, dict[str, Factor]]:
    """What each match of another sport has decided, by selection."""
    standing: dict[str, dict[str, Factor]] = defaultdict(dict)
    for entry in journal.entries(topics.MARKET_EVENTS):
        if isinstance(entry.value, FatesRecorded):
            fates = standing[entry.value.event_id]
            for fate in entry.value.fates:
                fates[fate.selection] = Factor(fate.win_halves, fate.refund_halves)
            for selection in entry.value.undecided:
                del fates[selection]
    return standing


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
