"""A football bet when the sides have changed places."""

from __future__ import annotations


def mirrored(selection: str) -> str:
    """The id of the same bet on the other side: `home_totals:1.5/over` of `away_...`."""
    market, _, outcome = selection.partition("/")
    swap = {"home": "away", "away": "home"}
    name, *line = market.split(":")
    name = "_".join(swap.get(word, word) for word in name.split("_"))
    if name.endswith("asian_handicap"):
        line[-1] = f"{-float(line[-1]):g}".replace("-0", "0", line[-1] == "0")
    if name.endswith("correct_score") and outcome != "other":
        outcome = "-".join(reversed(outcome.split("-")))
    outcome = "_".join(swap.get(word, word) for word in outcome.split("_"))
    outcome = {"away_or_draw": "draw_or_away", "draw_or_home": "home_or_draw"}.get(outcome, outcome)
    outcome = "home_or_away" if outcome == "away_or_home" else outcome
    return "/".join((":".join([name, *line]), outcome))
