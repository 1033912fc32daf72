from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from cli.demo.punters import Habits, Population
from overround.domain.betting.commands import PlaceBet
from overround.domain.kernel.market import CATALOGUE, INDEX, TradingStatus
from overround.domain.kernel.money import EXPONENTS
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.pricing.events import Quote, Quotes

CALM = Habits(late=0, oversized=0, repeated=0, reused_id=0, malformed=0)
LINES = tuple(Quote(s.market.id, s.outcome, 1500 + i) for i, s in enumerate(CATALOGUE))


def quotes(version: int = 1, status: TradingStatus = TradingStatus.OPEN) -> Quotes:
    lines = tuple(replace(q, price_milli=q.price_milli + 10 * version) for q in LINES)
    return Quotes("e-1", version, status, "", 0, 0, 0, lines)


def placed(habits: Habits, seconds: int = 200, seed: int = 1, size: int = 50) -> list[PlaceBet]:
    """All bets of a match that is quoted unchanged once a second."""
    population = Population(seed, size, habits=habits)
    return [bet for s in range(seconds + 1) for bet in population.bets(quotes(), float(s))]


def is_fine(bet: PlaceBet) -> bool:
    (leg,) = bet.legs
    return (
        bet.stake_minor > 0
        and leg.selection in INDEX
        and leg.price_milli == 1510 + INDEX[leg.selection]
    )


def test_equal_seeds_make_equal_punters_and_bets() -> None:
    assert Population(3, 200).punters == Population(3, 200).punters
    assert placed(Habits(), seed=3) == placed(Habits(), seed=3)
    assert placed(Habits(), seed=3) != placed(Habits(), seed=4)


def test_another_match_changes_no_choice_on_this_one() -> None:
    alone, beside = Population(1, 50), Population(1, 50)
    other = replace(quotes(), event_id="e-2")
    for s in range(60):
        beside.bets(other, float(s))
        mine = alone.bets(quotes(), float(s))
        assert [b.legs for b in beside.bets(quotes(), float(s))] == [b.legs for b in mine]


def test_matches_watched_together_get_bets_of_their_own() -> None:
    population = Population(1, 50)
    matches = [quotes(), replace(quotes(), event_id="e-2")]
    for each in matches:
        population.bets(each, 0.0)
    first, second = ([b.customer_id for b in population.bets(m, 60.0)] for m in matches)
    assert first != second


def test_each_punter_opens_an_account_and_deposits_the_bankroll() -> None:
    population = Population(1, 300)
    commands = population.opening_commands()
    assert len(commands) == 600
    for punter, opened, deposit in zip(
        population.punters, commands[::2], commands[1::2], strict=True
    ):
        assert opened == OpenAccount(punter.customer_id, punter.currency)
        assert isinstance(deposit, Deposit)
        assert deposit.amount_minor == punter.bankroll_minor > 0
        assert type(deposit.amount_minor) is int
    assert {p.currency for p in population.punters} == {"EUR", "GBP"}
    assert len({p.customer_id for p in population.punters}) == 300


def test_stakes_and_deposits_are_in_the_minor_units_of_the_currency() -> None:
    yen = Population(1, 200, currencies=("JPY",)).punters
    euro = Population(1, 200, currencies=("EUR",)).punters
    assert [p.bankroll_minor * 100 for p in yen] == [p.bankroll_minor for p in euro]
    assert EXPONENTS["JPY"] == 0


def test_calm_punters_bet_on_what_is_quoted_at_the_price_they_see() -> None:
    bets = placed(CALM)
    assert bets
    assert all(is_fine(bet) for bet in bets)


def test_bets_come_at_the_asked_rate() -> None:
    # 2,000 expected of a Poisson stream: its standard deviation is 45, four of them 180.
    assert abs(len(placed(replace(CALM, bets_per_s=10.0))) - 2_000) < 180


def test_the_rate_does_not_depend_on_how_often_the_quotes_are_looked_at() -> None:
    often, once = Population(1, 50, habits=CALM), Population(1, 50, habits=CALM)
    many = [bet for s in range(1001) for bet in often.bets(quotes(), s / 10)]
    once.bets(quotes(), 0.0)
    assert once.bets(quotes(), 100.0) == many


def test_bet_ids_count_up_for_each_customer() -> None:
    numbers: Counter[str] = Counter()
    for bet in placed(CALM):
        numbers[bet.customer_id] += 1
        assert bet.bet_id == f"{bet.customer_id}-{numbers[bet.customer_id]:06d}"


@pytest.mark.parametrize(
    "status", [TradingStatus.SUSPENDED, TradingStatus.CLOSED, TradingStatus.SETTLED]
)
def test_nobody_starts_a_bet_on_quotes_that_are_not_open(status: TradingStatus) -> None:
    population = Population(1, 50, habits=CALM)
    assert [b for s in range(60) for b in population.bets(quotes(status=status), float(s))] == []


def test_a_late_bet_is_sent_at_the_price_of_old_quotes_even_when_suspended() -> None:
    population = Population(1, 50, habits=replace(CALM, late=1.0, late_s_max=8.0))
    population.bets(quotes(), 0.0)
    early = population.bets(quotes(), 20.0)
    late = population.bets(quotes(version=2, status=TradingStatus.SUSPENDED), 28.0)
    assert early
    assert late
    assert all(is_fine(bet) for bet in late)  # the price of version 1
    assert population.bets(quotes(version=3, status=TradingStatus.CLOSED), 60.0) == []


def test_an_oversized_bet_is_half_the_bankroll_or_five_times_it() -> None:
    population = Population(1, 50, habits=replace(CALM, oversized=1.0))
    bankroll = {p.customer_id: p.bankroll_minor for p in population.punters}
    population.bets(quotes(), 0.0)
    bets = population.bets(quotes(), 60.0)
    kinds = {bet.stake_minor * 10 // bankroll[bet.customer_id] for bet in bets}
    assert kinds <= {4, 5, 50}
    assert 50 in kinds


def test_some_punters_can_afford_stakes_beyond_the_houses_limits() -> None:
    largest_minor = max(p.bankroll_minor for p in Population(1, 500).punters)
    assert largest_minor // 2 > 1_000_000  # 10,000.00 on one selection


def test_a_repeated_bet_comes_twice_with_the_same_body() -> None:
    bets = placed(replace(CALM, repeated=1.0, late_s_max=3.0))
    bodies: dict[str, set[PlaceBet]] = {}
    for bet in bets:
        bodies.setdefault(bet.bet_id, set()).add(bet)
    counts = Counter(bet.bet_id for bet in bets)
    assert max(len(each) for each in bodies.values()) == 1
    # Second copies that are due after the last call are the only ones missing.
    assert sum(count == 2 for count in counts.values()) > 0.9 * len(counts)


def test_a_reused_id_comes_with_another_stake() -> None:
    stakes: dict[str, list[int]] = {}
    for bet in placed(replace(CALM, reused_id=1.0, late_s_max=3.0)):
        stakes.setdefault(bet.bet_id, []).append(bet.stake_minor)
    pairs = [each for each in stakes.values() if len(each) == 2]
    assert len(pairs) > 0.9 * len(stakes)
    assert all(second == 2 * first for first, second in pairs)


def test_malformed_bets_break_every_rule_that_they_can() -> None:
    population = Population(1, 50, habits=replace(CALM, malformed=1.0))
    currency = {p.customer_id: p.currency for p in population.punters}
    population.bets(quotes(), 0.0)
    bets = population.bets(quotes(), 200.0)
    broken = [
        (
            bet.stake_minor == 0,
            bet.stake_minor < 0,
            bet.legs[0].selection not in INDEX,
            bet.legs[0].price_milli == 1000,
            bet.currency != currency[bet.customer_id],
        )
        for bet in bets
    ]
    assert all(sum(each) == 1 for each in broken)
    assert all(any(column) for column in zip(*broken, strict=True))


def test_the_usual_population_is_mostly_fine() -> None:
    bets = placed(Habits(), seconds=1_000)
    ids = Counter(bet.bet_id for bet in bets)
    twice = sum(count == 2 for count in ids.values())
    assert 0.02 < twice / len(ids) < 0.05
    assert 0.97 < sum(is_fine(bet) for bet in bets) / len(bets) < 1


def test_punters_prefer_the_markets_that_they_like() -> None:
    population = Population(1, 50, habits=CALM)
    liked = {p.customer_id: p.favourites for p in population.punters}
    population.bets(quotes(), 0.0)
    for bet in population.bets(quotes(), 100.0):
        market = bet.legs[0].selection.partition("/")[0].partition(":")[0]
        assert market in liked[bet.customer_id]


def test_time_that_runs_backwards_is_refused() -> None:
    population = Population(1, 5)
    population.bets(quotes(), 10.0)
    with pytest.raises(ValueError, match="before"):
        population.bets(quotes(), 9.0)


@pytest.mark.parametrize(
    "habits", [Habits(late=0.9, oversized=0.2), Habits(late=-0.1), Habits(bets_per_s=0)]
)
def test_habits_that_are_no_shares_are_refused(habits: Habits) -> None:
    with pytest.raises(ValueError, match="shares"):
        Population(1, 5, habits=habits)


def test_a_population_of_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="punters"):
        Population(1, 0)
