"""Functions that are too slow for each price, read off polynomials that are fitted to them once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import acos
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Number = TypeVar("Number", float, NDArray[np.float64])


class Axis(NamedTuple):
    """A figure that a function depends on: its least and greatest, and how many nodes it gets."""

    low: float
    high: float
    nodes: int


@dataclass(frozen=True, slots=True, eq=False)
class Smooth:
    """A smooth function of one figure or of two, with many values; make it with `of`.

    It is its Chebyshev interpolation: for an analytic function each more node divides the error
    by a constant (Trefethen, Approximation Theory and Approximation Practice, ch. 8). Being linear
    in the function's values, it adds up to what they add up to.
    """

    axes: tuple[Axis, ...]
    coefficients: Floats

    @classmethod
    def of(cls, function: Callable[..., Floats], *axes: Axis) -> Smooth:
        """For a function of an array a figure, shape (n,) each, to its values, (n, values)."""
        meshes = np.meshgrid(*(_nodes(axis) for axis in axes), indexing="ij")
        values = function(*(mesh.ravel() for mesh in meshes))
        fit: Floats = np.ones((1, 1))
        for axis in axes:
            fit = np.kron(fit, _fit(axis)).astype(np.float64)
        return cls(axes, np.ascontiguousarray(fit @ values))

    def at(self, *figures: Number) -> Floats:
        """The values at a number a figure, shape (values,), or at an array each, (n, values)."""
        basis = _basis(self.axes[0], figures[0])
        for axis, figure in zip(self.axes[1:], figures[1:], strict=True):
            both = basis[..., :, np.newaxis] * _basis(axis, figure)[..., np.newaxis, :]
            basis = both.reshape(*both.shape[:-2], -1)
        values: Floats = basis.dot(self.coefficients)
        return values

    def along(self, figure: float) -> Smooth:
        """The function of the other figure alone when the first is this."""
        rest = self.axes[1:]
        at_figure = _basis(self.axes[0], figure).dot(
            self.coefficients.reshape(self.axes[0].nodes, -1)
        )
        return Smooth(rest, at_figure.reshape(rest[0].nodes, -1))


def _angles(axis: Axis) -> Floats:
    angles: Floats = (np.arange(axis.nodes) + 0.5) * np.pi / axis.nodes
    return angles


def _nodes(axis: Axis) -> Floats:
    nodes: Floats = axis.low + (axis.high - axis.low) * (np.cos(_angles(axis)) + 1.0) / 2.0
    return nodes


def _fit(axis: Axis) -> Floats:
    """From the values at the nodes to the coefficients of the polynomials."""
    fit: Floats = np.cos(np.outer(np.arange(axis.nodes), _angles(axis))) * 2.0 / axis.nodes
    fit[0] /= 2.0
    return fit


def _basis(axis: Axis, figure: Number) -> Floats:
    """The polynomials at a figure, shape (..., nodes); beyond an end they are those of the end."""
    low, high, nodes = axis
    if isinstance(figure, float):
        place = (2.0 * min(max(figure, low), high) - low - high) / (high - low)
        return np.cos(_degrees(nodes) * acos(place))
    places = (2.0 * np.clip(figure, low, high) - low - high) / (high - low)
    return np.cos(np.multiply.outer(np.arccos(places), _degrees(nodes)))


@lru_cache(maxsize=64)
def _degrees(nodes: int) -> Floats:
    return np.arange(nodes, dtype=np.float64)
