"""Which prices a match gets, and which it does not."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from overround.domain.kernel.market import CATALOGUE, INDEX, TradingStatus
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.odds import Price
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.events import Quote
from overround.domain.pricing.football.course import pushed
from overround.domain.pricing.football.decide import observe, opening, probabilities, quote, quotes
from overround.domain.pricing.football.grid import score_grid
from overround.domain.pricing.football.intensity import remaining_rates, share_left
from overround.domain.pricing.football.margin import MARKET_OF, power_exponent, with_margin
from overround.domain.pricing.football.model import DEFAULTS, Match, Parameters

KICK_OFF = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)
HOUR = replace(
    KICK_OFF, period=Period.SECOND_HALF, clock_s=3_600, home_goals=1, regular_home_goals=1
)


def price(match: Match, selection: str) -> int:
    return int(quote(match)[INDEX[selection]])


def test_every_selection_has_a_price_before_kick_off() -> None:
    assert (quote(KICK_OFF) > 0).all()
    assert quote(KICK_OFF).shape == (len(CATALOGUE),)


@pytest.mark.parametrize(
    "match",
    [
        Match(),
        replace(HOUR, period=Period.FULL_TIME),
        replace(HOUR, period=Period.EXTRA_TIME),
        replace(HOUR, period=Period.ENDED),
        replace(HOUR, abandoned=True),
    ],
    ids=["no rates yet", "full time", "extra time", "ended", "abandoned"],
)
def test_nothing_is_offered_when_there_is_nothing_to_bet_on(match: Match) -> None:
    assert not quote(match).any()


def test_decided_selections_are_not_offered() -> None:
    match = replace(HOUR, home_goals=2, away_goals=1)
    for gone in ("totals:0.5/over", "totals:2.5/over", "totals:2.5/under"):
        assert price(match, gone) == 0
    for gone in ("both_teams_to_score/yes", "both_teams_to_score/no", "correct_score/1-1"):
        assert price(match, gone) == 0
    for open_still in ("1x2/draw", "totals:3.5/over", "correct_score/2-1"):
        assert price(match, open_still) > 0


def test_a_bet_that_is_almost_surely_refunded_is_not_offered() -> None:
    end = replace(HOUR, clock_s=6_600, away_goals=1, home_rate_micro=20_000, away_rate_micro=20_000)
    assert price(end, "draw_no_bet/home") == 0


def test_no_price_is_better_than_the_fair_one() -> None:
    for match in (KICK_OFF, HOUR, replace(HOUR, clock_s=5_300)):
        won, refunded = probabilities(match)
        expected_milli = won * quote(match) + 1_000 * refunded
        assert (expected_milli < 1_000).all()


def test_the_quoted_1x2_has_its_margin_but_for_the_ladder() -> None:
    book = sum(1_000 / price(KICK_OFF, f"1x2/{side}") for side in ("home", "draw", "away"))
    assert 1.05 <= book < 1.06


def test_the_margin_of_every_market_is_what_was_asked_for() -> None:
    won, refunded = probabilities(KICK_OFF)
    loaded = with_margin(won / (1 - refunded), DEFAULTS)
    sums = {
        CATALOGUE[first].market.id: loaded[market == MARKET_OF].sum()
        for market, first in enumerate(np.unique(MARKET_OF, return_index=True)[1])
    }
    assert sums["1x2"] == pytest.approx(1.05, abs=1e-9)
    assert sums["double_chance"] == pytest.approx(2.10, abs=1e-9)
    assert sums["totals:2.25"] == pytest.approx(1.05, abs=1e-9)
    assert sums["asian_handicap:-0.75"] == pytest.approx(1.04, abs=1e-9)
    assert sums["correct_score"] == pytest.approx(1.18, abs=1e-9)


def test_the_power_method_gives_the_published_exponent() -> None:
    assert power_exponent([1 / 2.7, 1 / 2.3, 1 / 4.4], 1.0) == pytest.approx(1.03091, abs=5e-6)


def test_a_red_card_moves_the_rates_by_its_two_factors() -> None:
    card = Incident(
        "m1", "alpha", 1, IncidentKind.RED_CARD, Period.SECOND_HALF, 3_600, 1, 0, Side.AWAY
    )
    home, away, _ = remaining_rates(HOUR, DEFAULTS)
    home_after, away_after, _ = remaining_rates(observe(HOUR, card), DEFAULTS)
    assert home_after / home == pytest.approx(1.61)
    assert away_after / away == pytest.approx(0.64)


@pytest.mark.parametrize(
    ("period", "minute", "measured"),
    [
        (Period.NOT_STARTED, 0, 1.0),
        (Period.FIRST_HALF, 15, 0.875),
        (Period.FIRST_HALF, 30, 0.730),
        (Period.FIRST_HALF, 45, 0.580),
        (Period.SECOND_HALF, 60, 0.396),
        (Period.SECOND_HALF, 75, 0.227),
        (Period.SECOND_HALF, 85, 0.111),
        (Period.FULL_TIME, 95, 0.0),
    ],
)
def test_the_goal_clock_agrees_with_another_sample(
    period: Period, minute: int, measured: float
) -> None:
    # Shares of 28,398 goals in other seasons and leagues than the clock was measured on.
    assert share_left(period, minute * 60, DEFAULTS) == pytest.approx(measured, abs=0.008)


def test_goals_stay_possible_while_the_referee_plays_on() -> None:
    shares = [share_left(Period.SECOND_HALF, 5_400 + s, DEFAULTS) for s in range(0, 600, 30)]
    assert all(later < sooner for sooner, later in pairwise(shares))
    assert shares[-1] > 0.005


def test_expected_goals_do_not_drift_as_the_match_goes_by() -> None:
    # Walk the distribution of scores forward by the minute: what was expected must come.
    grid = score_grid(KICK_OFF, DEFAULTS)
    home_goals, away_goals = np.indices(grid.shape)
    expected = float((grid * (home_goals + away_goals)).sum())
    assert walked_total(DEFAULTS) == pytest.approx(expected, abs=0.002)


def walked_total(parameters: Parameters) -> float:
    moments = [(Period.FIRST_HALF, 60 * minute) for minute in range(45)]
    moments += [(Period.SECOND_HALF, 60 * minute) for minute in range(45, 105)]
    moments += [(Period.FULL_TIME, 6_300)]
    scores = np.zeros((9, 9))
    scores[0, 0] = 1.0
    for now, then in pairwise(moments):
        for home, away in per_step(now, then, parameters):
            moved_home, moved_away = scores * home, scores * away
            scores = scores - moved_home - moved_away
            scores[1:] += moved_home[:-1]
            scores[:, 1:] += moved_away[:, :-1]
    home_goals, away_goals = np.indices((9, 9))
    return float((scores * (home_goals + away_goals)).sum())


def per_step(
    now: tuple[Period, int], then: tuple[Period, int], parameters: Parameters, parts: int = 8
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Chances of a goal of each side in an eighth of a minute, by the score, shape (9, 9) each."""
    taken = share_left(*now, parameters) - share_left(*then, parameters)
    rates = np.array([KICK_OFF.home_rate_micro, KICK_OFF.away_rate_micro]) / 1e6 * taken / parts
    home, away = np.zeros((9, 9)), np.zeros((9, 9))
    for score in np.ndindex(9, 9):
        home[score], away[score] = pushed(*rates, score[0] - score[1], parameters)
    return [(home, away)] * parts


def test_the_message_holds_the_lines_that_are_offered_and_no_others() -> None:
    prices = quote(HOUR)
    message = quotes("m1", 4, TradingStatus.OPEN, "", HOUR, prices)
    assert (message.version, message.clock_s, message.home_goals) == (4, 3_600, 1)
    assert len(message.lines) == np.count_nonzero(prices) < len(CATALOGUE)
    assert Quote("1x2", "home", price(HOUR, "1x2/home")) in message.lines
    assert all(Price(line.price_milli) for line in message.lines)


@pytest.mark.parametrize(
    ("prices", "reason"),
    [
        ({}, "result_prices_missing"),
        ({"1x2/home": 2_000, "1x2/away": 3_000}, "result_prices_missing"),
        ({"1x2/home": 1_000, "1x2/draw": 3_000, "1x2/away": 3_000}, "price_out_of_range"),
        ({"1x2/home": 9_000, "1x2/draw": 9_000, "1x2/away": 9_000}, "market_sum_out_of_range"),
        ({"1x2/home": 1_200, "1x2/draw": 1_300, "1x2/away": 1_300}, "market_sum_out_of_range"),
        (
            # Goals galore in a match that nobody thinks will have a winner.
            {"1x2/home": 9_000, "1x2/draw": 1_150, "1x2/away": 9_000}
            | {"totals:2.5/over": 1_300, "totals:2.5/under": 3_600},
            "prices_do_not_fit",
        ),
    ],
)
def test_prices_that_make_no_match_are_refused(prices: dict[str, int], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        opening(prices)
    assert refused.value.reason == reason


def test_without_totals_the_total_is_about_the_average() -> None:
    home, away, rho = opening({"1x2/home": 2_100, "1x2/draw": 3_400, "1x2/away": 3_600})
    assert home > away
    assert home + away == pytest.approx(2_700_000, abs=200_000)
    assert abs(rho) < 60_000


def test_what_is_decided_beyond_all_doubt_has_no_price_at_all() -> None:
    match = replace(
        HOUR, home_goals=9, regular_home_goals=9, period=Period.SECOND_HALF, clock_s=5_399
    )
    with np.errstate(divide="raise", invalid="raise"):
        prices = quote(match)
    assert prices[INDEX["double_chance/draw_or_away"]] == 0
    assert prices[INDEX["1x2/away"]] == 0
