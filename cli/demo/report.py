"""What the demonstration says at its end: markets, ledger, questions to the lake, and times."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cli.demo.ledger_check import LedgerCheck, check_ledger
from cli.demo.markets import ALL, MarketSums, exposure_faults, markets_of
from cli.demo.scoreboard import Scoreboard
from overround.domain.kernel.money import EXPONENTS
from overround.domain.ledger.model import Balance
from overround.lake import open_lake

# Three questions of three kinds: what became of the bets, how prices followed the play, who won.
QUESTIONS = (
    (
        "What became of the bets?",
        """\
SELECT outcome, coalesce(reason, '') AS reason, count(DISTINCT (customer_id, bet_id)) AS bets,
    median(requested_minor) / 100 AS median_stake
FROM bets GROUP BY ALL ORDER BY bets DESC, outcome, reason LIMIT 8""",
    ),
    (
        "How did the prices follow the score?",
        """\
SELECT home_goals || '-' || away_goals AS score, min(clock_s) // 60 || '''' AS since,
    max(version) - min(version) + 1 AS versions,
    arg_min(price_milli, version) FILTER (outcome = 'home') / 1000 AS home_first,
    arg_max(price_milli, version) FILTER (outcome = 'home') / 1000 AS home_last,
    arg_min(price_milli, version) FILTER (outcome = 'draw') / 1000 AS draw_first,
    arg_max(price_milli, version) FILTER (outcome = 'draw') / 1000 AS draw_last
FROM quotes WHERE market = '1x2' AND status = 'open'
GROUP BY home_goals, away_goals ORDER BY min(version)""",
    ),
    (
        "Who won most?",
        """\
WITH settled AS (
    SELECT DISTINCT customer_id, bet_id, currency, stake_minor, payout_minor
    FROM bets WHERE outcome <> 'rejected' AND payout_minor IS NOT NULL
)
SELECT customer_id, currency, count(*) AS bets, sum(stake_minor) / 100 AS staked,
    sum(payout_minor) / 100 AS paid, paid - staked AS won
FROM settled GROUP BY ALL ORDER BY won DESC, customer_id LIMIT 5""",
    ),
)


@dataclass(frozen=True, slots=True)
class Played:
    """What is left of a match when all has stopped."""

    board: Scoreboard
    balances: dict[str, Balance]
    lags: dict[str, int]
    lag_max: dict[str, int]


def report(console: Console, played: Played, lake_path: Path) -> list[str]:
    """Print everything but the times; what is wrong, a sentence each (none: all is well)."""
    lake = open_lake(lake_path)
    markets = markets_of(lake, played.board.event_id)
    ledger = check_ledger(lake, played.balances)
    console.print(_bets_line(played.board))
    for currency in dict.fromkeys(m.currency for m in markets):
        console.print(_markets(markets, currency))
    console.print(_ledger(ledger))
    for question, sql in QUESTIONS:
        _ask(console, lake, question, sql)
    console.print(f"The lake: {lake_path}", soft_wrap=True)
    console.print(f'Ask it: overround query "FROM bets LIMIT 5" --lake {lake_path}', soft_wrap=True)
    (rejects,) = lake.execute("SELECT count(*) FROM rejects").fetchone() or (0,)
    unreadable = [f"{rejects} records could not be read into the lake"] if rejects else []
    return [
        *faults_of(played),
        *ledger.faults,
        *exposure_faults(markets, played.board.exposures),
        *unreadable,
    ]


def faults_of(played: Played) -> list[str]:
    """What was left undone when the match was over."""
    board, faults = played.board, []
    if not board.is_confirmed:
        faults.append("the result was never confirmed")
    for bets, what in ((board.unanswered, "answered"), (board.unsettled, "settled")):
        if bets:
            faults.append(f"{len(bets)} bets were never {what}, first {min(bets)}")
    faults += [f"{inbox} is {lag} records behind" for inbox, lag in played.lags.items() if lag]
    if board.dead_letters:
        first = board.dead_letters[0]
        faults.append(
            f"{len(board.dead_letters)} dead letters, first {first.source}: "
            f"{first.reason} {first.detail}"
        )
    return faults


def print_times(console: Console, times_s: dict[str, float], total_s: float) -> None:
    """How long each phase took, and all of it."""
    phases = ", ".join(f"{phase} {seconds:.1f} s" for phase, seconds in times_s.items())
    console.print(f"Time: {total_s:.1f} s ({phases})", soft_wrap=True, highlight=False)


def _bets_line(board: Scoreboard) -> str:
    outcomes = board.outcomes()
    result = board.result
    score = f"{result.home_goals}-{result.away_goals}" if result else "unknown"
    again = board.sent - len(board.placed)
    return (
        f"Result of regular time: {score}. {len(board.placed):,} bets, {again} of them sent twice: "
        f"{outcomes['accepted']:,} accepted, {outcomes['partly accepted']:,} partly, "
        f"{outcomes['rejected']:,} rejected, {len(board.unanswered):,} unanswered; "
        f"{len(board.settled):,} settled."
    )


def _markets(markets: list[MarketSums], currency: str) -> Table:
    names = ("market", "bets", "turnover", "at worst", "payout", "margin", "margin %")
    table = _table(f"Markets, {currency}", *names)
    for m in (m for m in markets if m.currency == currency):
        amounts = (m.turnover_minor, m.worst_minor, m.payout_minor, m.margin_minor)
        table.add_row(
            m.market.replace("_", " "),
            f"{m.bets:,}",
            *(amount(minor, currency) for minor in amounts),
            f"{100 * m.margin_minor / m.turnover_minor:.1f}",
            style="bold" if m.market == ALL else None,
        )
    return table


def _ledger(ledger: LedgerCheck) -> Table:
    table = _table("Ledger", "sum of", *(books.currency for books in ledger.books))
    counts = {
        "accounts, number": [b.accounts for b in ledger.books],
        "entries, number": [b.entries for b in ledger.books],
    }
    sums = {
        "customers' accounts": [b.customers_minor for b in ledger.books],
        "the house's stakes less payouts": [b.house_minor for b in ledger.books],
        "the cashier's, money from outside": [b.cashier_minor for b in ledger.books],
        "all accounts (must be 0)": [b.accounts_total_minor for b in ledger.books],
        "all entries (must be 0)": [b.entries_total_minor for b in ledger.books],
    }
    for name, numbers in counts.items():
        table.add_row(name, *(f"{number:,}" for number in numbers))
    for name, minors in sums.items():
        cells = zip(minors, ledger.books, strict=True)
        table.add_row(name, *(amount(minor, books.currency) for minor, books in cells))
    return table


def _ask(console: Console, lake: duckdb.DuckDBPyConnection, question: str, sql: str) -> None:
    answer = lake.execute(sql)
    names = [column[0] for column in answer.description or ()]
    table = _table("", *names)
    for row in answer.fetchall():
        table.add_row(*(escape(_cell(cell)) for cell in row))
    console.print(f"[bold]{question}[/bold]")
    console.print(sql, style="dim", markup=False, highlight=False, soft_wrap=True)
    console.print(table)


def _table(title: str, *names: str) -> Table:
    table = Table(title=title or None, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for name in names:
        table.add_column(name, justify="left" if name in _TEXTS else "right", no_wrap=True)
    return table


_TEXTS = ("market", "currency", "sum of", "outcome", "reason", "score", "customer_id")


def amount(minor: int, currency: str) -> str:
    """An amount in whole units with thousands parted, without the currency: `-1,234.50`."""
    places = EXPONENTS[currency]
    whole, part = divmod(abs(minor), 10**places)
    decimals = f".{part:0{places}d}" if places else ""
    return f"{'-' if minor < 0 else ''}{whole:,}{decimals}"


def _cell(cell: Any) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)
