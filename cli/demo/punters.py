"""A population of punters who watch the quotes and bet, every choice from a seed.

Most bets are fine. Some are not, as in life: placed at a price that has gone, far too large,
sent twice, sent twice with another body, or malformed. The shares are parameters, so that a test
can ask for a population that does nothing but misbehave.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from heapq import heappop, heappush
from math import log
from random import Random

from overround.domain.betting.commands import BetLeg, PlaceBet, PricePolicy
from overround.domain.kernel.market import MarketType, TradingStatus
from overround.domain.kernel.money import EXPONENTS
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.pricing.events import Quote, Quotes

# Whole units of the currency. A typical deposit is some dozens of typical stakes, so that a few
# punters run out of money within a match.
_BANKROLL_MEDIAN, _BANKROLL_SPREAD = 500, 0.8
_STAKE_MEDIAN, _STAKE_MEDIAN_SPREAD, _STAKE_SPREAD = 5, 0.7, 0.8

# A few have money for stakes that no book takes whole; the others' large stakes end at their
# own balance and would never reach the house's limits.
_WHALE_SHARE, _WHALE_TIMES = 0.03, 500

# What people bet on, roughly: the result first, then goals.
_FAVOURITES = {
    MarketType.RESULT: 10,
    MarketType.TOTALS: 6,
    MarketType.BOTH_SCORE: 4,
    MarketType.ASIAN_HANDICAP: 3,
    MarketType.DOUBLE_CHANCE: 2,
    MarketType.DRAW_NO_BET: 2,
    MarketType.CORRECT_SCORE: 2,
}
_POLICIES = {
    PricePolicy.BETTER: 6,
    PricePolicy.WITHIN: 2,
    PricePolicy.EXACT: 1,
    PricePolicy.ANY: 1,
}


class Conduct(StrEnum):
    """What is right or wrong with a bet."""

    FINE = "fine"
    LATE = "late"
    OVERSIZED = "oversized"
    REPEATED = "repeated"
    REUSED_ID = "reused_id"
    MALFORMED = "malformed"


@dataclass(frozen=True, slots=True)
class Habits:
    """How fast a match's punters bet, in match time, and the share of each misconduct.

    A late bet is sent up to `late_s_max` seconds after its price was seen, and so is half of the
    second copies. What the shares leave is fine.
    """

    bets_per_s: float = 2.0
    late: float = 0.08
    oversized: float = 0.02
    repeated: float = 0.03
    reused_id: float = 0.005
    malformed: float = 0.01
    late_s_max: float = 8.0

    def weights(self) -> tuple[float, ...]:
        """The share of each `Conduct`, in its order; raises ValueError if they pass 1."""
        wrong = (self.late, self.oversized, self.repeated, self.reused_id, self.malformed)
        # The tolerance is for sums such as 0.7 + 0.2 + 0.1, which miss 1 by a rounding.
        if min(wrong) < 0 or sum(wrong) > 1 + 1e-9 or self.bets_per_s <= 0:
            raise ValueError("shares are from 0 to 1 together, and bets come at a positive rate")
        return (max(0.0, 1 - sum(wrong)), *wrong)


@dataclass(frozen=True, slots=True)
class Punter:
    """One customer: money and taste. Stakes are lognormal around `stake_median_minor`."""

    customer_id: str
    currency: str
    bankroll_minor: int
    favourites: tuple[MarketType, ...]
    stake_median_minor: int
    price_policy: PricePolicy
    tolerance_bp: int
    accept_partial: bool

    def stake_minor(self, rng: Random) -> int:
        """A stake of this punter, at least one minor unit."""
        return max(1, round(rng.lognormvariate(log(self.stake_median_minor), _STAKE_SPREAD)))


class _Watch:
    """A match as the population sees it: the next arrival, and the bets about to be sent."""

    __slots__ = ("at_s", "next_s", "rng", "waiting")

    def __init__(self, rng: Random, at_s: float, bets_per_s: float) -> None:
        self.rng = rng
        self.at_s = at_s
        self.next_s = at_s + rng.expovariate(bets_per_s)
        # The count breaks ties of time, so that bets are never compared.
        self.waiting: list[tuple[float, int, PlaceBet]] = []


class Population:
    """`size` punters; equal seeds and equal calls give equal bets.

    Customer ids begin with `prefix`, which keeps one run's from another's on the same cluster.

    Raises:
        ValueError: no punters or currencies, or habits that are no shares.
    """

    def __init__(
        self,
        seed: int,
        size: int,
        currencies: tuple[str, ...] = ("EUR", "GBP"),
        habits: Habits | None = None,
        prefix: str = "punter",
    ) -> None:
        if size < 1 or not currencies:
            raise ValueError("a population has punters, and they have a currency")
        self.habits = habits or Habits()
        self._weights = self.habits.weights()
        self._currencies = currencies
        self._seed = seed
        rng = Random(seed)
        self.punters = tuple(
            _punter(f"{prefix}-{seed}-{number:05d}", rng.choice(currencies), rng)
            for number in range(size)
        )
        self._bets: dict[str, int] = {}
        self._sent = 0
        self._watches: dict[str, _Watch] = {}

    def opening_commands(self) -> list[OpenAccount | Deposit]:
        """An account and an opening deposit for each punter; safe to send again."""
        commands: list[OpenAccount | Deposit] = []
        for punter in self.punters:
            id_, currency = punter.customer_id, punter.currency
            commands.append(OpenAccount(id_, currency))
            commands.append(Deposit(id_, f"{id_}-opening", currency, punter.bankroll_minor))
        return commands

    def bets(self, quotes: Quotes, at_s: float) -> list[PlaceBet]:
        """The bets that are sent on a match up to `at_s`, at the prices of its latest quotes.

        The first call for a match starts to watch it. Nobody bets on quotes that are not open,
        but what is late is sent whatever the quotes have become.

        Raises:
            ValueError: `at_s` is before that of the last call for the match.
        """
        watch = self._watch(quotes.event_id, at_s)
        lines = _by_type(quotes) if watch.next_s <= at_s else {}
        while watch.next_s <= at_s:
            if lines:
                self._bet(watch, quotes.event_id, lines)
            watch.next_s += watch.rng.expovariate(self.habits.bets_per_s)
        sent = []
        while watch.waiting and watch.waiting[0][0] <= at_s:
            sent.append(heappop(watch.waiting)[2])
        return sent

    def _watch(self, event_id: str, at_s: float) -> _Watch:
        watch = self._watches.get(event_id)
        if watch is None:
            # Its own generator: other matches' bets do not change this one's choices.
            rng = Random(f"{self._seed}/{event_id}")
            watch = self._watches[event_id] = _Watch(rng, at_s, self.habits.bets_per_s)
        if at_s < watch.at_s:
            raise ValueError(f"{at_s} s is before {watch.at_s} s, the last call's")
        watch.at_s = at_s
        return watch

    def _bet(self, watch: _Watch, event_id: str, lines: dict[str, list[Quote]]) -> None:
        rng = watch.rng
        punter = rng.choice(self.punters)
        liked = [kind for kind in punter.favourites if kind in lines]
        offered = lines[rng.choice(liked or list(lines))]
        # As often as the price says it happens: most punters back what they think will win.
        (line,) = rng.choices(offered, [1 / quote.price_milli for quote in offered])
        bet = PlaceBet(
            customer_id=punter.customer_id,
            bet_id=self._bet_id(punter.customer_id),
            currency=punter.currency,
            stake_minor=punter.stake_minor(rng),
            legs=(BetLeg(event_id, f"{line.market}/{line.outcome}", line.price_milli),),
            price_policy=punter.price_policy,
            tolerance_bp=punter.tolerance_bp,
            accept_partial=punter.accept_partial,
        )
        (conduct,) = rng.choices(tuple(Conduct), self._weights)
        for delay_s, each in self._sendings(conduct, bet, punter, rng):
            heappush(watch.waiting, (watch.next_s + delay_s, self._sent, each))
            self._sent += 1

    def _bet_id(self, customer_id: str) -> str:
        number = self._bets[customer_id] = self._bets.get(customer_id, 0) + 1
        return f"{customer_id}-{number:06d}"

    def _sendings(
        self, conduct: Conduct, bet: PlaceBet, punter: Punter, rng: Random
    ) -> list[tuple[float, PlaceBet]]:
        """What is sent of a bet, and how many seconds after it was thought of."""
        late_s = rng.uniform(0, self.habits.late_s_max)
        again_s = rng.choice((0.0, late_s))
        if conduct is Conduct.LATE:
            return [(late_s, bet)]
        if conduct is Conduct.OVERSIZED:
            stake_minor = rng.choice((punter.bankroll_minor // 2, 5 * punter.bankroll_minor))
            return [(0.0, replace(bet, stake_minor=stake_minor))]
        if conduct is Conduct.REPEATED:
            return [(0.0, bet), (again_s, bet)]
        if conduct is Conduct.REUSED_ID:
            return [(0.0, bet), (again_s, replace(bet, stake_minor=2 * bet.stake_minor))]
        if conduct is Conduct.MALFORMED:
            return [(0.0, self._malformed(bet, rng))]
        return [(0.0, bet)]

    def _malformed(self, bet: PlaceBet, rng: Random) -> PlaceBet:
        (leg,) = bet.legs
        taken = (*self._currencies, *EXPONENTS)
        other = next(currency for currency in taken if currency != bet.currency)
        return rng.choice(
            (
                replace(bet, stake_minor=0),
                replace(bet, stake_minor=-bet.stake_minor),
                replace(bet, legs=(replace(leg, selection="1x2/nobody"),)),
                replace(bet, legs=(replace(leg, price_milli=1000),)),
                replace(bet, currency=other),
            )
        )


def _punter(customer_id: str, currency: str, rng: Random) -> Punter:
    unit_minor = 10 ** EXPONENTS[currency]
    bankroll = max(1, round(rng.lognormvariate(log(_BANKROLL_MEDIAN), _BANKROLL_SPREAD)))
    times = _WHALE_TIMES if rng.random() < _WHALE_SHARE else 1
    median = rng.lognormvariate(log(_STAKE_MEDIAN), _STAKE_MEDIAN_SPREAD)
    liked = rng.choices(tuple(_FAVOURITES), tuple(_FAVOURITES.values()), k=3)
    (policy,) = rng.choices(tuple(_POLICIES), tuple(_POLICIES.values()))
    return Punter(
        customer_id=customer_id,
        currency=currency,
        bankroll_minor=bankroll * times * unit_minor,
        favourites=tuple(dict.fromkeys(liked)),
        stake_median_minor=max(1, round(median * unit_minor)),
        price_policy=policy,
        tolerance_bp=rng.randrange(100, 501, 100) if policy is PricePolicy.WITHIN else 0,
        accept_partial=rng.random() < 0.7,
    )


def _by_type(quotes: Quotes) -> dict[str, list[Quote]]:
    """The lines of open quotes by their market's type, `totals` for `totals:2.5`."""
    lines: dict[str, list[Quote]] = {}
    if quotes.status is TradingStatus.OPEN:
        for line in quotes.lines:
            lines.setdefault(line.market.partition(":")[0], []).append(line)
    return lines
