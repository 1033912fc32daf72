"""What an exchange's 1X2 adds to the football model, and whether the filter's doubt is honest.

    python -m benches.football_exchange          about 1 min; reads ../shared/data

Claims: with an exchange's offers the model's probabilities are nearer to the truth than with shots
alone and than the offers' own middle; offers are not farther from what was expected of them than
the filter says, so that an alarm at k standard errors is not false more often than it seems.

Method: no recording of a match in play on an exchange is at hand, so matches are simulated: sides
whose log rates are off the prices by 0.15 (what the shots' filter found), goals and shots by the
minute from those, and an exchange that knows the sides and quotes them with an error and a spread
of several sizes. At each quarter hour the loss to the truth (Kullback-Leibler, nats of 1X2) is
taken: of the model, with shots, with the exchange, with both, and of the exchange's middle. The
mean square of the distance would be 2 (chi-squared, two probabilities) if the noise were all error;
it allows for the whole spread, thin books and sides that change as well, which these do not.

Before kick-off there is a recording: 140 match-odds markets of football on an exchange. An
opening is fitted to each market's first offers, and the pull follows those after: how far the
pulled probabilities are from the offers, and how far the opening alone. Four of the markets have
books that cross from some moment on; those offers are refused, as are incomplete ones.
"""

from __future__ import annotations

import bz2
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.random import Generator, default_rng

from benches.played.matches import FOLDER, Floats
from benches.report import Report, table
from overround.adapters.feeds import betfair
from overround.domain.feeds.books import MarketBook, evolve
from overround.domain.feeds.exchange import best_of
from overround.domain.kernel.match import Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.course import pushed
from overround.domain.pricing.football.exchange import Offers, observed, pulled
from overround.domain.pricing.football.fit import opening
from overround.domain.pricing.football.grid import grid_of
from overround.domain.pricing.football.intensity import remaining_rates, share_left
from overround.domain.pricing.football.model import DEFAULTS, MICROS, Match
from overround.domain.pricing.football.pull import Pull, Pulling, pull_factors
from overround.domain.pricing.football.witness import Witness

MATCHES, SEED = 400, 1
MINUTES = (15, 30, 45, 60, 75)
BOOKS = {
    "deep and narrow": (0.004, 0.006, 1_000_000),
    "usual": (0.010, 0.020, 50_000),
    "thin and wide": (0.030, 0.060, 2_000),
}
"""Standard error, spread (both in probability) and size of the offers."""
WAYS = ("model", "shots", "exchange", "both", "the exchange's middle")
OUTCOMES = ("home", "draw", "away")
RECORDING = "betfair_parser_1.242971311.bz2"


def main() -> None:
    """Run, print, write."""
    report = Report("football_exchange", "An exchange's offers as evidence.")
    figures = report.figures
    figures["simulated"] = {name: _simulated(*book) for name, book in BOOKS.items()}
    rows = [
        (name, *(f"{each['loss'][way]:.5f}" for way in WAYS), f"{each['distance_squared']:.2f}")
        for name, each in figures["simulated"].items()
    ]
    report.add(
        f"Nats lost to the truth, {MATCHES} simulated matches at {len(MINUTES)} minutes each",
        table(("book", *WAYS, "distance squared (2)"), rows),
    )
    figures["recorded"] = _recorded()
    rows = [(name, f"{value:.5g}") for name, value in figures["recorded"].items()]
    report.add("140 recorded markets before kick-off", table(("", "value"), rows))
    report.targets(_targets(figures))
    report.write()


def _simulated(error: float, spread: float, size_minor: int) -> dict[str, Any]:
    rng = default_rng(SEED)
    pulling = replace(Pulling(), probability_noise=error)
    parameters = replace(DEFAULTS, pulling=pulling)
    losses, distances = np.zeros((len(WAYS), MATCHES, len(MINUTES))), []
    for number in range(MATCHES):
        prices = rng.uniform(0.7, 2.2, 2)
        off = Pulling().spread * rng.standard_normal(2)
        pull: Pull | None = None
        both: Pull | None = None
        for place, (plain, seen) in enumerate(_played(prices, off, rng)):
            at_us, clock_s = 60 * MICROS * MINUTES[place], plain.clock_s
            truth = _chances(plain, np.exp(off))
            offers = _offers(truth, error, spread, size_minor, rng)
            pull, distance = pulled(replace(plain, pull=pull), offers, at_us, parameters)
            both, _ = pulled(replace(seen, pull=both), offers, at_us, parameters)
            distances.append(distance**2)
            middle = observed(offers, pulling)[0]
            said = (
                _chances(plain, np.ones(2)),
                _chances(seen, np.ones(2)),
                _chances(plain, np.array(pull_factors(pull, clock_s, pulling))),
                _chances(seen, np.array(pull_factors(both, clock_s, pulling))),
                np.array([middle[0], 1.0 - middle.sum(), middle[1]]),
            )
            for way, each in enumerate(said):
                losses[way, number, place] = (truth * np.log(truth / np.maximum(each, 1e-4))).sum()
    means = losses.mean(axis=(1, 2)).tolist()
    return {
        "loss": dict(zip(WAYS, means, strict=True)),
        "distance_squared": float(np.mean(distances)),
    }


def _played(prices: Floats, off: Floats, rng: Generator) -> Iterator[tuple[Match, Match]]:
    """A match at each of `MINUTES`, without and with its shots."""
    home, away = np.rint(MICROS * prices).astype(int).tolist()
    match = Match(Period.FIRST_HALF, home_rate_micro=home, away_rate_micro=away)
    goals, shots, due, left = [0, 0], np.zeros(2), np.zeros(2), 1.0
    for minute in range(1, max(MINUTES) + 1):
        period = Period.FIRST_HALF if minute <= 45 else Period.SECOND_HALF
        now = share_left(period, 60 * minute, DEFAULTS)
        lead = goals[0] - goals[1]
        rates = np.array(pushed(*prices.tolist(), lead, DEFAULTS)) * np.exp(off) * (left - now)
        trails, level, leads = DEFAULTS.shots_by_lead
        by_lead = (level, level) if lead == 0 else (leads, trails) if lead > 0 else (trails, leads)
        expected = DEFAULTS.shots * prices**DEFAULTS.shots_by_rate * by_lead * (left - now)
        shots, due = shots + rng.poisson(expected * np.exp(off)), due + expected
        goals = [goal + int(more) for goal, more in zip(goals, rng.poisson(rates), strict=True)]
        left = now
        if minute in MINUTES:
            match = replace(
                match, period=period, clock_s=60 * minute, home_goals=goals[0], away_goals=goals[1]
            )
            counts = np.rint(MICROS * np.concatenate([shots, due])).astype(int).tolist()
            yield match, replace(match, witnesses=(Witness("simulated", 1, (), (), *counts),))


def _chances(match: Match, factors: Floats) -> Floats:
    home, away, rho = remaining_rates(match, DEFAULTS)
    scores = (match.home_goals, match.away_goals)
    grid = grid_of(home * factors[0], away * factors[1], rho, *scores, DEFAULTS)
    return np.array([np.tril(grid, -1).sum(), np.trace(grid), np.triu(grid, 1).sum()])


def _offers(
    truth: Floats, error: float, spread: float, size_minor: int, rng: Generator
) -> dict[str, Offers]:
    off = error * rng.standard_normal(3)
    off[1] = -off[0] - off[2]
    middles = np.clip(truth + off, 0.001, 0.99)
    middles /= middles.sum()
    return {
        outcome: Offers(
            round(1_000 / min(0.995, middle + spread / 2)),
            size_minor,
            round(1_000 / max(0.00101, middle - spread / 2)),
            size_minor,
        )
        for outcome, middle in zip(OUTCOMES, middles.tolist(), strict=True)
    }


def _recorded() -> dict[str, float]:
    pulls: dict[str, tuple[Match, Floats]] = {}
    off_opening, off_pulled, off_last, distances = [], [], [], []
    refused: Counter[str] = Counter()
    for market, at_s, offers in _books():
        try:
            middle, _ = observed(offers)
            if market not in pulls:
                first = np.array([middle[0], 1.0 - middle.sum(), middle[1]])
                prices = {
                    f"1x2/{o}": round(1_000 / p)
                    for o, p in zip(OUTCOMES, first.tolist(), strict=True)
                }
                start = opening(prices)
                match = Match(
                    home_rate_micro=start.home_rate_micro,
                    away_rate_micro=start.away_rate_micro,
                    rho_micro=start.rho_micro,
                )
                pulls[market] = (match, middle)
                continue
            match, last = pulls[market]
            before = _chances(match, np.ones(2))[[0, 2]]
            pull, distance = pulled(match, offers, at_s * MICROS)
        except Refusal as refusal:
            refused[refusal.reason] += 1
            continue
        pulls[market] = (replace(match, pull=pull), middle)
        off_opening.append(_chances(replace(match, pull=None), np.ones(2))[[0, 2]] - middle)
        off_pulled.append(before - middle)
        off_last.append(last - middle)
        distances.append(distance**2)
    root = {
        "the opening": off_opening,
        "the pull, before it heard them": off_pulled,
        "the offers before": off_last,
    }
    return {
        "markets": float(len(pulls)),
        "offers after the first": float(len(distances)),
        **{f"refused: {reason}": float(count) for reason, count in sorted(refused.items())},
        **{
            f"rms off the offers: {k}": float(np.sqrt(np.mean(np.square(v))))
            for k, v in root.items()
        },
        "mean distance squared": float(np.mean(distances)),
    }


def _root(off: list[Floats]) -> float:
    return float(np.sqrt(np.mean(np.square(off))))


def _books() -> Iterator[tuple[str, int, dict[str, Offers]]]:
    """Each market's best offers after each of its changes, with the second of the recording."""
    books: dict[str, MarketBook] = {}
    runners: dict[str, list[str]] = {}
    with bz2.open(FOLDER / "betfair_stream" / RECORDING, "rb") as file:
        for payload in file:
            message = betfair.read(payload)
            runners.update(_match_odds(message))
            for update in betfair.updates(payload):
                if update.market_id in runners:
                    book = books[update.market_id] = evolve(books.get(update.market_id), update)
                    at_s = message["pt"] // 1_000
                    yield book.market_id, at_s, _best(book, runners[book.market_id])


def _match_odds(message: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    """Markets of 1X2 that a message defines, and their runners: home, away, draw."""
    for change in message.get("mc", ()):
        told = change.get("marketDefinition", {})
        if told.get("marketType") == "MATCH_ODDS":
            by_place = sorted(told["runners"], key=lambda each: each["sortPriority"])
            yield change["id"], [str(each["id"]) for each in by_place]


def _best(book: MarketBook, runners: list[str]) -> dict[str, Offers]:
    found = {}
    for outcome, runner in zip(("home", "away", "draw"), runners, strict=True):
        best = best_of(runner, book) if runner in book.runners else None
        if best and best.back_milli and best.lay_milli:
            sizes = (best.back_size_minor or 0, best.lay_size_minor or 0)
            found[outcome] = Offers(best.back_milli, sizes[0], best.lay_milli, sizes[1])
    return found


def _targets(figures: dict[str, Any]) -> dict[str, bool]:
    usual = figures["simulated"]["usual"]
    loss = usual["loss"]
    return {
        "both are nearer to the truth than shots alone, on every book": all(
            each["loss"]["both"] < each["loss"]["shots"] for each in figures["simulated"].values()
        ),
        "both are nearer to the truth than the exchange's own middle": loss["both"]
        < loss["the exchange's middle"],
        "offers are not farther from what was expected than the filter says": all(
            each["distance_squared"] < 2.2 for each in figures["simulated"].values()
        ),
    }


if __name__ == "__main__":
    main()
