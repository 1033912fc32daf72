"""The figures of the model that people set while it runs: names, bounds, and a trial of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from overround.domain.kernel.match import Period
from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.settings import Range, Setting, named, replaced, shown
from overround.domain.pricing.football.decide import quote
from overround.domain.pricing.football.fit import opening
from overround.domain.pricing.football.margin import MARKET_OF
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match, Parameters
from overround.domain.pricing.margin_settings import MARGIN, METHOD, method_of, shown_method

# Twice to half of what was measured, or what a season may bring: further off, a figure is mistyped.
_MODEL = {
    "first_stoppage_goals": Range(0.0, 0.3),
    "second_stoppage_goals": Range(0.0, 0.5),
    "first_stoppage_s": Range(10.0, 600.0),
    "second_stoppage_s": Range(30.0, 900.0),
    "score_push": Range(-0.3, 0.3),
    "red_own": Range(0.3, 1.0),
    "red_opponent": Range(1.0, 2.5),
    "shots": Range(5.0, 20.0),
    "shots_by_rate": Range(0.0, 1.0),
    "shots_prior": Range(10.0, 1_000.0),
    "shot_alone": Range(0.0, 2.0),
    "shot_by_xg": Range(0.0, 6.0),
    "shot_xg_max": Range(0.05, 1.0),
    "probability_min": Range(0.0001, 0.05),
    "probability_max": Range(0.9, 0.999),
    "refunded_max": Range(0.9, 0.999),
}
# A spread of nothing is no pull; past 0.5 a side's prices would not be known within a half.
_PULLING = {
    "spread": Range(0.0, 0.5),
    "forgotten_s": Range(60.0, 7_200.0),
    "probability_noise": Range(0.001, 0.1),
    "size_half_minor": Range(1, 10**9, is_whole=True),
    "news_s": Range(1.0, 600.0),
    "pause_s": Range(0.1, 60.0),
    "settle_s": Range(0.0, 600.0),
}
_MARGINS = {str(market): MARGIN for market, _ in DEFAULTS.margins}

NAMES: tuple[str, ...] = (
    *named(_MODEL, "model"),
    *named(_PULLING, "exchange"),
    *named(_MARGINS, "margin"),
    METHOD,
)
"""What may be set: `model.<figure>`, `exchange.<figure>`, `margin.<type>`, `margin.method`."""


def parameters_of(settings: tuple[Setting, ...]) -> Parameters:
    """The model's figures with those that were set; settings of others are left alone.

    Raises:
        Refusal: `unknown_parameter`, `parameter_malformed` or `parameter_out_of_range`.
    """
    model = replaced(DEFAULTS, _MODEL, "model", settings)
    pulling = replaced(DEFAULTS.pulling, _PULLING, "exchange", settings)
    margins = dict(DEFAULTS.margins)
    method = DEFAULTS.margin_method
    for setting in settings:
        group, _, field = setting.name.partition(".")
        if setting.name == METHOD:
            method = method_of(setting)
        elif group == "margin" and field not in _MARGINS:
            raise Refusal("unknown_parameter", setting.name)
        elif group == "margin":
            margins[field] = MARGIN.read(setting)
    return replace(model, pulling=pulling, margins=tuple(margins.items()), margin_method=method)


def shown_of(parameters: Parameters) -> dict[str, str]:
    """The figures by name, as they would be set to what they are."""
    margins = {f"margin.{market}": str(margin) for market, margin in parameters.margins}
    method = {METHOD: shown_method(parameters.margin_method)}
    pulling = shown(parameters.pulling, _PULLING, "exchange")
    return shown(parameters, _MODEL, "model") | pulling | margins | method


def tried(parameters: Parameters) -> None:
    """Price matches of all kinds, so that figures that fit no match never reach one.

    Raises:
        Refusal: `parameters_do_not_price`.
    """
    for match in _MATCHES:
        try:
            prices = quote(match, parameters)
        except (ArithmeticError, ValueError) as error:
            raise Refusal("parameters_do_not_price", f"{error} at {match.clock_s} s") from error
        offered = prices[prices > 0]
        if not offered.size or not PRICE_MILLI_MIN <= offered.min() <= offered.max() <= _LONGEST:
            raise Refusal("parameters_do_not_price", f"{offered} at {match.clock_s} s")
        with np.errstate(divide="ignore"):
            sums = np.bincount(MARKET_OF, 1_000.0 / prices)
        if (sums < 1.0).any():
            raise Refusal("parameters_do_not_price", f"a market sums to {sums.min():.4f}")
    opening(_PRICES, parameters)


_LONGEST = PRICE_MILLI_MAX
_SECOND = Period.SECOND_HALF
_STARTED = Match(home_rate_micro=round(1.5 * MICROS), away_rate_micro=round(1.2 * MICROS))
_MATCHES: tuple[Match, ...] = (
    _STARTED,
    replace(_STARTED, home_rate_micro=4 * MICROS, away_rate_micro=MICROS // 4),
    replace(_STARTED, period=Period.FIRST_HALF, clock_s=2_800, home_reds=2),
    replace(_STARTED, period=_SECOND, clock_s=4_000, home_goals=1, regular_home_goals=1),
    replace(_STARTED, period=_SECOND, clock_s=5_500, away_goals=4, regular_away_goals=4),
)
_PRICES = {"1x2/home": 2_100, "1x2/draw": 3_400, "1x2/away": 3_600}
