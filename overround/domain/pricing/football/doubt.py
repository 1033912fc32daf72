"""How sure the model is of the two rates of a match.

The filter of `evidence` holds a gamma variable for each rate: with a shots before kick-off and n
that were due since, its standard error is 1 / sqrt(a + n) of the rate (Gelman et al., Bayesian
Data Analysis, 2.6). Two readings of it are wanted:

- against anybody's opinion, that whole error (`errors`);
- against somebody who watches the match, what they know and we do not (`unseen`). By the law of
  total variance that is the variance which the evidence that was due takes away, less what the
  evidence that came took: 1 / (a + n seen) - 1 / (a + n due). It is 0 before kick-off, as prices
  are all there is then, grows with each minute of a match of which no shots are told or not told
  any more, and shrinks when they come.
"""

from __future__ import annotations

from math import sqrt

from overround.domain.pricing.football.model import MICROS, Match, Parameters

Pair = tuple[float, float]


def errors(match: Match, parameters: Parameters) -> Pair:
    """Standard errors of the home and away rates, as shares of them."""
    seen = match.shots
    if seen is None:
        return (1.0 / sqrt(parameters.shots_prior),) * 2
    return (
        1.0 / sqrt(parameters.shots_prior + seen.home_expected_micro / MICROS),
        1.0 / sqrt(parameters.shots_prior + seen.away_expected_micro / MICROS),
    )


def unseen(match: Match, parameters: Parameters) -> Pair:
    """What of the same is known to somebody who sees every shot, and not here."""
    seen = match.shots
    home_due = max((w.home_expected_micro for w in match.witnesses), default=0)
    away_due = max((w.away_expected_micro for w in match.witnesses), default=0)
    home_seen = 0 if seen is None else seen.home_expected_micro
    away_seen = 0 if seen is None else seen.away_expected_micro
    return (
        _lacking(home_seen, home_due, parameters.shots_prior),
        _lacking(away_seen, away_due, parameters.shots_prior),
    )


def _lacking(seen_micro: int, due_micro: int, prior: float) -> float:
    known = 1.0 / (prior + seen_micro / MICROS)
    knowable = 1.0 / (prior + due_micro / MICROS)
    return sqrt(max(0.0, known - knowable))
