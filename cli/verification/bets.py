"""Every bet from its command to its payout, counted from the topics alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from cli.verification.model import Check, Journal
from overround.contracts import topics
from overround.domain.betting.commands import PlaceBet, ReserveLeg
from overround.domain.betting.events import (
    BetAccepted,
    BetPartlyAccepted,
    BetRejected,
    LegRejected,
    LegReserved,
    RejectReason,
)
from overround.domain.ledger.events import LedgerEntry
from overround.domain.settlement.events import BetResettled, BetSettled, LegSettled

_ANSWERS = (BetAccepted, BetPartlyAccepted, BetRejected)
Taken = BetAccepted | BetPartlyAccepted


def bet_of(value: Any) -> str:
    """The key of the bet that a record is about."""
    return f"{value.customer_id}/{value.bet_id}"


class Bets:
    """What the topics say of each bet, by its key, everything in the order of the log."""

    def __init__(self, journal: Journal) -> None:
        inbox, told = topics.ACCOUNTS_INBOX, topics.BET_EVENTS
        answers = journal.by(told, _ANSWERS, bet_of)
        self.placed: dict[str, list[PlaceBet]] = journal.by(inbox, PlaceBet, bet_of)
        self.final = {key: [a for a in all_ if not _is_other(a)] for key, all_ in answers.items()}
        self.other = {key: sum(map(_is_other, all_)) for key, all_ in answers.items()}
        self.settled: dict[str, list[BetSettled | BetResettled]] = journal.by(
            told, (BetSettled, BetResettled), bet_of
        )
        self.fates: dict[str, list[LegSettled]] = journal.by(inbox, LegSettled, bet_of)
        self.taken: dict[str, Taken] = {
            key: all_[0]
            for key, all_ in self.final.items()
            if all_ and not isinstance(all_[0], BetRejected)
        }


def _is_other(answer: Any) -> bool:
    return (
        isinstance(answer, BetRejected) and answer.reason is RejectReason.DUPLICATE_WITH_OTHER_BODY
    )


def check_answers(bets: Bets) -> Check:
    """One final answer to each bet; the same again to a repeat; a refusal to another body."""
    check = Check("every bet has exactly one answer", "bets")
    for key in sorted(bets.placed.keys() | bets.final.keys()):
        check.counted += 1
        placed, final = bets.placed.get(key, []), bets.final.get(key, [])
        others = sum(command != placed[0] for command in placed)
        if not final:
            check.lost(f"bet {key} was not answered")
        elif len(final) > len(placed) - others:
            check.duplicated(f"bet {key} was answered {len(final)} times")
        elif any(answer != final[0] for answer in final):
            check.different(f"bet {key} got two answers")
        elif not _fits(placed[0], final[0]):
            check.different(f"bet {key}: {final[0]} is no answer to {placed[0]}")
        refusals = bets.other.get(key, 0)
        if refusals < others:
            check.lost(f"bet {key}: {others - refusals} other bodies were not refused")
        elif refusals > others:
            check.duplicated(f"bet {key}: {refusals} refusals of {others} other bodies")
    return check


def _fits(command: PlaceBet, answer: Any) -> bool:
    if isinstance(answer, BetAccepted):
        return answer.stake_minor == command.stake_minor
    if isinstance(answer, BetPartlyAccepted):
        return command.accept_partial and 0 < answer.stake_minor < command.stake_minor
    return True


def check_legs(journal: Journal, bets: Bets) -> Check:
    """Each leg is asked for once, answered once, and that answer arrives once and is the bet's."""
    check = Check("every leg is reserved or rejected exactly once", "legs")
    kinds = (LegReserved, LegRejected)
    asked = journal.by(topics.MARKETS_INBOX, ReserveLeg, lambda value: str(value.leg_id))
    told = journal.by(topics.MARKET_EVENTS, kinds, lambda value: str(value.leg_id))
    heard = journal.by(topics.ACCOUNTS_INBOX, kinds, lambda value: str(value.leg_id))
    for leg in sorted(asked.keys() | told.keys() | heard.keys()):
        check.once(len(asked.get(leg, ())), f"request for leg {leg}")
        check.once(len(told.get(leg, ())), f"answer of the market to leg {leg}")
        check.once(len(heard.get(leg, ())), f"answer to leg {leg} at its customer")
        if told.get(leg) != heard.get(leg):
            check.different(f"leg {leg}: the market said {told.get(leg)}, heard {heard.get(leg)}")
    reserved = {
        bet_of(all_[0]): all_[0] for all_ in told.values() if isinstance(all_[0], LegReserved)
    }
    for key in sorted(reserved.keys() | bets.taken.keys()):
        found, wanted = bets.taken.get(key), reserved.get(key)
        check.same(_terms(found), _terms(wanted), f"stake and price of bet {key}")
    return check


def _terms(record: Any) -> tuple[int, int] | None:
    return None if record is None else (record.stake_minor, record.price_milli)


def check_settlements(bets: Bets) -> Check:
    """A fate of a leg settles its bet once a revision, and pays what the fate is worth."""
    check = Check("every fate of a leg settled its bet exactly once", "fates")
    for key in sorted(bets.fates.keys() | bets.settled.keys()):
        fates, settled = bets.fates.get(key, []), bets.settled.get(key, [])
        revisions = Counter(1 if isinstance(s, BetSettled) else s.revision for s in settled)
        for number, fate in enumerate(fates, start=1):
            check.once(revisions.pop(number, 0), f"settlement {number} of bet {key}")
            check.same(fate.revision, number, f"revision of a fate of bet {key}")
        for number in sorted(revisions):
            check.duplicated(f"settlement {number} of bet {key} has no fate")
        taken = bets.taken.get(key)
        if taken is None:
            check.different(f"bet {key} was settled but never taken")
            continue
        for fate, settlement in zip(fates, settled, strict=False):
            check.same(settlement.payout_minor, _payout(taken, fate), f"payout of bet {key}")
    return check


def _payout(taken: Taken, fate: LegSettled) -> int:
    """Halves of the stake that win at the price and that come back, floored to a minor unit."""
    gross = taken.stake_minor * (fate.win_halves * taken.price_milli + fate.refund_halves * 1000)
    return gross // 2000


def check_paid(journal: Journal, bets: Bets) -> Check:
    """What the ledger moved for a bet is its stake, its payout and what is still owed on it."""
    check = Check("the ledger moved what each bet says", "bets")
    moved: dict[str, Counter[str]] = {}
    for entry in journal.entries(topics.LEDGER_ENTRIES):
        if isinstance(entry.value, LedgerEntry) and entry.value.code.startswith("bet_"):
            # The reference may be the bet's own id, or its key.
            bet_id = entry.value.reference.rpartition("/")[2]
            codes = moved.setdefault(f"{entry.value.customer_id}/{bet_id}", Counter())
            codes[entry.value.code] += entry.value.amount_minor
    for key in sorted(moved.keys() | bets.taken.keys()):
        codes = moved.get(key, Counter())
        check.counted += 1
        taken = bets.taken.get(key)
        _money(check, codes["bet_post"], taken.stake_minor if taken else 0, f"stake of bet {key}")
        paid = codes["bet_pay"] - codes["bet_take_back"]
        _money(check, paid, _owed(bets.settled, key), f"money paid for bet {key}")
    return check


def _owed(settled: Mapping[str, list[Any]], key: str) -> int:
    """The payout, and beside it what the customer could not give back of an earlier one."""
    if not settled.get(key):
        return 0
    last = settled[key][-1]
    return int(last.payout_minor + getattr(last, "shortfall_minor", 0))


def _money(check: Check, found: int, wanted: int, what: str) -> None:
    if found != wanted:
        check.different(f"{what}: {found}, must be {wanted}", abs(found - wanted))
