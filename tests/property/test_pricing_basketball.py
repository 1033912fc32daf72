"""What must hold of the prices of any basketball match, and of simulated ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from math import sqrt
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.basketball.catalogue import CATALOGUE, INDEX
from overround.domain.pricing.basketball.fit import opening
from overround.domain.pricing.basketball.model import FIBA, MICROS, NBA, Clock, Match, Strength
from overround.domain.pricing.basketball.play import observe
from overround.domain.pricing.basketball.price import final_leads, probabilities
from overround.domain.pricing.basketball.simulate import simulate

# The same examples at every run: a failure here must be a change of ours, not of the dice.
QUICK = settings(max_examples=60, deadline=None, derandomize=True)
WINNER = ("match_winner/home", "match_winner/away")


def strength(lead: float = 5.0, total: float = 225.0, sigma: float = 12.5) -> Strength:
    figures = (lead, total, sigma, 1.4 * sigma)
    return Strength(*(round(figure * MICROS) for figure in figures))


@st.composite
def matches(draw: st.DrawFn) -> Match:
    form = draw(st.sampled_from([NBA, FIBA]))
    lead, total = draw(st.floats(-20, 20)), draw(st.floats(140, 260))
    match = Match(form, strength(lead, total, draw(st.floats(8, 18))))
    period = draw(st.integers(0, 6))
    if period == 0:
        return match
    points = st.integers(0, 40)
    scores = [(draw(points), draw(points)) for _ in range(period)]
    if period > form.periods:
        # Overtime is only played from a level score.
        home, away = (sum(side) for side in zip(*scores[:-1], strict=True))
        first = (scores[0][0] + max(0, away - home), scores[0][1] + max(0, home - away))
        scores[0] = first
    left_s = draw(st.integers(0, form.length_s(period)))
    return replace(match, period=period, left_s=left_s, scores=tuple(scores))


def at(match: Match, selection: str) -> float:
    return float(probabilities(match)[0][INDEX[selection]])


@pytest.mark.slow
@QUICK
@given(matches())
def test_every_market_sums_to_one_with_what_comes_back(match: Match) -> None:
    won, refunded = probabilities(match)
    assert won.min() >= -1e-12
    assert refunded.min() >= -1e-12
    for market, group in groupby(enumerate(CATALOGUE), key=lambda each: each[1].market):
        places = [place for place, _ in group]
        assert won[places].sum() + refunded[places[0]] == pytest.approx(1.0, abs=1e-9), market


@QUICK
@given(matches())
def test_a_handicap_of_nothing_is_the_match_winner_with_overtime(match: Match) -> None:
    won, refunded = probabilities(match)
    for line, side in (("0", "home"), ("0.5", "home"), ("-0.5", "home"), ("0", "away")):
        same = INDEX[f"match_winner/{side}"]
        place = INDEX[f"handicap:{line}/{side}"]
        assert won[place] == pytest.approx(won[same], abs=1e-12)
        assert refunded[place] == pytest.approx(0.0, abs=1e-12)


@QUICK
@given(matches())
def test_lines_are_monotone(match: Match) -> None:
    won, _ = probabilities(match)
    rising = {"handicap": "home", "total_points": "under", "period_total": "under"}
    for kind, outcome in {**rising, "period_handicap": "home"}.items():
        chances: dict[str, list[float]] = {}
        for offer, chance in zip(CATALOGUE, won.tolist(), strict=True):
            if offer.market.startswith(f"{kind}:") and offer.outcome == outcome:
                chances.setdefault(offer.market.rpartition(":")[0], []).append(chance)
        for line in chances.values():
            assert np.diff(line).min() >= -1e-12


@pytest.mark.parametrize(
    ("lead", "quarters"),
    [(0, 0), *((lead, quarters) for lead in (-10, -2, 0, 5, 15) for quarters in (1, 2, 3))],
)
def test_the_winner_is_sterns_formula_up_to_whole_points(lead: int, quarters: int) -> None:
    scores = ((60 + lead, 60),) if quarters else ()
    match = Match(strength=strength(4.87, 200.0, 15.82), period=quarters, scores=scores)
    left = 1.0 - quarters / 4
    expected = NormalDist().cdf((lead + left * 4.87) / sqrt(left * 15.82**2))
    assert at(match, "match_winner/home") == pytest.approx(expected, abs=0.01)


def test_a_match_that_is_over_is_decided() -> None:
    match = Match(strength=strength(), period=4, left_s=0, scores=((30, 25),) * 4)
    won, refunded = probabilities(match)
    decided = {0.0, 1.0}
    assert set(won.tolist()) | set(refunded.tolist()) <= decided
    assert at(match, "match_winner/home") == 1.0
    assert refunded[INDEX["handicap:-20/home"]] == 1.0
    assert at(match, "total_points:219.5/over") == 1.0
    assert at(match, "total_points:220.5/over") == 0.0
    assert at(match, "period_winner:2/home") == 1.0


def test_level_after_regular_time_is_decided_in_overtime() -> None:
    match = Match(strength=strength(0.0), period=4, left_s=0, scores=((25, 25),) * 4)
    assert at(match, "match_winner/home") == pytest.approx(0.5, abs=1e-9)
    assert at(match, "total_points:200.5/over") > 0.99
    assert final_leads(match).sum() == pytest.approx(1.0, abs=1e-12)


def test_nothing_is_offered_while_nothing_is_known() -> None:
    won, refunded = probabilities(Match())
    assert not won.any()
    assert not refunded.any()


@pytest.mark.slow
@pytest.mark.parametrize("line", [-11.5, -7.0, -1.5, 4.0, 9.5])
@pytest.mark.parametrize("sigma", [11.0, 14.0])
def test_an_opening_gives_back_what_its_prices_came_from(line: float, sigma: float) -> None:
    known = strength(-line, 221.0, sigma)
    won, refunded = probabilities(Match(strength=known))
    selections = [f"handicap:{line:g}/home", f"handicap:{line:g}/away"]
    selections += ["total_points:220.5/over", "total_points:220.5/under", *WINNER]
    prices = {}
    for selection in selections:
        place = INDEX[selection]
        prices[selection] = round(1_000 * (1 - refunded[place]) / won[place])
    fitted = opening(prices)
    assert fitted.lead_micro == pytest.approx(known.lead_micro, abs=100_000)
    assert fitted.total_micro == pytest.approx(known.total_micro, abs=200_000)
    if abs(line) >= 4:
        assert fitted.lead_sigma_micro == pytest.approx(known.lead_sigma_micro, abs=600_000)


def test_an_opening_needs_both_lines() -> None:
    with pytest.raises(Refusal, match="line_prices_missing"):
        opening({"handicap:-3.5/home": 1_900, "handicap:-3.5/away": 1_900})


@pytest.mark.parametrize("known", [strength(), strength(-8.0, 160.0, 11.0)])
def test_simulated_matches_have_the_models_leads_totals_and_quarters(known: Strength) -> None:
    count, rng = 20_000, np.random.default_rng(3)
    match = Match(strength=known)
    simulated = simulate(known, count, rng, NBA)
    points = simulated.points
    regular = points[:, :4].sum(axis=1)
    lead, total = np.diff(-regular)[:, 0], regular.sum(axis=1)
    # Four standard errors of 20,000 matches, and whole points where the model has a continuum.
    assert lead.mean() == pytest.approx(known.lead_micro / MICROS, abs=0.4)
    assert total.mean() == pytest.approx(known.total_micro / MICROS, abs=0.55)
    assert lead.std() == pytest.approx(known.lead_sigma_micro / MICROS, rel=0.03)
    assert total.std() == pytest.approx(known.total_sigma_micro / MICROS, rel=0.03)
    final = np.diff(-points.sum(axis=1))[:, 0]
    assert (final != 0).all()
    within = 4 * 0.5 / sqrt(count)
    assert (final > 0).mean() == pytest.approx(at(match, WINNER[0]), abs=within)
    assert (final > 6.5).mean() == pytest.approx(at(match, "handicap:-6.5/home"), abs=within)
    quarter = np.diff(-points[:, 1])[:, 0]
    assert (quarter > 0).mean() == pytest.approx(at(match, "period_winner:2/home"), abs=within)


def test_a_simulated_match_as_incidents_comes_to_its_own_score() -> None:
    rng = np.random.default_rng(8)
    simulated = simulate(strength(), 30, rng, FIBA)
    for index in range(30):
        match = Match(FIBA, strength())
        for incident in simulated.incidents(index, rng):
            match = observe(match, incident)
        scored = simulated.points[index].tolist()
        assert [list(each) for each in match.scores] == scored[: len(match.scores)]
        assert not any(map(any, scored[len(match.scores) :]))
        assert match.is_over


def test_impossible_possessions_are_refused() -> None:
    with pytest.raises(ValueError, match="no possessions"):
        simulate(strength(total=1_000.0), 10, np.random.default_rng(1), NBA)


def test_the_clock_alone_moves_the_price_of_the_leader() -> None:
    early = Match(strength=strength(0.0), period=3, left_s=700, scores=((30, 25),) * 2)
    late = observe(early, Clock(9, 4, 60))
    assert at(late, WINNER[0]) > at(early, WINNER[0]) > 0.5
