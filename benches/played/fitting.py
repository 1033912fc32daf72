"""The model's parameters from matches that were played: the same code for some seasons or all.

What is fitted: the goal clock (goals by five minutes); the score's push on the rates (from prices
of 1X2 and totals, which have to agree about draws; the goals by the minute alone say 0.060 +-
0.013); the shots to expect (a quasi-Poisson regression on rate and score); and the weight of the
prices against the shots (Poisson likelihood of the goals still to come).

Not fitted here: red cards and stoppage lengths (they need events of another source), the weights of
the opening's fit, and the cap on a shot's quality.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benches.played import engine
from benches.played.matches import Floats, Places, Played, opened
from overround.domain.pricing.football.course import SCORES
from overround.domain.pricing.football.model import DEFAULTS, Parameters

PUSHES = (0.04, 0.08, 0.12)
MINUTES = (15, 30, 45, 60, 75)
"""When the goals still to come are looked at to weigh the shots."""

_SHARES = (0.95, 1.0, 1.05, 1.1)
_BY_XG = (0.0, 1.0, 2.0, 3.0, 4.0)
_PRIORS = (20.0, 25.0, 30.0, 35.0, 40.0, 45.0, 50.0, 60.0, 80.0, 120.0)
_STEPS = 15
_BIN = 5


class Fitting:
    """Matches and their openings by push: what a fit on any of them starts from."""

    def __init__(self, played: Played) -> None:
        self.played = played
        self._openings = [
            opened(played.matches, replace(DEFAULTS, score_push=push)) for push in PUSHES
        ]

    def by_others(self) -> dict[int, Parameters]:
        """For each season the parameters of all the others."""
        seasons = self.played.seasons
        return {
            each: self.fitted(np.flatnonzero(seasons != each))
            for each in np.unique(seasons).tolist()
        }

    def fitted(self, places: Places) -> Parameters:
        """The parameters of some matches alone."""
        chosen = _with_clock(DEFAULTS, self.played, places)
        chosen = replace(chosen, score_push=self._push(places))
        return _with_shots(chosen, self.played, self.opening(chosen), places)

    def opening(self, parameters: Parameters) -> Floats:
        """What prices imply with the nearest of the pushes, (n, 3): enough to fit the shots."""
        nearest = int(np.abs(np.array(PUSHES) - parameters.score_push).argmin())
        return self._openings[nearest]

    def _push(self, places: Places) -> float:
        """The push with which 1X2 and totals agree about draws without any dependence besides."""
        dependence = [opening[places, 2].mean() for opening in self._openings]
        return round(float(np.interp(0.0, dependence, PUSHES)), 3)


def _with_clock(parameters: Parameters, played: Played, places: Places) -> Parameters:
    """The source's minutes 45 to 49 hold the first half's stoppage as well, mixed with play.

    They are parted as they are by events timed to the second, those of the shipped parameters.
    """
    goals = played.goals[places].sum(axis=(0, 1)) / len(places)
    bins = goals[: 2 * 9 * _BIN].reshape(-1, _BIN).sum(axis=1)
    stoppage = parameters.first_stoppage_goals
    first_stoppage = bins[9] * stoppage / (stoppage + parameters.second_half_goals[0])
    bins[9] -= first_stoppage
    return replace(
        parameters,
        first_half_goals=tuple(bins[:9].round(4).tolist()),
        second_half_goals=tuple(bins[9:].round(4).tolist()),
        first_stoppage_goals=round(float(first_stoppage), 4),
        second_stoppage_goals=round(float(goals[90:].sum()), 4),
    )


def _with_shots(
    parameters: Parameters, played: Played, opening: Floats, places: Places
) -> Parameters:
    rates, tried = opening[:, :2], []
    goals, usual = goals_to_come(played, opening, parameters)
    quality = played.xg[places].sum() / played.shots[places].sum()
    parameters = replace(parameters, shots_by_share=_by_share(parameters, played, places))
    for by_xg in _BY_XG:
        alone = round(1.0 - by_xg * quality, 3)
        chosen = replace(parameters, shot_alone=alone, shot_by_xg=by_xg)
        chosen = expecting(chosen, played, rates, places)
        weighted = engine.weighted_shots(played, chosen)
        due = engine.expected_shots(played, rates, chosen)
        for prior in _PRIORS:
            gain = 0.0
            for at in MINUTES:
                factors = engine.shot_factors(weighted, due, at, prior)[places]
                mean = usual[at][places] * factors
                gain += float((goals[at][places] * np.log(factors) - mean).sum())
            tried.append((gain, replace(chosen, shots_prior=prior)))
    return max(tried, key=lambda each: each[0])[1]


def _by_share(parameters: Parameters, played: Played, places: Places) -> float:
    """How much sooner than goals shots come: the likeliest power of the goals' clock."""
    shots = played.shots[places].sum(axis=(0, 1))
    left = engine.shares(parameters)
    chances = {power: left[:-1] ** power - left[1:] ** power for power in _SHARES}
    return max(_SHARES, key=lambda power: float(shots @ np.log(chances[power] + 1e-12)))


def expecting(
    parameters: Parameters,
    played: Played,
    rates: Floats,
    places: Places,
    leads: Places | None = None,
) -> Parameters:
    """Quasi-Poisson regression of the weighted shots of a match on rate and score.

    A goal's own shot counts at the score that it led to: of a side that got there it was to be
    expected, and tells nothing that the score does not. `leads` are others to count shots at.
    """
    time = engine.exposures(played, parameters)
    at_lead = engine.by_lead(played.leads() if leads is None else leads)
    seen = np.einsum("nsk,nslk->nsl", engine.weighted_shots(played, parameters), at_lead)[places]
    time, rates = time.sum(axis=3)[places], rates[places]
    power, logs = 0.5, np.log(rates)[:, :, np.newaxis]
    for _ in range(_STEPS):
        base = rates[:, :, np.newaxis] ** power * time
        by_lead = seen.sum(axis=(0, 1)) / base.sum(axis=(0, 1))
        due = base * by_lead
        power += float(((seen - due) * logs).sum() / (due * logs**2).sum())
    level = float(by_lead[1])
    return replace(
        parameters,
        shots=round(level, 2),
        shots_by_rate=round(power, 3),
        shots_by_lead=tuple((by_lead / level).round(3).tolist()),
    )


def goals_to_come(
    played: Played, opening: Floats, parameters: Parameters
) -> tuple[dict[int, Places], dict[int, Floats]]:
    """Goals of both sides from each of `MINUTES` on, and their means without any shot, (n, 2)."""
    scores = {at: played.score_at(at) for at in MINUTES}
    grids = ((at, engine.grids_at(played, opening, at, parameters)) for at in MINUTES)
    return (
        {at: played.final - score for at, score in scores.items()},
        {at: _mean_goals(grid) - scores[at] for at, grid in grids},
    )


def _mean_goals(grids: Floats) -> Floats:
    goals = np.arange(SCORES)
    by_score = grids.reshape(-1, SCORES, SCORES)
    home, away = by_score.sum(axis=2) @ goals, by_score.sum(axis=1) @ goals
    return np.stack([home, away], axis=1)
