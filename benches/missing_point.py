"""What one point that was never told does to the prices of a tennis match.

    python -m benches.missing_point [matches]          about 5 s for 500

Method: simulated matches of two players of whom nothing is known, best of three. One point of each,
drawn at random, is left out of one of two accounts, which are followed side by side until the
second is told something that cannot be, or to the end. What is counted: how far the two are
apart in the chance to win the match meanwhile, at worst, and after how many points it is noticed.
"""

from __future__ import annotations

import sys

import numpy as np

from benches.report import table
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR, Match, Point
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.price import probabilities
from overround.domain.pricing.tennis.simulate import draw_serves, simulate

MATCHES = 500
_SEED = 7


def followed(points: list[Point], missing: int) -> tuple[float, int | None]:
    """The largest error of home's chance to win, and the points until it is noticed, if it is."""
    whole, part, worst = Match(), Match(), 0.0
    for place, point in enumerate(points):
        whole = observe(whole, point)
        if place == missing:
            continue
        try:
            part = observe(part, point)
        except Refusal:
            return worst, place - missing
        if place > missing and not whole.is_over:
            home, told = (float(probabilities(each)[0][0]) for each in (whole, part))
            worst = max(worst, abs(home - told))
    return worst, None


def main(matches: int = MATCHES) -> None:
    """Simulate, follow, print."""
    rng = np.random.default_rng(_SEED)
    played = simulate(*draw_serves(TOUR, matches, rng), rng, BEST_OF_THREE)
    found = []
    for index in range(matches):
        points = list(played.points(index))
        found.append(followed(points, int(rng.integers(len(points) - 1))))
    worst = np.array([error for error, _ in found])
    noticed = np.array([after for _, after in found if after is not None])
    rows = [
        ("largest error of match_winner, median", f"{np.median(worst):.3f}"),
        ("largest error of match_winner, P90", f"{np.percentile(worst, 90):.3f}"),
        ("noticed as impossible", f"{len(noticed) / matches:.1%}"),
        ("points until then, median", f"{np.median(noticed):.0f}"),
        ("points until then, P90", f"{np.percentile(noticed, 90):.0f}"),
    ]
    print(table((f"{matches} matches", "figure"), rows))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
