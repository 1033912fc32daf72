"""The demonstration on a terminal: a board that refreshes, or a line now and then."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.demo.scoreboard import Scoreboard
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.match import Incident
from overround.domain.kernel.money import Money
from overround.domain.kernel.odds import Price

REFRESHES_PER_S = 6
PLAIN_EVERY_S = 5.0
# Bets a second are counted over this long: long enough to be steady, short enough to show a goal.
_RATE_S, _RATE_STEP_S = 3.0, 0.25

_MAIN = (
    ("1X2", (("home", "1x2/home"), ("draw", "1x2/draw"), ("away", "1x2/away"))),
    ("Goals 2.5", (("over", "totals:2.5/over"), ("under", "totals:2.5/under"))),
    ("Both score", (("yes", "both_teams_to_score/yes"), ("no", "both_teams_to_score/no"))),
)
_ARROWS = {1: ("▲", "green"), -1: ("▼", "red"), 0: (" ", "")}
_STATUS_STYLE = {TradingStatus.OPEN: "green", TradingStatus.SUSPENDED: "yellow"}


class Rate:
    """How many a second, over the last few seconds of wall time."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def note(self, count: int, now_s: float) -> None:
        """Note the count so far; may be called as often as the count changes."""
        if not self._seen or now_s - self._seen[-1][0] >= _RATE_STEP_S:
            self._seen.append((now_s, count))
        while now_s - self._seen[0][0] > _RATE_S:
            self._seen.popleft()

    def per_s(self) -> float:
        """The rate between the oldest and the newest note that count."""
        if len(self._seen) < 2:
            return 0.0
        (first_s, first), (last_s, last) = self._seen[0], self._seen[-1]
        return (last - first) / (last_s - first_s)


class View:
    """Shows a scoreboard while it changes, as a context manager; `show` may be called often.

    On a terminal it is a board in place; without one, or with `plain`, a line every few seconds.
    """

    def __init__(self, console: Console, board: Scoreboard, *, plain: bool) -> None:
        self._console = console
        self._board = board
        self._rate = Rate()
        self._shown_s = 0.0
        self._live: Live | None = None
        if console.is_terminal and not plain:
            self._live = Live(console=console, auto_refresh=False, transient=True)
        self._every_s = PLAIN_EVERY_S if self._live is None else 1 / REFRESHES_PER_S

    def __enter__(self) -> View:
        if self._live is not None:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def show(self, phase: str, lags: dict[str, int], *, now_s: float | None = None) -> None:
        """Bring the screen up to date, if it is time to."""
        now_s = time.monotonic() if now_s is None else now_s
        self._rate.note(self._board.sent, now_s)
        if now_s - self._shown_s < self._every_s:
            return
        self._shown_s = now_s
        bets_per_s = self._rate.per_s()
        if self._live is None:
            self._console.print(status_line(self._board, phase, bets_per_s, lags), soft_wrap=True)
        else:
            self._live.update(screen(self._board, phase, bets_per_s, lags), refresh=True)


def status_line(board: Scoreboard, phase: str, bets_per_s: float, lags: dict[str, int]) -> str:
    """Everything that matters in one line without markup."""
    outcomes = board.outcomes()
    parts = (
        phase,
        _score(board),
        f"bets {board.sent} ({bets_per_s:.0f}/s)",
        f"accepted {outcomes['accepted']} partly {outcomes['partly accepted']} "
        f"rejected {outcomes['rejected']}",
        f"worst {_sums({c: e.worst_minor for c, e in board.exposures.items()})}",
        f"P&L {_sums(board.house_minor)}",
        f"lag {' '.join(f'{name}:{lag}' for name, lag in lags.items())}",
    )
    dead = f" · {len(board.dead_letters)} DEAD LETTERS" if board.dead_letters else ""
    return " · ".join(parts) + dead


def screen(
    board: Scoreboard, phase: str, bets_per_s: float, lags: dict[str, int]
) -> RenderableType:
    """The board: match, prices, bets, money and lag."""
    return Panel(
        Group(_match(board), "", _prices(board), "", _figures(board, bets_per_s, lags)),
        title=f"overround demo · {phase}",
        title_align="left",
        width=88,
    )


def clock(incident: Incident) -> str:
    """The match clock as it is read out: `79:30`."""
    minutes, seconds = divmod(incident.clock_s, 60)
    return f"{minutes}:{seconds:02d}"


def _score(board: Scoreboard) -> str:
    fixture, now = board.fixture, board.incident
    if fixture is None:
        return "no match yet"
    if now is None:
        return f"{fixture.home} v {fixture.away}"
    period = str(now.period).replace("_", " ")
    score = f"{fixture.home} {now.home_goals}-{now.away_goals} {fixture.away}"
    return f"{clock(now)} {score} ({period})"


def _match(board: Scoreboard) -> RenderableType:
    lines = [Text(_score(board), style="bold")]
    news = board.last_news
    if news is not None:
        who = ", ".join(str(part) for part in (news.side, news.player) if part)
        what = str(news.kind if news.kind != "period" else news.period).replace("_", " ")
        lines.append(Text(f"last: {clock(news)} {what}{f' ({who})' if who else ''}"))
    if board.quotes is not None:
        status, reason = board.quotes.status, board.quotes.reason
        text = f"trading {status}{f': {reason}' if reason else ''} · quotes {board.quotes.version}"
        lines.append(Text(text, style=_STATUS_STYLE.get(status, "dim")))
    return Group(*lines)


def _prices(board: Scoreboard) -> Table:
    table = Table.grid(padding=(0, 3))
    for name, lines in _MAIN:
        table.add_row(name, *(_price(board, label, selection) for label, selection in lines))
    return table


def _price(board: Scoreboard, label: str, selection: str) -> Text:
    milli = board.prices.get(selection)
    arrow, style = _ARROWS[board.moves.get(selection, 0)]
    shown = Price(milli).decimal() if milli else "-"
    return Text.assemble(f"{label} ", (f"{shown:>6}", "bold"), (f" {arrow}", style))


def _figures(board: Scoreboard, bets_per_s: float, lags: dict[str, int]) -> Table:
    outcomes = board.outcomes()
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(overflow="fold")
    table.add_row("Bets", f"{board.sent:,} sent, {bets_per_s:,.0f}/s")
    table.add_row(
        "Answers",
        f"{outcomes['accepted']:,} accepted, {outcomes['partly accepted']:,} partly, "
        f"{outcomes['rejected']:,} rejected, {len(board.unanswered):,} waiting",
    )
    reasons = ", ".join(f"{reason} {count:,}" for reason, count in board.rejections.most_common())
    table.add_row("Rejected for", reasons or "-")
    worst = {currency: e.worst_minor for currency, e in board.exposures.items()}
    table.add_row("At the worst score", _sums(worst))
    table.add_row("House P&L so far", _sums(board.house_minor))
    table.add_row("Lag of inboxes", "  ".join(f"{name} {lag:,}" for name, lag in lags.items()))
    if board.dead_letters:
        table.add_row("Dead letters", Text(f"{len(board.dead_letters):,}", style="bold red"))
    return table


def _sums(minor_by_currency: dict[str, int]) -> str:
    amounts = (str(Money(minor, currency)) for currency, minor in sorted(minor_by_currency.items()))
    return ", ".join(amounts) or "-"
