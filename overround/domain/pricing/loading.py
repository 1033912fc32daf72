"""Margins on a whole catalogue at once, quickly: markets of any sizes, one match or many.

`margin.apply` is exact and takes markets of one size; a re-price needs all markets of a match in a
few microseconds each, decided ones among them. This is the same family of methods with Newton's
steps counted beforehand and their starting points looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.margin import SHAPE_MIN, Method, restored, transformed

Floats = NDArray[np.float64]

# The methods that no shape stands for.
_OWN_FORMS = (Method.ADDITIVE, Method.SHIN)
# Stands for zero: beside any probability it vanishes, its logarithm is finite, and so is the price.
NOTHING = 1e-300
_ONE_AND_A_BIT = 1.0 + 1e-15
# No margin worth quoting needs a smaller factor; a decided market (1, 0) has no root at all.
FACTOR_MIN = 0.05
# Newton's starting points, by the entropy of a market in steps of 1/4,096 nat.
_ENTROPY_STEPS = 4_096
# From the table each step squares the error. Two leave, in any market without an outcome above
# 0.995, at most 1e-12 of overround with two outcomes, 6e-6 with three and, when one of 26 scores
# is 98 % sure, 1.5e-3 of the 0.18; a step of the ladder is rarely less than 5e-3.
_STEPS_POWER = 2
# The table is of powers and usual margins. For others the first step from there leads below the
# root, as sums are convex in the factor, and the rest climb to it.
_STEPS_AFAR = 9
# Shin's sum of roots rises and bends down in the share of insiders, so steps from none climb to it
# from below; so many leave at most 2e-10 of overround where no outcome is above 0.995.
_STEPS_SHIN = 6
# For widened margins, Newton's steps on the sum's logarithm, which is nearer to a line than the
# sum: so many, and one more above each of these factors. They leave at most 3.1e-4 of overround
# where no outcome is above 0.995; each takes some 10 us.
_STEPS_LEAST, _MORE_STEPS_ABOVE = 2, (1.5, 2.5)


class Limits(Protocol):
    """Between which chances of winning something is offered, and up to which of a refund."""

    @property
    def probability_min(self) -> float:
        """Below, a selection is as good as lost."""

    @property
    def probability_max(self) -> float:
        """Above, it is as good as won."""

    @property
    def refunded_max(self) -> float:
        """Above, a price is the ratio of two vanishing numbers."""


def offerable(shares: Floats, limits: Limits) -> tuple[Floats, NDArray[np.bool_]]:
    """Probabilities that bets win if they are not refunded, and whether they may be offered.

    Args:
        shares: expected won and refunded shares of a stake, (2, ..., selections).
        limits: what is offered.
    """
    won, refunded = shares
    # Nothing is left to decide where all is refunded; the last bit avoids 0 / 0 there.
    effective: Floats = won / (_ONE_AND_A_BIT - refunded)
    offered = effective > limits.probability_min
    offered &= effective < limits.probability_max
    offered &= refunded < limits.refunded_max
    return effective, offered


@dataclass(frozen=True, slots=True, eq=False)
class Loading:
    """The margins of a catalogue's markets, ready to be put on; make it with `Loading.of`.

    `starts` is where each market begins, `market_of` the market of each selection, `totals` what
    each market's inverse prices sum to, `method` as in `margin`: a shape, or one that has none.
    """

    starts: NDArray[np.intp]
    market_of: NDArray[np.intp]
    totals: Floats
    method: Method | float
    _offsets: NDArray[np.intp]
    _table: Floats

    @classmethod
    def of(
        cls, sizes: Sequence[int], margins: Sequence[float], method: Method | float = 0.0
    ) -> Loading:
        """For markets of so many outcomes each, one after another, with these margins.

        Raises:
            ValueError: a market has fewer than two outcomes, or a margin that they cannot carry; or
                the method is one that a shape stands for.
        """
        if isinstance(method, Method) and method not in _OWN_FORMS:
            raise ValueError(f"{method} is a shape: see pricing.margin")
        for size, margin in zip(sizes, margins, strict=True):
            if size < 2 or not 0.0 <= margin < size - 1:
                raise ValueError(f"a margin of {margin} on {size} outcomes")
        of_market, wanted = np.array(sizes, dtype=np.intp), np.array(margins)
        starts = np.concatenate(([0], np.cumsum(of_market)[:-1]))
        distinct, rows = np.unique(wanted, return_inverse=True)
        table = _starting_table(distinct, entropy_max=log(max(sizes)))
        offsets = rows.reshape(-1) * table.shape[1]
        market_of = np.repeat(np.arange(len(sizes)), of_market)
        return cls(starts, market_of, 1.0 + wanted, method, offsets, table.ravel())

    def load(self, fair: Floats, widening: Floats | None = None) -> Floats:
        """Inverse prices with margins from fair probabilities, both shape (..., selections).

        A market's probabilities sum to 1; one that is decided stays so, and carries no margin. What
        is read off tables may lie a little below 0 or above 1: there the logarithm is no number,
        or the slope has the wrong sign, so it counts as 0 or 1.
        `widening` multiplies the margins, shape (..., markets), as `spread.margin_of` says. The
        lowest shape is the multiplicative method itself, which leaves no decided market so, nor
        does the additive one; with these two and Shin's a favourite's may pass 1, and is no price.
        """
        if self.method == SHAPE_MIN:
            return self._by_share(fair, widening)
        if self.method is Method.ADDITIVE:
            return self._by_addition(fair, widening)
        probabilities = np.minimum(np.maximum(fair, NOTHING), 1.0)
        if self.method is Method.SHIN:
            return self._by_insiders(probabilities, widening)
        logs = np.log(probabilities)
        entropies = np.add.reduceat(probabilities * logs, self.starts, axis=-1)
        places = (entropies * -_ENTROPY_STEPS).astype(np.intp) + self._offsets
        factors = self._table.take(places, mode="clip")
        totals = self._totals(widening)
        if self.method == 0.0 and widening is not None:
            return self._by_power_widened(logs, factors, totals, _steps(widening))
        if self.method == 0.0:
            return self._by_power(logs, factors, totals)
        return self._by_shape(transformed(probabilities, float(self.method)), factors, totals)

    def _totals(self, widening: Floats | None) -> Floats:
        """What the inverse prices of each market sum to, shape (..., markets)."""
        return self.totals if widening is None else 1.0 + (self.totals - 1.0) * widening

    def _by_share(self, fair: Floats, widening: Floats | None) -> Floats:
        totals = self._totals(widening).take(self.market_of, axis=-1)
        loaded: Floats = np.maximum(fair, NOTHING) * totals
        return loaded

    def _by_addition(self, fair: Floats, widening: Floats | None) -> Floats:
        # What cannot come any more carries none of it: a tennis catalogue has the sets of five.
        possible = np.where(fair > NOTHING, 1.0, 0.0)
        outcomes = np.add.reduceat(possible, self.starts, axis=-1)
        each = (self._totals(widening) - 1.0) / np.maximum(outcomes, 1.0)
        loaded: Floats = np.maximum(fair, NOTHING) + each.take(self.market_of, axis=-1) * possible
        return loaded

    def _by_insiders(self, probabilities: Floats, widening: Floats | None) -> Floats:
        totals = self._totals(widening)
        wanted, insiders = np.sqrt(totals), np.zeros(totals.shape)
        roots, parts = np.sqrt(probabilities), np.empty((2, *probabilities.shape))
        for _ in range(_STEPS_SHIN):
            self._insiders_roots(insiders, probabilities, roots, out=parts[0])
            np.divide(probabilities * (1.0 - probabilities), 2.0 * parts[0], out=parts[1])
            sums, slopes = np.add.reduceat(parts, self.starts, axis=-1)
            # A decided market carries no more than if all who bet knew the winner.
            step = (wanted - sums) / (slopes + 1e-12)
            insiders = np.minimum(np.maximum(insiders + step, 0.0), 1.0)
        loaded = self._insiders_roots(insiders, probabilities, roots, out=parts[0])
        loaded *= wanted.take(self.market_of, axis=-1)
        return loaded

    def _insiders_roots(
        self, insiders: Floats, probabilities: Floats, roots: Floats, out: Floats
    ) -> Floats:
        """sqrt(p (z + (1 - z) p)) as two roots: one of the smallest p would be none."""
        z = insiders.take(self.market_of, axis=-1)
        np.sqrt(z + (1.0 - z) * probabilities, out=out)
        out *= roots
        return out

    def _by_power_widened(
        self, logs: Floats, factors: Floats, totals: Floats, steps: NDArray[np.intp]
    ) -> Floats:
        wanted, parts = np.log(totals), np.empty((2, *logs.shape))
        for taken in range(int(steps.max())):
            np.exp(logs * factors.take(self.market_of, axis=-1), out=parts[0])
            np.multiply(parts[0], logs, out=parts[1])
            sums, slopes = np.add.reduceat(parts, self.starts, axis=-1)
            step = (np.log(sums) - wanted) * sums / (slopes - 1e-12)
            # A match's prices must not depend on the matches beside it, which may need more steps.
            if taken >= _STEPS_LEAST:
                step *= taken < steps
            factors = np.maximum(factors - step, FACTOR_MIN)
        loaded: Floats = np.exp(logs * factors.take(self.market_of, axis=-1))
        return loaded

    def _by_power(self, logs: Floats, factors: Floats, totals: Floats) -> Floats:
        parts = np.empty((2, *logs.shape))
        for _ in range(_STEPS_POWER):
            np.exp(logs * factors.take(self.market_of, axis=-1), out=parts[0])
            np.multiply(parts[0], logs, out=parts[1])
            factors = self._stepped(factors, parts, totals)
        loaded: Floats = np.exp(logs * factors.take(self.market_of, axis=-1))
        return loaded

    def _by_shape(self, y: Floats, factors: Floats, totals: Floats) -> Floats:
        parts, shape = np.empty((2, *y.shape)), float(self.method)
        for _ in range(_STEPS_AFAR):
            parts[0] = restored(y * factors.take(self.market_of, axis=-1), shape)
            parts[1] = -y * parts[0] ** (1.0 - shape)
            factors = self._stepped(factors, parts, totals)
        return restored(y * factors.take(self.market_of, axis=-1), shape)

    def _stepped(self, factors: Floats, parts: Floats, totals: Floats) -> Floats:
        sums, slopes = np.add.reduceat(parts, self.starts, axis=-1)
        # A market with one certain outcome has no slope; 1e-12 keeps its step finite.
        stepped: Floats = np.maximum(factors - (sums - totals) / (slopes - 1e-12), FACTOR_MIN)
        return stepped


def _steps(widening: Floats) -> NDArray[np.intp]:
    """How many steps each match takes, shape (..., 1), by the widest of its markets."""
    most = np.maximum.reduce(widening, axis=-1, keepdims=True)
    steps = np.full(most.shape, _STEPS_LEAST, dtype=np.intp)
    for factor in _MORE_STEPS_ABOVE:
        steps += most > factor
    return steps


def _starting_table(margins: Floats, entropy_max: float) -> Floats:
    """The factor of powers by margin (rows) and entropy (columns).

    Up to log 2 it is that of two outcomes with this entropy; above, where a margin changes it
    little, the first step of Newton from 1.
    """
    columns = int(max(entropy_max, log(2.0)) * _ENTROPY_STEPS) + 2
    entropies = (np.arange(columns) + 0.5) / _ENTROPY_STEPS
    underdog = np.exp(np.linspace(log(1e-9), log(0.5), 20_000))
    two_way = -underdog * np.log(underdog) - (1.0 - underdog) * np.log1p(-underdog)
    p = np.interp(entropies, two_way, underdog)
    table = np.stack([_two_way_exponents(p, margin) for margin in margins.tolist()])
    many = entropies > log(2.0)
    table[:, many] = 1.0 - np.log1p(margins)[:, None] / entropies[many]
    return table


def _two_way_exponents(p: Floats, margin: float) -> Floats:
    low, high = np.full(p.shape, FACTOR_MIN), np.ones(p.shape)
    for _ in range(50):
        middle = (low + high) / 2
        above = p**middle + (1.0 - p) ** middle > 1.0 + margin
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return low
