"""Beliefs about serves from points that were played, and from prices."""

from __future__ import annotations

import numpy as np
import pytest

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.margin import power_exponent
from overround.domain.pricing.tennis.catalogue import INDEX
from overround.domain.pricing.tennis.fit import opening, tour_belief
from overround.domain.pricing.tennis.model import MICROS, FinalSet, Format, Match
from overround.domain.pricing.tennis.price import probabilities


def prices(match: Match, *selections: str) -> dict[str, int]:
    won = probabilities(match)[0]
    return {name: round(1_000 / won[INDEX[name]]) for name in selections}


WINNER = ("match_winner/home", "match_winner/away")


@pytest.mark.parametrize("form", [Format(2), Format(3, FinalSet.ADVANTAGE)])
@pytest.mark.parametrize("home_milli", [1_030, 1_300, 1_950, 4_000])
def test_an_opening_prices_the_winner_as_it_was_quoted(form: Format, home_milli: int) -> None:
    away_milli = round(1_000 / (1.04 - 1_000 / home_milli))
    belief = opening({WINNER[0]: home_milli, WINNER[1]: away_milli}, form)
    mean = (belief.home_serve_micro + belief.away_serve_micro) / 2
    assert mean == pytest.approx(617_000, abs=1)
    home = probabilities(Match(form, belief))[0][INDEX[WINNER[0]]]
    implied = [1_000 / home_milli, 1_000 / away_milli]
    assert home == pytest.approx(implied[0] ** power_exponent(implied, 1.0), abs=2e-5)


def test_an_opening_gives_back_the_prices_of_the_belief_they_came_from() -> None:
    belief = opening(
        {
            WINNER[0]: 1_600,
            WINNER[1]: 2_450,
            "total_games:22.5/over": 2_050,
            "total_games:22.5/under": 1_800,
        }
    )
    quoted = prices(
        Match(belief=belief), *WINNER, "total_games:22.5/over", "total_games:22.5/under"
    )
    again = opening(quoted)
    assert again.home_serve_micro == pytest.approx(belief.home_serve_micro, abs=1_000)
    assert again.away_serve_micro == pytest.approx(belief.away_serve_micro, abs=1_000)


def test_more_games_mean_better_serves() -> None:
    means = []
    for over, under in ((2_100, 1_750), (1_900, 1_900)):
        belief = opening(
            {
                WINNER[0]: 1_900,
                WINNER[1]: 1_900,
                "total_games:22.5/over": over,
                "total_games:22.5/under": under,
            }
        )
        means.append(belief.home_serve_micro)
    assert means[0] < means[1]


@pytest.mark.parametrize(
    ("quoted", "reason"),
    [
        ({WINNER[0]: 1_500}, "match_prices_missing"),
        ({WINNER[0]: 1_000, WINNER[1]: 3_000}, "price_out_of_range"),
        ({WINNER[0]: 1_200, WINNER[1]: 1_300}, "market_sum_out_of_range"),
        (
            {
                WINNER[0]: 1_900,
                WINNER[1]: 1_900,
                "total_games:12.5/over": 2_000,
                "total_games:12.5/under": 2_000,
            },
            "prices_do_not_fit",
        ),
    ],
)
def test_prices_that_say_nothing_are_refused(quoted: dict[str, int], reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        opening(quoted)


def test_a_tour_is_learnt_from_its_points() -> None:
    rng = np.random.default_rng(3)
    scores = rng.multivariate_normal([0, 0], [[1, -0.5], [-0.5, 1]], 4_000)
    serve = 0.62 + 0.0622 * scores
    served = rng.integers(40, 100, (4_000, 2))
    belief = tour_belief(rng.binomial(served, np.clip(serve, 0.3, 0.95)), served)
    assert belief.home_serve_micro == belief.away_serve_micro
    assert belief.home_serve_micro / MICROS == pytest.approx(0.62, abs=0.006)
    assert belief.strength_micro / MICROS == pytest.approx(60, abs=10)
    assert belief.rho_micro / MICROS == pytest.approx(-0.5, abs=0.1)


def test_no_points_teach_nothing() -> None:
    with pytest.raises(ValueError, match="no points"):
        tour_belief(np.zeros((1, 2), np.int64), np.zeros((1, 2), np.int64))
