"""An explanation for a person: a sentence, two tables, and what they rest on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.explain.account import Explanation, Figures, GoalsPrior, Observation
from cli.explain.quoted import decimal
from overround.domain.pricing.football.explain import Multipliers

# More columns fit in no terminal; --json has all of a market's selections.
_SHOWN_MAX = 4
# Half a hundredth of a percentage point: what is less is shown as nothing.
_POINTS_MIN = 5e-5


def show(console: Console, told: Explanation, limit: int) -> None:
    """Print an explanation, with the observations of the largest effects, `limit` at the most."""
    console.print(headline(told), style="bold", markup=False, soft_wrap=True)
    shown = _shown(told)
    if told.selections:
        console.print(_prices(told, shown))
    if told.observations and told.prior is not None:
        console.print(_moves(told, shown, limit))
    for name, words in _grounds(told):
        console.print(f"[bold]{name:<12}[/bold] {escape(words)}", soft_wrap=True)


def headline(told: Explanation) -> str:
    """The explanation in a sentence: what is likeliest, at what price, and what moved it most."""
    where = f"{told.market} at {', '.join(filter(None, [told.clock, told.score]))}"
    if not told.selections or told.prior is None:
        return (
            f"{where}: not offered, {told.status}{_because(told.reason)}. "
            "Ask for an earlier time with --at."
        )
    place, best = max(enumerate(told.selections), key=lambda pair: pair[1].probability)
    held = "" if told.status == "open" else f"; {told.status}{_because(told.reason)}"
    news = max(told.observations, key=lambda each: abs(each.effect[place]), default=None)
    moved = ""
    if news is not None and news.effect[place]:
        side = f" ({news.side})" if news.side else ""
        moved = (
            f"; most by {_words(news.kind)}{side} at {news.clock or news.score}, "
            f"{_points(news.effect[place])} points"
        )
    time = sum(each.time[place] for each in told.observations)
    waited = f"; time {_points(time)}" if told.clock else ""
    before = told.prior.probabilities[place]
    return (
        f"{where}: {_words(best.outcome)} {decimal(best.quoted_milli, 'not offered')}, "
        f"{_percent(best.probability)} from {_percent(before)} before {_beginning(told)}"
        f"{moved}{waited}{held}."
    )


def _beginning(told: Explanation) -> str:
    return "kick-off" if isinstance(told.prior, GoalsPrior) else "the start"


def kept(observations: Sequence[Observation], limit: int) -> list[int]:
    """The places of the observations of the largest effects that have one, in the log's order.

    A change of trading counts as the smallest of effects.
    """
    telling = [n for n, each in enumerate(observations) if each.size >= _POINTS_MIN or each.trading]
    return sorted(sorted(telling, key=lambda n: -observations[n].size)[:limit])


def _shown(told: Explanation) -> list[int]:
    ranked = sorted(range(len(told.selections)), key=lambda n: -told.selections[n].probability)
    if not ranked and told.prior is not None:
        chances = told.prior.probabilities
        ranked = sorted(range(len(chances)), key=lambda n: -chances[n])
    return sorted(ranked[:_SHOWN_MAX])


def _prices(told: Explanation, shown: Sequence[int]) -> Table:
    table = Table(box=SIMPLE_HEAD, header_style="bold")
    table.add_column("selection", overflow="fold")
    for name in ("before", "now", "fair", "margin", "tick", "quoted"):
        table.add_column(name, justify="right")
    assert told.prior is not None
    for place in shown:
        each = told.selections[place]
        table.add_row(
            _words(each.outcome),
            _percent(told.prior.probabilities[place]),
            _percent(each.probability),
            _exact(each.fair_milli),
            _exact(each.margined_milli),
            decimal(each.rounded_milli),
            decimal(each.quoted_milli),
        )
    if len(shown) < len(told.selections):
        table.caption = f"the likeliest {len(shown)} of {len(told.selections)}; --json has all"
    return table


def _moves(told: Explanation, shown: Sequence[int], limit: int) -> Table:
    """The way from the prior to now: what is shown adds up, as the rest is in one row."""
    assert told.prior is not None
    chances = told.prior.probabilities
    names = [_words(told.outcomes[place]) for place in shown]
    table = Table(box=SIMPLE_HEAD, header_style="bold", show_footer=bool(told.selections))
    table.add_column("at", "now")
    table.add_column("what", "")
    for name, place in zip(names, shown, strict=True):
        now = _percent(told.selections[place].probability) if told.selections else ""
        table.add_column(name, now, justify="right")
    table.add_column("trading", overflow="fold")
    table.add_column("log position", overflow="fold", style="dim")
    before = [_percent(chances[place]) for place in shown]
    table.add_row("", f"prices before {_beginning(told)}", *before, "", told.prior.position)
    for cells in _rows(told.observations, shown, kept(told.observations, limit)):
        table.add_row(*cells)
    return table


def _rows(
    observations: Sequence[Observation], shown: Sequence[int], rows: Sequence[int]
) -> Iterator[tuple[str, ...]]:
    start = 0
    for row in [*rows, len(observations)]:
        passed = observations[start:row]
        ended = observations[row : row + 1]
        time = _sums([each.time for each in (*passed, *ended)], shown)
        if _tells(time):
            yield "", "[dim]time[/dim]", *map(_points, time), "", ""
        other = _sums([each.effect for each in passed], shown)
        if _tells(other):
            records = f"[dim]{len(passed)} other records[/dim]"
            where = f"{passed[0].position} .. {passed[-1].position.rpartition(':')[2]}"
            yield "", records, *map(_points, other), "", where
        for each in ended:
            side = f" ({each.side})" if each.side else ""
            what = f"{_words(each.kind)}{side} {each.score}"
            moved = [_points(each.effect[place]) for place in shown]
            # Other sports than football have no clock of their own: the log's time of day.
            clock = "" if each.clock == _words(each.kind) else each.clock or each.at[11:19]
            yield clock, escape(what), *moved, escape(each.trading), each.position
        start = row + 1


def _sums(figures: Sequence[Figures], shown: Sequence[int]) -> list[float]:
    return [sum(each[place] for each in figures) for place in shown]


def _tells(changes: Sequence[float]) -> bool:
    return any(abs(change) >= _POINTS_MIN for change in changes)


def _grounds(told: Explanation) -> Iterator[tuple[str, str]]:
    if told.prior is not None:
        prior = told.prior
        prices = ", ".join(f"{p.selection} {decimal(p.price_milli)}" for p in prior.prices[:5])
        source = f"{prior.provider}'s prices ({prices}) at {prior.position}"
        yield "prior", f"{source}{_goals(prior)}" if isinstance(prior, GoalsPrior) else source
    if told.multipliers is not None:
        m = told.multipliers
        yield (
            "multipliers",
            f"share of goals left {m.share_left:.4f}; home and away: red cards {_pair(m.reds)}, "
            f"shots {_pair(m.shots)}, {_exchange(m)}score {_pair(m.score)}; goals to come "
            f"{m.goals[0]:.3f} and {m.goals[1]:.3f}, dependence {m.rho:+.4f}",
        )
    if told.selections:
        yield (
            "margin",
            f"{told.book - told.fair_book:.2%}: inverse prices sum to {told.fair_book:.2%} without "
            f"it, {told.book:.2%} with it, {_rounded(told)}; {_width(told)}",
        )
        yield "skew", _skew(told)
    yield "book", f"{told.status}{_because(told.reason)} after {told.position} ({told.at})"
    yield "quoted", _verdict(told)


def _goals(prior: GoalsPrior) -> str:
    goals = f"{prior.home_goals:.3f} and {prior.away_goals:.3f} goals"
    return f": {goals}, dependence {prior.rho:+.4f}"


def _width(told: Explanation) -> str:
    version = told.control.parameters_version
    by = f"parameters of version {version}" if version else "default parameters"
    if told.control.widening == 1.0:
        return f"as wide as usual, {by}"
    return f"widened x{told.control.widening:.3f} by doubt, age, jumps and depth, {by}"


def _rounded(told: Explanation) -> str:
    if all(each.rounded_milli for each in told.selections):
        return f"{told.rounded_book:.2%} on the ladder"
    left_out = sum(not each.rounded_milli for each in told.selections)
    return f"and {left_out} of {len(told.selections)} are as good as decided and not offered"


def _skew(told: Explanation) -> str:
    if told.is_voided:
        return "the market is voided: no bet is taken on it any more"
    if told.control.held:
        return f"the market is suspended: {told.control.held}"
    moved = [
        f"{s.outcome} {decimal(s.rounded_milli)} to {decimal(s.quoted_milli)}"
        for s in told.selections
        if s.rounded_milli != s.quoted_milli
    ]
    if not moved:
        return "none: the quotes are the model's prices with margin, rounded down to the ladder"
    if told.control.override:
        return f"{told.control.override}; it moved {', '.join(moved[:5])}"
    return f"beyond the model the book moved {', '.join(moved[:5])}"


def _verdict(told: Explanation) -> str:
    comparison = told.comparison
    if comparison.differences:
        return "DIFFERS from what was quoted:\n  " + "\n  ".join(comparison.differences)
    if comparison.published is None:
        return "nothing had been published yet"
    places = ", ".join(comparison.positions)
    if comparison.published == comparison.version:
        return f"version {comparison.version}, equal byte for byte to {places}"
    return (
        f"version {comparison.version} was not published, yet or because a newer one came first; "
        f"the one that readers had, {comparison.published}, is equal byte for byte to {places}"
    )


def _exchange(told: Multipliers) -> str:
    return "" if told.exchange == (1.0, 1.0) else f"exchange {_pair(told.exchange)}, "


def _pair(factors: tuple[float, float]) -> str:
    return f"x{factors[0]:.3f} x{factors[1]:.3f}"


def _because(reason: str) -> str:
    return f" ({reason})" if reason else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _percent(chance: float) -> str:
    return f"{chance:.1%}"


def _points(change: float) -> str:
    """A change of probability in percentage points."""
    return f"{100 * change:+.2f}" if _tells([change]) else "0"


def _exact(price_milli: float) -> str:
    return f"{price_milli / 1_000:.4f}" if 0.0 < price_milli < 1e7 else "-"
