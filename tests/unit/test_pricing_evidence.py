"""Shots as evidence: whose rate they move, by how much, and what they do not do twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.decide import observe
from overround.domain.pricing.football.evidence import shot_factors
from overround.domain.pricing.football.intensity import remaining_rates
from overround.domain.pricing.football.model import DEFAULTS, Match

KICK_OFF = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)


def said(sequence: int, kind: IncidentKind, minute: int, **fields: object) -> Incident:
    plain = Incident("m1", "alpha", sequence, kind, Period.FIRST_HALF, 60 * minute, 0, 0, Side.HOME)
    return replace(plain, **fields)  # type: ignore[arg-type]


def shots(count: int, match: Match = KICK_OFF, provider: str = "alpha") -> Match:
    """So many shots of the home side within ten minutes, and the clock after them."""
    for number in range(1, count + 1):
        shot = said(number, IncidentKind.SHOT, 1 + number * 9 // max(count, 1), xg_milli=100)
        match = observe(match, replace(shot, provider=provider))
    clock = said(count + 1, IncidentKind.CLOCK, 10, side=None)
    return observe(match, replace(clock, provider=provider))


def test_without_shots_nothing_moves() -> None:
    assert shot_factors(shots(0), DEFAULTS) == (1.0, 1.0)


def test_many_shots_raise_the_own_rate_and_their_lack_lowers_the_others() -> None:
    home, away = shot_factors(shots(8), DEFAULTS)
    assert home > 1.08
    # The other side was expected to have one or two by now, and had none.
    assert 0.94 < away < 1.0


def test_a_better_shot_says_more_up_to_a_third_of_a_goal() -> None:
    factors = [
        shot_factors(observe(KICK_OFF, said(1, IncidentKind.SHOT, 5, xg_milli=xg)), DEFAULTS)[0]
        for xg in (20, 300, 900)
    ]
    assert factors[0] < factors[1] == factors[2]


def test_the_posterior_mean_is_that_of_a_gamma_and_a_poisson_variable() -> None:
    match = observe(KICK_OFF, said(1, IncidentKind.SHOT, 0, xg_milli=100))
    weight = DEFAULTS.shot_alone + DEFAULTS.shot_by_xg * 0.1
    prior = DEFAULTS.shots_prior
    assert shot_factors(match, DEFAULTS)[0] == pytest.approx((prior + weight) / prior, rel=1e-6)


def test_a_shot_told_again_counts_once() -> None:
    match = shots(3)
    again = observe(match, said(2, IncidentKind.SHOT, 4, xg_milli=100))
    assert shot_factors(again, DEFAULTS) == shot_factors(match, DEFAULTS)


def test_two_providers_that_see_the_same_shots_do_not_double_them() -> None:
    once = shots(5)
    twice = shots(5, once, "beta")
    assert shot_factors(twice, DEFAULTS) == pytest.approx(shot_factors(once, DEFAULTS), rel=1e-3)


def test_a_provider_without_shots_does_not_dilute_one_with_them() -> None:
    seen = shots(5)
    clock = replace(said(1, IncidentKind.CLOCK, 44, side=None), provider="clocks")
    assert shot_factors(observe(seen, clock), DEFAULTS) == shot_factors(seen, DEFAULTS)


def test_shots_move_the_rates_by_their_factors() -> None:
    plain, seen = shots(0), shots(8)
    factors = shot_factors(seen, DEFAULTS)
    rates = remaining_rates(seen, DEFAULTS)[:2]
    for rate, factor, before in zip(rates, factors, remaining_rates(plain, DEFAULTS), strict=False):
        assert rate == pytest.approx(before * factor, rel=1e-9)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [({"side": None}, "shot_without_side"), ({"xg_milli": 1_001}, "xg_out_of_range")],
)
def test_a_shot_that_cannot_be_is_refused(fields: dict[str, object], reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        observe(KICK_OFF, said(1, IncidentKind.SHOT, 5, **fields))
    assert refused.value.reason == reason
