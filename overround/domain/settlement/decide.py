"""Facts of a match become fates of legs, fates become payouts, and corrections their difference."""

from __future__ import annotations

from dataclasses import replace

from overround.domain.kernel.decision import Decision
from overround.domain.kernel.facts import Facts
from overround.domain.kernel.market import VOID, Factor
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.traded import TRADED, TRADED_INDEX, factor_of
from overround.domain.settlement.commands import VoidMarket
from overround.domain.settlement.events import BetResettled, BetSettled, Certainty, LegSettled
from overround.domain.settlement.model import BetSettlement, Correction, Leg, TakenBet

# A factor has two halves to give; more of them would pay a stake twice.
HALVES = 2

FACTS_UNKNOWN = "facts_unknown"
"""Why a leg is void on which nobody told what decides it."""
ABANDONED = "abandoned"
"""Why a leg is void of a match that was not played to its end."""


def settle_leg(selection: str, facts: Facts) -> Factor | None:
    """The fate of a selection (`totals:2.5/over`) under these facts; None while it has none.

    Raises:
        Refusal: `unknown_selection`, or `impossible_score` for negative goals.
    """
    index = TRADED_INDEX.get(selection)
    if index is None:
        raise Refusal("unknown_selection", selection)
    if facts.regular is not None and min(facts.regular.home, facts.regular.away) < 0:
        raise Refusal("impossible_score", f"{facts.regular.home}-{facts.regular.away}")
    return factor_of(TRADED[index], facts)


def settle(
    leg: Leg, facts: Facts, certainty: Certainty, reason: str, *, is_final: bool = False
) -> Decision[Leg, LegSettled]:
    """The leg under what is known: revision 1 at its first fate, the next when that changes.

    Customers are paid on a live result. So a result that leaves the fate as it is moves no money
    and tells nothing, whatever its certainty; the match's own `ResultRecorded` carries that. A
    voided leg stays void, and a live result never overturns a confirmed one. A leg that these
    facts do not decide stays as it is; if it was never decided, it is void once they are final.

    Raises:
        Refusal: see `settle_leg`.
    """
    factor = settle_leg(leg.selection, facts)
    if factor is None and is_final and not leg.settled and not leg.confirmed:
        return void(leg, FACTS_UNKNOWN)
    return decided(leg, factor, certainty, reason)


def decided(
    leg: Leg, factor: Factor | None, certainty: Certainty, reason: str
) -> Decision[Leg, LegSettled]:
    """The leg once this is its fate, under the rules of `settle`; None: nothing decides it."""
    confirms = certainty is Certainty.CONFIRMED
    if leg.voided or factor is None or (leg.confirmed and not confirms):
        return Decision(leg)
    if leg.settled and factor == leg.factor:
        return Decision(replace(leg, confirmed=leg.confirmed or confirms))
    return _with_fate(replace(leg, confirmed=confirms), factor, certainty, reason)


def abandon(leg: Leg, facts: Facts) -> Decision[Leg, LegSettled]:
    """The leg of a match that was abandoned: void, unless what was played decides it.

    Raises:
        Refusal: see `settle_leg`.
    """
    if settle_leg(leg.selection, facts) is None:
        return void(leg, ABANDONED)
    return settle(leg, facts, Certainty.LIVE, ABANDONED)


def void(leg: Leg, reason: str) -> Decision[Leg, LegSettled]:
    """The leg with its stake refunded, for good; again, or after a refund, tells nothing new."""
    if leg.voided:
        return Decision(leg)
    voided = replace(leg, voided=True, confirmed=True)
    if leg.settled and leg.factor == VOID:
        return Decision(voided)
    return _with_fate(voided, VOID, Certainty.CONFIRMED, reason)


def is_voided_by(leg: Leg, command: VoidMarket) -> bool:
    """Whether a trader's void covers a leg: its market is named, or the whole match is."""
    if leg.event_id != command.event_id:
        return False
    return command.market in ("", leg.selection.rpartition("/")[0])


def _with_fate(
    leg: Leg, factor: Factor, certainty: Certainty, reason: str
) -> Decision[Leg, LegSettled]:
    after = replace(
        leg,
        revision=leg.revision + 1,
        win_halves=factor.win_halves,
        refund_halves=factor.refund_halves,
        settled=True,
    )
    told = LegSettled(
        customer_id=after.customer_id,
        bet_id=after.bet_id,
        leg_id=after.leg_id,
        event_id=after.event_id,
        selection=after.selection,
        win_halves=after.win_halves,
        refund_halves=after.refund_halves,
        certainty=certainty,
        revision=after.revision,
        reason=reason,
    )
    return Decision(after, (told,))


def payout(stake_minor: int, price_milli: int, factor: Factor) -> int:
    """Minor units paid back, a refunded stake included; fractions go to the house (floor).

    Raises:
        TypeError: stake or price is not an int.
        ValueError: a negative stake, a price that wins nothing, or a factor over two halves.
    """
    if type(stake_minor) is not int or type(price_milli) is not int:
        raise TypeError("stake and price are integers")
    halves = (factor.win_halves, factor.refund_halves)
    if min(halves) < 0 or sum(halves) > HALVES:
        raise ValueError(f"no fate has {halves[0]} won and {halves[1]} refunded halves")
    paid_minor = factor.payout_minor(stake_minor, price_milli)
    assert 0 <= paid_minor <= stake_minor * price_milli // 1000
    return paid_minor


def correction(
    previous_minor: int, new_minor: int, *, available_minor: int, shortfall_minor: int = 0
) -> Correction:
    """What moves when a payout becomes another one.

    A lower payout takes back what the balance holds and writes the rest off, owed on this bet. A
    higher one first lessens what is still owed on it, so that a result that goes back and forth
    never pays twice; only what is left is paid out.

    Raises:
        TypeError: an amount is not an int.
        ValueError: a payout or shortfall below zero.
    """
    amounts = (previous_minor, new_minor, available_minor, shortfall_minor)
    if any(type(amount) is not int for amount in amounts):
        raise TypeError("amounts are integers of minor units")
    if previous_minor < 0 or new_minor < 0 or shortfall_minor < 0:
        raise ValueError(f"payouts and shortfalls have no sign: {amounts}")
    if new_minor >= previous_minor:
        rise_minor = new_minor - previous_minor
        back_minor = min(rise_minor, shortfall_minor)
        return Correction(
            pay_minor=rise_minor - back_minor,
            write_back_minor=back_minor,
            shortfall_minor=shortfall_minor - back_minor,
        )
    fall_minor = previous_minor - new_minor
    taken_minor = min(fall_minor, max(available_minor, 0))
    return Correction(
        take_back_minor=taken_minor,
        write_off_minor=fall_minor - taken_minor,
        shortfall_minor=shortfall_minor + fall_minor - taken_minor,
    )


def settle_bet(bet: TakenBet, leg: LegSettled, available_minor: int) -> BetSettlement:
    """Pay a bet whose only leg met its fate, or correct what an earlier fate paid.

    A revision that is not above the bet's own changes nothing, so a second arrival pays nothing.

    Raises:
        Refusal: `other_bet` or `bet_not_taken`.
    """
    if (leg.customer_id, leg.bet_id) != (bet.customer_id, bet.bet_id):
        raise Refusal("other_bet", leg.leg_id)
    if bet.stake_minor <= 0:
        raise Refusal("bet_not_taken", leg.leg_id)
    if leg.revision <= bet.revision:
        kept = Correction(shortfall_minor=bet.shortfall_minor)
        return BetSettlement(bet.revision, bet.payout_minor, kept)
    factor = Factor(leg.win_halves, leg.refund_halves)
    paid_minor = payout(bet.stake_minor, bet.price_milli, factor)
    money = correction(
        bet.payout_minor,
        paid_minor,
        available_minor=available_minor,
        shortfall_minor=bet.shortfall_minor,
    )
    first = bet.revision == 0
    told = _settled(bet, leg, paid_minor) if first else _resettled(bet, leg, paid_minor, money)
    return BetSettlement(leg.revision, paid_minor, money, (told,))


def _settled(bet: TakenBet, leg: LegSettled, paid_minor: int) -> BetSettled:
    assert bet.payout_minor == 0, "a bet without a settlement was paid nothing"
    return BetSettled(
        customer_id=bet.customer_id,
        bet_id=bet.bet_id,
        currency=bet.currency,
        stake_minor=bet.stake_minor,
        payout_minor=paid_minor,
        certainty=leg.certainty,
    )


def _resettled(bet: TakenBet, leg: LegSettled, paid_minor: int, money: Correction) -> BetResettled:
    return BetResettled(
        customer_id=bet.customer_id,
        bet_id=bet.bet_id,
        currency=bet.currency,
        stake_minor=bet.stake_minor,
        payout_minor=paid_minor,
        previous_payout_minor=bet.payout_minor,
        shortfall_minor=money.shortfall_minor,
        revision=leg.revision,
        reason=leg.reason,
    )
