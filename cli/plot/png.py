"""A match's course as a picture: the score above, prices and exposure below it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from cli.plot.course import Course

# Okabe and Ito's palette, which colour-blind readers can tell apart.
_COLOURS = ("#0072B2", "#E69F00", "#D55E00", "#009E73", "#CC79A7", "#56B4E9")
_SIDE_COLOURS = {"home": "#0072B2", "away": "#D55E00", "": "#555555"}
_SUSPENDED = "#F0E442"
_SIZE_IN = (12.0, 7.2)
_DPI = 100
# A band of a few seconds would be less than a pixel of an afternoon.
_BAND_SHARE_MIN = 0.005
_BAND_ALPHA = 0.55
# So many scores in words fit side by side.
_SCORES = 8


def draw(course: Course, path: Path) -> None:
    """Write the picture of a course as PNG."""
    figure = Figure(figsize=_SIZE_IN, dpi=_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    heights = (0.35, 3.0, 1.6) if course.exposures else (0.35, 3.0)
    axes: Any = figure.subplots(
        len(heights), 1, sharex=True, gridspec_kw={"height_ratios": heights}
    )
    score, prices = axes[0], axes[1]
    figure.suptitle(
        f"{course.title}: {course.market}", fontsize=14, fontweight="bold", x=0.01, ha="left"
    )
    for panel in axes:
        _suspensions(panel, course)
    _score(score, course) if course.has_goals else _scores(score, course)
    _prices(prices, course)
    if course.exposures:
        _exposure(axes[2], course)
    _clock(axes[-1], course)
    figure.savefig(path, format="png")


def _suspensions(panel: Any, course: Course) -> None:
    least_s = course.end_s * _BAND_SHARE_MIN
    for span in course.suspended:
        # Widened to the left, as a goal's own line is where it ends.
        start_s = min(span.start_s, span.end_s - least_s)
        panel.axvspan(start_s, span.end_s, color=_SUSPENDED, alpha=_BAND_ALPHA, linewidth=0)
    for goal in course.goals:
        colour = _SIDE_COLOURS[goal.side]
        panel.axvline(goal.at_s, color=colour, linestyle="--", linewidth=1.0, alpha=0.8)


def _score(panel: Any, course: Course) -> None:
    """The score as a strip, each in the colour of who scored."""
    stands = [(0.0, "0-0", "")] if not course.goals or course.goals[0].at_s > 0.0 else []
    stands += [(goal.at_s, goal.score, goal.side) for goal in course.goals]
    ends = [at_s for at_s, _, _ in stands[1:]] + [course.end_s]
    for (at_s, score, side), end_s in zip(stands, ends, strict=True):
        colour = _SIDE_COLOURS[side]
        panel.axvspan(at_s, end_s, color=colour, alpha=0.16, linewidth=0)
        is_narrow = end_s - at_s < 0.035 * course.end_s
        where = (at_s, 1.1) if is_narrow else ((at_s + end_s) / 2, 0.5)
        panel.annotate(
            score,
            where,
            ha="right" if is_narrow else "center",
            va="bottom" if is_narrow else "center",
            color=colour,
            fontweight="bold",
            annotation_clip=False,
        )
    _as_strip(panel)


def _scores(panel: Any, course: Course) -> None:
    """The score in words along a strip, as it was at the middle of each of its parts."""
    part_s = course.end_s / _SCORES
    for place in range(_SCORES):
        at_s = (place + 0.5) * part_s
        panel.text(at_s, 0.5, course.score_at(at_s), ha="center", va="center", fontsize=9)
    _as_strip(panel)


def _as_strip(panel: Any) -> None:
    panel.set_ylim(0.0, 1.0)
    panel.set_yticks([])
    panel.set_ylabel("score", rotation=0, ha="right", va="center")
    panel.spines[:].set_visible(False)
    panel.tick_params(bottom=False)


def _prices(panel: Any, course: Course) -> None:
    for (outcome, prices), colour in zip(course.prices.items(), _COLOURS, strict=False):
        name = outcome.replace("_", " ")
        # Up to the end, where the last price stands: a step has no width of its own.
        x, y = (*course.at_s, course.end_s), (*prices, prices[-1])
        panel.step(x, y, where="post", color=colour, linewidth=1.8, label=name)
    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(base=10.0, subs=(1.0, 1.5, 2.0, 3.0, 5.0, 7.0)))
    panel.yaxis.set_minor_locator(NullLocator())
    panel.yaxis.set_major_formatter(FuncFormatter(lambda price, _: f"{price:g}"))
    panel.set_ylabel("decimal price (log scale)")
    panel.grid(axis="y", alpha=0.25)
    handles, _ = panel.get_legend_handles_labels()
    if course.suspended:
        handles.append(Patch(color=_SUSPENDED, alpha=_BAND_ALPHA, label="suspended"))
    _legend(panel, handles)


def _exposure(panel: Any, course: Course) -> None:
    for (currency, line), colour in zip(course.exposures.items(), _COLOURS[3:], strict=False):
        x, y = (*line.at_s, course.end_s), (*line.worst, line.worst[-1])
        label = f"{currency}\n({line.stake:,.0f} staked)"
        panel.step(x, y, where="post", color=colour, linewidth=1.8, label=label)
    panel.axhline(0.0, color="black", linewidth=0.8)
    panel.yaxis.set_major_formatter(FuncFormatter(lambda amount, _: f"{amount:,.0f}"))
    panel.set_ylabel(f"worst result, {', '.join(course.exposures)}")
    panel.grid(axis="y", alpha=0.25)
    handles, _ = panel.get_legend_handles_labels()
    _legend(panel, handles)


def _legend(panel: Any, handles: list[Any]) -> None:
    """Beside the panel, where it hides no line."""
    panel.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.005, 1.0), frameon=False)


def _clock(panel: Any, course: Course) -> None:
    panel.set_xlim(0.0, course.end_s or 1.0)
    panel.set_xticks([at_s for at_s, _ in course.marks], [f"{m}'" for _, m in course.marks])
    panel.set_xlabel("match clock, min" if course.has_goals else "since the start, min")
