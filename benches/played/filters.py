"""Filters of the shots that were tried: each gives the factors on both rates at some minutes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.random import default_rng

from benches.played import engine
from benches.played.fitting import MINUTES, expecting
from benches.played.matches import Floats, Places, Played
from overround.domain.pricing.football.model import Parameters

Factors = Mapping[int, Floats]
Setting = tuple[float, ...]

_STEP = 5
_PARTICLES = 200
_RESAMPLED = (30, 60)


@dataclass(frozen=True, slots=True)
class Seen:
    """Weighted shots and those to expect, (n, 2, 100) each."""

    weighted: Floats
    due: Floats


@dataclass(frozen=True, slots=True)
class Filter:
    """What is counted, and how it becomes factors with each of the settings to choose among."""

    name: str
    seen: Callable[[Played, Floats, Parameters, Places], Seen]
    factors: Callable[[Seen, Setting], Factors]
    settings: tuple[Setting, ...]


def _as_shipped(played: Played, rates: Floats, parameters: Parameters, _: Places) -> Seen:
    due = engine.expected_shots(played, rates, parameters)
    return Seen(engine.weighted_shots(played, parameters), due)


def _goals_tell(played: Played, rates: Floats, parameters: Parameters, places: Places) -> Seen:
    before = played.leads_before()
    chosen = expecting(parameters, played, rates, places, before)
    return _as_shipped(played, rates, chosen, places)


def _weighing(alone: float, by_xg: float) -> Callable[[Played, Floats, Parameters, Places], Seen]:
    def seen(played: Played, rates: Floats, parameters: Parameters, places: Places) -> Seen:
        chosen = replace(parameters, shot_alone=alone, shot_by_xg=by_xg)
        chosen = expecting(chosen, played, rates, places)
        return _as_shipped(played, rates, chosen, places)

    return seen


def _gamma(seen: Seen, setting: Setting) -> Factors:
    return {at: engine.shot_factors(seen.weighted, seen.due, at, setting[0]) for at in MINUTES}


def _forgetting(seen: Seen, setting: Setting) -> Factors:
    """The older a shot, the less it counts, and what was expected then as well."""
    prior, kept = setting
    found = {}
    for at in MINUTES:
        ages = kept ** np.arange(at - 1, -1, -1)
        shots, due = seen.weighted[:, :, :at] @ ages, seen.due[:, :, :at] @ ages
        found[at] = (prior + shots) / (prior + due)
    return found


def _both_sides(seen: Seen, setting: Setting) -> Factors:
    """The other side's shots tell as well, by a power of its factor."""
    prior, power = setting
    alone = _gamma(seen, (prior,))
    return {at: each * each[:, ::-1] ** power for at, each in alone.items()}


def _particles(seen: Seen, setting: Setting) -> Factors:
    """A log rate with a spread and a drift, followed by particles in steps of five minutes.

    Shots are Poisson with the rate's factor on those to expect; systematic resampling (Gordon,
    Salmond and Smith, 1993; Kitagawa, 1996) twice, which is enough for so little evidence.
    """
    spread, drift = setting
    rng, shape = default_rng(1), (*seen.due.shape[:2], _PARTICLES)
    # Evenly over the prior, not drawn from it: less noise for the same number.
    start = [NormalDist().inv_cdf((place + 0.5) / _PARTICLES) for place in range(_PARTICLES)]
    logs = np.broadcast_to(spread * np.array(start) - spread**2 / 2, shape)
    weights, found = np.full(shape, 1.0 / _PARTICLES), {}
    for at in range(_STEP, max(MINUTES) + 1, _STEP):
        if drift:
            logs = logs + drift * _STEP**0.5 * rng.standard_normal(shape)
        shots, due = (each[:, :, at - _STEP : at].sum(axis=2) for each in (seen.weighted, seen.due))
        factors = np.exp(logs)
        weights = weights * np.exp(shots[..., np.newaxis] * logs - due[..., np.newaxis] * factors)
        weights /= weights.sum(axis=2, keepdims=True)
        if at in MINUTES:
            found[at] = (weights * factors).sum(axis=2)
        if at in _RESAMPLED:
            chosen = _resampled(weights, rng.random(shape[:2]))
            logs = np.take_along_axis(logs, chosen, axis=2)
            weights = np.full(shape, 1.0 / _PARTICLES)
    return found


def _resampled(weights: Floats, starts: Floats) -> Places:
    """Places of the particles that go on, as often as they weigh."""
    rows = weights.reshape(-1, weights.shape[2])
    numbers = np.arange(len(rows))[:, np.newaxis]
    steps = np.cumsum(rows, axis=1)
    line = (steps / steps[:, -1:] + numbers).ravel()
    at = (np.arange(weights.shape[2]) + starts.reshape(-1, 1)) / weights.shape[2]
    places = np.searchsorted(line, (at + numbers).ravel()).reshape(rows.shape)
    inside = np.minimum(places - numbers * weights.shape[2], weights.shape[2] - 1)
    return inside.reshape(weights.shape)


_ALONE = tuple((prior,) for prior in (30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 80.0))
FILTERS = (
    Filter("gamma-Poisson, as shipped", _as_shipped, _gamma, _ALONE),
    Filter(
        "particles",
        _as_shipped,
        _particles,
        tuple((spread, 0.0) for spread in (0.12, 0.135, 0.15, 0.165, 0.18)),
    ),
    Filter(
        "particles with drift",
        _as_shipped,
        _particles,
        tuple((spread, drift) for spread in (0.08, 0.12) for drift in (0.01, 0.02)),
    ),
    Filter("a goal's own shot tells", _goals_tell, _gamma, _ALONE),
    Filter("shots counted, not weighed", _weighing(1.0, 0.0), _gamma, _ALONE),
    Filter("expected goals alone", _weighing(0.0, 12.0), _gamma, _ALONE),
    Filter(
        "older shots count less",
        _as_shipped,
        _forgetting,
        tuple((prior, kept) for prior in (20.0, 30.0, 45.0) for kept in (0.98, 0.99, 0.995)),
    ),
    Filter(
        "the other side's shots tell",
        _as_shipped,
        _both_sides,
        tuple((prior, power) for prior in (35.0, 45.0, 60.0) for power in (-0.2, -0.1, 0.1, 0.2)),
    ),
)
