"""Price ladders: the steps that prices are quoted on, and rounding to them.

A quoted price is rounded down, never up or to the nearest: what the step takes off is the house's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from overround.domain.kernel.odds import PRICE_MILLI_MAX, PRICE_MILLI_MIN

Floats = NDArray[np.float64]

# A price that is a whole step but for rounding of its last bit stays on that step.
_SLACK_MILLI = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Ladder:
    """The prices that may be quoted, in thousandths and rising; make it with `Ladder.of`.

    `names` are the steps as they are written where that is not their decimal price, or empty.
    Rounding looks a price up, as a search takes three times as long: `rounded_milli` has the step
    of each price that is a multiple of `grain_milli`, as all steps are.
    """

    steps_milli: NDArray[np.int64]
    names: tuple[str, ...]
    grain_milli: int
    rounded_milli: NDArray[np.int64]

    @classmethod
    def of(cls, steps_milli: Sequence[int], names: Sequence[str] = ()) -> Ladder:
        """From its steps.

        Raises:
            ValueError: there are none, they do not rise, or one is no price.
        """
        steps = np.array(steps_milli, dtype=np.int64)
        if not steps.size or (np.diff(steps) <= 0).any():
            raise ValueError("a ladder's steps rise")
        if steps[0] < PRICE_MILLI_MIN or steps[-1] > PRICE_MILLI_MAX:
            raise ValueError(f"a ladder lies within {PRICE_MILLI_MIN} to {PRICE_MILLI_MAX}")
        if names and len(names) != len(steps):
            raise ValueError(f"{len(names)} names for {len(steps)} steps")
        grain_milli = int(np.gcd.reduce(steps))
        # The step of what is below the first one is 0: no price.
        steps = np.concatenate(([0], steps))
        rounded = np.append(np.repeat(steps[:-1], np.diff(steps) // grain_milli), steps[-1])
        return cls(steps, tuple(names), grain_milli, rounded)

    @classmethod
    def banded(cls, bands: Sequence[tuple[int, int]], end_milli: int) -> Ladder:
        """From this price on in steps of that, band after band, up to the last price."""
        ends = [*(start for start, _ in bands[1:]), end_milli]
        parts = [range(start, end, step) for (start, step), end in zip(bands, ends, strict=True)]
        return cls.of([*(price for part in parts for price in part), end_milli])

    @classmethod
    def fractional(cls, fractions: Sequence[str]) -> Ladder:
        """From British prices, winnings to stake: `100/30` is quoted at 4.333, rounded down."""
        pairs = [tuple(map(int, fraction.split("/"))) for fraction in fractions]
        return cls.of([1_000 + 1_000 * won // staked for won, staked in pairs], fractions)

    def down(self, price_milli: Floats) -> NDArray[np.int64]:
        """The highest step that is not above each price; 0 below the first step.

        Prices past the last step become the last; NaN, which sorts past it, must not come here.
        """
        grains = np.minimum(price_milli, self.steps_milli[-1])
        grains += _SLACK_MILLI
        grains *= 1.0 / self.grain_milli
        places: NDArray[np.intp] = grains.astype(np.intp)
        rounded: NDArray[np.int64] = self.rounded_milli.take(places)
        return rounded

    def name(self, price_milli: int) -> str:
        """How a step is written: `4/6` on a fractional ladder, else its decimal price.

        Raises:
            ValueError: the price is not a step.
        """
        place = int(self.steps_milli.searchsorted(price_milli))
        if place == 0 or place == len(self.steps_milli) or self.steps_milli[place] != price_milli:
            raise ValueError(f"{price_milli} is not a step of this ladder")
        return self.names[place - 1] if self.names else f"{price_milli / 1_000:.2f}"


BETFAIR = Ladder.banded(
    (
        (1_010, 10),
        (2_000, 20),
        (3_000, 50),
        (4_000, 100),
        (6_000, 200),
        (10_000, 500),
        (20_000, 1_000),
        (30_000, 2_000),
        (50_000, 5_000),
        (100_000, 10_000),
    ),
    end_milli=1_000_000,
)
"""The exchanges' classic ladder, so that a hedge can be laid at a quoted price."""

CENTS = Ladder.banded(((1_010, 10),), end_milli=1_000_000)
"""Every hundredth from 1.01 to 1,000, the finest that decimal books show."""

FRACTIONS = Ladder.fractional(
    """
    1/100 1/66 1/50 1/40 1/33 1/28 1/25 1/22 1/20 1/18 1/16 1/14 1/12 1/11 1/10 1/9 1/8 2/15
    1/7 2/13 1/6 2/11 1/5 2/9 1/4 2/7 3/10 1/3 4/11 2/5 4/9 1/2 8/15 4/7 8/13 4/6 8/11 4/5
    5/6 10/11 1/1 21/20 11/10 6/5 5/4 11/8 6/4 13/8 7/4 15/8 2/1 85/40 9/4 5/2 11/4 3/1
    100/30 7/2 4/1 9/2 5/1 11/2 6/1 13/2 7/1 15/2 8/1 17/2 9/1 10/1 11/1 12/1 14/1 16/1 18/1
    20/1 22/1 25/1 28/1 33/1 40/1 50/1 66/1 80/1 100/1 125/1 150/1 200/1 250/1 300/1 400/1
    500/1 750/1
    """.split()  # noqa: SIM905 - a table reads better than ninety literals
)
"""The fractions of British betting shops, as they write them."""
