"""A match's course in the terminal, in braille dots."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from math import isnan, log10

import plotille

from cli.plot.course import Course

_COLOURS = ("bright_blue", "bright_yellow", "bright_red", "bright_green", "magenta", "cyan")
_PRICE_ROWS, _MONEY_ROWS = 16, 8
# What plotille writes left and right of the dots.
_FRAME_COLUMNS = 24


def drawn(course: Course, columns: int, *, colours: bool) -> str:
    """The course in words and dots, at the most so many columns wide."""
    width = max(20, columns - _FRAME_COLUMNS)
    parts = [f"{course.title}: {course.market}", _score(course), _prices(course, width, colours)]
    if course.exposures:
        parts.append(_exposure(course, width, colours))
    return "\n".join(parts)


def _score(course: Course) -> str:
    goals = ", ".join(f"{goal.score} ({goal.clock_s // 60}')" for goal in course.goals)
    held_s = sum(span.end_s - span.start_s for span in course.suspended)
    reasons = ", ".join(sorted({span.reason for span in course.suspended}))
    held = f"suspended {len(course.suspended)} times, {held_s:.0f} s in all ({reasons})"
    score = goals or "0-0" if course.has_goals else course.scores[-1]
    return f"score: {score}; {held if course.suspended else 'never suspended'}"


def _prices(course: Course, width: int, colours: bool) -> str:
    figure = _figure(course, width, _PRICE_ROWS, "price", colours)
    figure.y_ticks_fkt = lambda low, _: f"{10**low:.2f}"
    longest = max(y for prices in course.prices.values() for y in prices if not isnan(y))
    figure.set_y_limits(0.0, log10(longest) * 1.02)
    for (outcome, prices), colour in zip(course.prices.items(), _COLOURS, strict=False):
        known = [(x, log10(y)) for x, y in zip(course.at_s, prices, strict=True) if not isnan(y)]
        _line(figure, known, colour, outcome.replace("_", " "))
    return _shown(figure)


def _exposure(course: Course, width: int, colours: bool) -> str:
    figure = _figure(course, width, _MONEY_ROWS, ", ".join(course.exposures), colours)
    figure.y_ticks_fkt = lambda low, _: f"{low:,.0f}"
    for (currency, line), colour in zip(course.exposures.items(), _COLOURS[2:], strict=False):
        known = list(zip(line.at_s, line.worst, strict=True))
        _line(figure, known, colour, f"{currency} at the worst result")
    return _shown(figure)


def _figure(course: Course, width: int, rows: int, label: str, colours: bool) -> plotille.Figure:
    figure = plotille.Figure()
    figure.width, figure.height = width, rows
    figure.color_mode, figure.with_colors, figure.origin = "names", colours, False
    figure.x_label, figure.y_label = "min", label
    figure.set_x_limits(0.0, course.end_s or 1.0)
    figure.x_ticks_fkt = lambda low, _: _clock(course, low)
    for goal in course.goals:
        figure.axvline(goal.at_s / (course.end_s or 1.0), lc="white")
    return figure


def _line(
    figure: plotille.Figure, known: Sequence[tuple[float, float]], colour: str, label: str
) -> None:
    if known:
        x, y = zip(*_steps(known), strict=True)
        # Without colours a line is told by its first letter.
        figure.plot(x, y, lc=colour, label=label, marker=None if figure.with_colors else label[0])


def _steps(points: Sequence[tuple[float, float]]) -> Iterator[tuple[float, float]]:
    """The corners of a line that stands until it jumps."""
    last = points[0][1]
    for x, y in points:
        yield x, last
        yield x, y
        last = y


def _clock(course: Course, at_s: float) -> str:
    """The match clock as it was told last."""
    told = bisect_right(course.at_s, at_s) - 1
    return f"{course.clock_s[max(0, told)] // 60}'"


def _shown(figure: plotille.Figure) -> str:
    return str(figure.show(legend=True))
