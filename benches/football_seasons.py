"""The football model's parameters fitted on three seasons and scored on the fourth.

    python -m benches.football_seasons          about 1 min; reads ../shared/data

Claims: the rows of `benches/football` hold out of sample; and the shipped parameters, which all
four seasons were looked at for, are at most 0.0002 nats better than those of other seasons.

Method: `benches/played` has the model on all matches at once and the fit of its parameters (its
docstring says what is fitted and what is not). Each season of 2014-15 to 2017-18 is priced with
the parameters of the other three, openings included; then all of them with the shipped
parameters. Intervals are 95 %, by bootstrap over matches. The second part withholds every totals
price: how far over 2.5 is off the market's own price, with the total of an average match and with
what 1X2 says of it (`usual_total`), its three figures fitted on the other seasons.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benches.football import EXACT_MIN, LOG_LOSS_MAX, RPS_MAX
from benches.played import engine
from benches.played.figures import mean_of, told
from benches.played.fitting import Fitting
from benches.played.held_out import Said, said_of
from benches.played.matches import Floats, Played, played_of, recorded
from benches.played.totals import inverse, without_totals
from benches.report import Report, table
from cli.evaluate import reference
from overround.domain.pricing.football.model import DEFAULTS, Parameters
from overround.domain.pricing.margin import Method, remove
from overround.domain.pricing.scoring import (
    log_loss,
    ranked_probability_score,
)

MINUTES = (15, 30, 45, 60, 75, 85)
OPTIMISM_MAX = 0.0002
POOLS = {"15 to 85": MINUTES, "30 to 75": (30, 45, 60, 75)}


def main() -> None:
    """Run, print, write."""
    report = Report("football_seasons", "Parameters of three seasons, scored on the fourth.")
    played = played_of(recorded())
    fitting = Fitting(played)
    folds = fitting.by_others()
    everything = fitting.fitted(np.arange(len(played.matches)))
    report.add("Parameters", _parameters(folds, everything))
    out = said_of(played, lambda season: folds[season], (0, *MINUTES))
    within = said_of(played, lambda _season: DEFAULTS, (0, *MINUTES))
    figures = report.figures
    figures["out_of_sample"], figures["shipped"] = _figures(played, out), _figures(played, within)
    figures["shipped_less_out_of_sample"] = _optimism(played, out, within)
    report.add("Before kick-off, less the closing book", _before(figures))
    report.add("1X2 in play, out of sample", _in_play(figures["out_of_sample"]))
    report.add("1X2 in play, shipped parameters", _in_play(figures["shipped"]))
    report.add(
        "Log loss with shots, shipped parameters less those of other seasons",
        table(
            ("minute", "difference"),
            [(k, told(v)) for k, v in figures["shipped_less_out_of_sample"].items()],
        ),
    )
    figures["without_totals"] = without_totals(played)
    report.add("Over 2.5 without totals prices", _totals(figures["without_totals"]))
    report.targets(_targets(figures))
    report.write()


def _figures(played: Played, said: Said) -> dict[str, Any]:
    fair = remove(np.array([inverse(match.prices) for match in played.matches]), Method.POWER)
    rates, outcomes = reference.rates(fair), played.outcomes
    poisson = reference.scores(rates).reshape(len(rates), -1)
    shares = reference.shares_left(played.matches, MINUTES)
    start = engine.result_of(said.plain[0])
    figures: dict[str, Any] = {
        "rps": mean_of(
            ranked_probability_score(start, outcomes) - ranked_probability_score(fair, outcomes)
        ),
        "log_loss": mean_of(log_loss(start, outcomes) - log_loss(fair, outcomes)),
        "exact_score": mean_of(
            engine.exact_losses(poisson, played) - engine.exact_losses(said.plain[0], played)
        ),
        "in_play": {},
    }
    losses: dict[int, tuple[Floats, ...]] = {}
    for place, at in enumerate(MINUTES):
        leads = np.subtract(*played.score_at(at).T)
        told_ = (
            reference.in_play(rates, shares[:, place], leads),
            engine.result_of(said.plain[at]),
            engine.result_of(said.shots[at]),
        )
        losses[at] = tuple(log_loss(each, outcomes) for each in told_)
        figures["in_play"][str(at)] = _compared(losses[at])
    for name, minutes in POOLS.items():
        pooled = tuple(np.mean([losses[at][model] for at in minutes], axis=0) for model in range(3))
        figures["in_play"][name] = _compared(pooled)
    return figures


def _compared(losses: tuple[Floats, ...]) -> dict[str, Any]:
    poisson, plain, shots = losses
    return {
        "reference": float(poisson.mean()),
        "model": float(plain.mean()),
        "model with xG": float(shots.mean()),
        "model_less_reference": mean_of(plain - poisson),
        "xg_gain": mean_of(plain - shots),
    }


def _optimism(played: Played, out: Said, within: Said) -> dict[str, Any]:
    each = {
        at: log_loss(engine.result_of(within.shots[at]), played.outcomes)
        - log_loss(engine.result_of(out.shots[at]), played.outcomes)
        for at in (0, *MINUTES)
    }
    return {str(at): mean_of(difference) for at, difference in each.items()} | {
        name: mean_of(np.mean([each[at] for at in minutes], axis=0))
        for name, minutes in POOLS.items()
    }


def _parameters(folds: dict[int, Parameters], everything: Parameters) -> str:
    names = (
        "score_push",
        "shots",
        "shots_by_rate",
        "shots_by_lead",
        "shots_by_share",
        "shots_prior",
        "shot_alone",
        "shot_by_xg",
        "first_half_goals",
        "first_stoppage_goals",
        "second_half_goals",
        "second_stoppage_goals",
    )
    sets = [*folds.values(), everything, DEFAULTS]
    header = ("", *(f"without {season}" for season in folds), "all", "shipped")
    return table(
        header, [(name, *(_value(getattr(each, name)) for each in sets)) for name in names]
    )


def _value(value: float | tuple[float, ...]) -> str:
    return " ".join(f"{each:g}" for each in (value if isinstance(value, tuple) else (value,)))


def _before(figures: dict[str, Any]) -> str:
    kinds = ("out_of_sample", "shipped")
    names = {
        "rps": "RPS",
        "log_loss": "log loss",
        "exact_score": "exact score, nats gained over independent Poisson",
    }
    rows = [(name, *(told(figures[kind][key]) for kind in kinds)) for key, name in names.items()]
    return table(("", "out of sample", "shipped"), rows)


def _in_play(figures: dict[str, Any]) -> str:
    models = ("reference", "model", "model with xG")
    rows = [
        (
            name,
            *(f"{row[model]:.4f}" for model in models),
            told(row["model_less_reference"]),
            told(row["xg_gain"]),
        )
        for name, row in figures["in_play"].items()
    ]
    return table(("minute", *models, "model less reference", "gained by shots"), rows)


def _totals(figures: dict[str, Any]) -> str:
    rows = [
        (name, f"{off:.4f}", f"{figures['log_loss'][name]:.4f}")
        for name, off in figures["off_the_market_rms"].items()
    ]
    return table(("total from", "off the market's price, rms", "log loss"), rows)


def _targets(figures: dict[str, Any]) -> dict[str, bool]:
    out, optimism = figures["out_of_sample"], figures["shipped_less_out_of_sample"]
    in_play = out["in_play"]
    worst = max(in_play[str(at)]["model_less_reference"]["mean"] for at in MINUTES)
    return {
        f"RPS within {RPS_MAX} of the closing book": abs(out["rps"]["mean"]) <= RPS_MAX,
        f"log loss within {LOG_LOSS_MAX} of it": abs(out["log_loss"]["mean"]) <= LOG_LOSS_MAX,
        f"exact scores {EXACT_MIN} nats better than independent Poisson": out["exact_score"]["mean"]
        >= EXACT_MIN,
        "not worse than the reference at any minute": worst <= 0,
        "better over all minutes, interval without 0": in_play["15 to 85"]["model_less_reference"][
            "interval"
        ][1]
        < 0,
        "shots gain over 30 to 75, interval without 0": in_play["30 to 75"]["xg_gain"]["interval"][
            0
        ]
        > 0,
        "shots gain 0.002 at 45 and 60": min(in_play[str(at)]["xg_gain"]["mean"] for at in (45, 60))
        >= 0.002,
        f"shipped parameters at most {OPTIMISM_MAX} nats better over all minutes": -optimism[
            "15 to 85"
        ]["mean"]
        <= OPTIMISM_MAX,
    }


if __name__ == "__main__":
    main()
