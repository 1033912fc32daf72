"""`overround replay`: rebuild a match or an agent from its log, up to any point of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import takewhile
from pathlib import Path
from typing import Any

import click

from agents.markets.prices import prices_milli
from cli.options import bootstrap_option
from cli.snapshots import SnapshotFolder
from cli.topic_reader import KafkaTopics
from overround.contracts.topic import PARTITIONS
from overround.domain.exposure.reckoning import BY_MARKET, BY_SCORE, Reckoning
from overround.domain.kernel.market import CATALOGUE, MarketType
from overround.domain.kernel.money import Money
from overround.domain.kernel.odds import Price
from overround.domain.kernel.time import from_datetime, to_datetime
from overround.domain.pricing.quoting import quoter
from overround.runtime.in_process import LogRecord, hash_tables, partition_of
from overround.runtime.records import Wire
from overround.runtime.replay import Contents, contents
from overround.runtime.shell import Task
from overround.runtime.snapshot import Keeping, SnapshotError, replay_from
from overround.runtime.topology import Agent
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire

_AGENTS = {agent.name: agent for agent in SPORTSBOOK.agents}
_SHOWN = {"1x2", "totals:2.5", "asian_handicap:0", "both_teams_to_score"}


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    """Microseconds of an ISO 8601 time; without a zone it is UTC."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise click.BadParameter(f"{text!r} is no ISO 8601 time") from error
    return from_datetime(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


@click.command(epilog="Example: overround replay match-1 --to-time 2026-01-03T15:20:00")
@click.argument("name", metavar="EVENT_OR_AGENT")
@bootstrap_option
@click.option("--to-offset", type=int, help="Stop before this offset of the inbox partition.")
@click.option("--to-time", callback=_moment, help="Stop after this append time (ISO 8601, UTC).")
@click.option("--partition", type=click.IntRange(0, PARTITIONS - 1), help="One of an agent's.")
@click.option(
    "--snapshots",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Start from the last snapshot in this folder that is not past the bound.",
)
@click.option(
    "--every",
    type=click.IntRange(min=1),
    help="Write a snapshot into that folder each so many offsets.",
)
def replay(  # noqa: PLR0917 - a parameter for each option
    name: str,
    bootstrap: str,
    to_offset: int | None,
    to_time: int | None,
    partition: int | None,
    folder: Path | None,
    every: int | None,
) -> None:
    """Rebuild a match, or an agent's tables, from the log, and print the state and its hash.

    EVENT_OR_AGENT is an event id, or the name of an agent. Without a bound the state must be the
    live one, as the changelogs hold it. Exit status: 0 it is, or a bound was given; 1 it differs,
    or there is no such match. With --snapshots a long log is replayed from near its end.
    """
    if every is not None and folder is None:
        raise click.UsageError("--every needs the folder of the --snapshots that it writes")
    agent = _AGENTS.get(name)
    if agent is not None:
        places: Sequence[int] = range(PARTITIONS) if partition is None else (partition,)
        if to_offset is not None and len(places) != 1:
            raise click.UsageError("--to-offset needs the --partition that it is an offset of")
    else:
        agent, places = _AGENTS["markets"], (partition_of(name.encode(), PARTITIONS),)
    recorded = KafkaTopics(bootstrap, PARTITIONS, places)
    event = None if name in _AGENTS else name
    is_bounded = to_offset is not None or to_time is not None
    wire, rebuilt, live = sportsbook_wire(), [], []
    snapshots = None if folder is None else SnapshotFolder(folder)
    for place in places:
        # The live state first: what is appended after it is not in it.
        standing = recorded.standing(agent, place)
        records = recorded.read(agent.inbox.name, place)
        end = to_offset if is_bounded else standing.handled
        stretch = list(_up_to(records, end, to_time, agent, place))
        task = _replayed(agent, place, wire, stretch, snapshots, every)
        rebuilt.append(_of(contents(task), event))
        live.append(_of(standing.tables, event))
        if event is not None:
            _show(task, event)
    _conclude(_hash(rebuilt), None if is_bounded else _hash(live))


def _replayed(  # noqa: PLR0917
    agent: Agent,
    partition: int,
    wire: Wire,
    records: Sequence[LogRecord],
    snapshots: SnapshotFolder | None,
    every: int | None,
) -> Task:
    """The task after the records, from the last snapshot on where there is a folder of them."""
    if snapshots is None or not records:
        return replay_from(agent, partition, wire, records)
    snapshot = snapshots.newest(agent.name, partition, records[-1].offset + 1)
    if snapshot is not None:
        click.echo(f"  from the snapshot at offset {snapshot.handled}")
    keeping = None if every is None else Keeping(every, snapshots.keep)
    try:
        task = replay_from(agent, partition, wire, records, snapshot=snapshot, keeping=keeping)
    except SnapshotError as error:
        raise click.ClickException(f"a snapshot in {snapshots.folder}: {error}") from error
    if keeping is not None:
        click.echo(f"  {snapshots.written} snapshots written to {snapshots.folder}")
    return task


def _up_to(
    records: Sequence[LogRecord], end: int | None, to_us: int | None, agent: Agent, partition: int
) -> Iterator[LogRecord]:
    """The records before an offset and not after a time; says how far they went."""

    def is_within(record: LogRecord) -> bool:
        return (end is None or record.offset < end) and (
            to_us is None or record.timestamp * 1000 <= to_us
        )

    number, last = 0, None
    for last in takewhile(is_within, records):
        number += 1
        yield last
    where = f"{agent.inbox.name}:{partition}"
    if last is None:
        click.echo(f"{where}: no record before the bound")
        return
    at = to_datetime(last.timestamp * 1000).isoformat(timespec="milliseconds")
    click.echo(f"{where}: {number} records to offset {last.offset} at {at}")


def _of(tables: Contents, event: str | None) -> Contents:
    """The rows of one match, or all of them."""
    if event is None:
        return tables
    return {
        changelog: {key: row for key, row in rows.items() if _is_of(key, event.encode())}
        for changelog, rows in tables.items()
    }


def _is_of(key: bytes, event: bytes) -> bool:
    return key.partition(b"/")[0] == event


def _hash(states: Sequence[Contents]) -> str:
    return hash_tables(table for state in states for table in state.items())


def _conclude(rebuilt: str, live: str | None) -> None:
    click.echo(f"state hash {rebuilt}")
    if live is None:
        click.echo("the state at a bound is compared with nothing")
    elif live == rebuilt:
        click.echo("equal to the live state")
    else:
        click.echo(f"DIFFERS from the live state, whose hash is {live}")
        raise SystemExit(1)


def _show(task: Task, event: str) -> None:
    """Print a match in words; exits with status 1 when nothing is known of it."""
    book = task.tables["books"].get(event)
    if book is None:
        _show_other_sport(task, event)
        return
    match = book.match
    reason = f" ({book.reason})" if book.reason else ""
    click.echo(
        f"{event}: {match.home_goals}-{match.away_goals}, {match.period} "
        f"{match.clock_s // 60}:{match.clock_s % 60:02d}, {book.status}{reason}, "
        f"quotes version {book.version}"
    )
    for market, line in _main_prices(prices_milli(book).tolist()).items():
        click.echo(f"  {market:24} {line}")
    _show_bets(task, event, BY_SCORE, "worst score")


def _show_bets(task: Task, event: str, reckoning: Reckoning[Any], worst_of: str) -> None:
    exposures = task.tables["exposures"]
    for key in exposures.within(event):
        held, currency = exposures[key], key.rpartition("/")[2]
        stake = Money(held.total_stake_minor, currency)
        worst = Money(reckoning.worst_minor(held), currency)
        click.echo(f"  exposure {held.legs} legs, stake {stake}, {worst_of} {worst}")
    legs = [task.tables["legs"][key] for key in task.tables["legs"].within(event)]
    settled, voided = sum(leg.settled for leg in legs), sum(leg.voided for leg in legs)
    click.echo(f"  legs {len(legs)}, settled {settled}, voided {voided}")


def _show_other_sport(task: Task, event: str) -> None:
    book = task.tables["sport_books"].get(event)
    if book is None:
        raise click.ClickException(f"nothing is known of {event} there")
    live, reason = quoter(book.sport).live, f" ({book.reason})" if book.reason else ""
    score = live.score(task.tables["sport_matches"][event])
    click.echo(
        f"{event}: {book.sport}, {score}, {book.status}{reason}, quotes version {book.version}"
    )
    _show_bets(task, event, BY_MARKET, "worst outcomes")


def _main_prices(prices: Sequence[int]) -> dict[str, str]:
    lines: dict[str, str] = {}
    for selection, milli in zip(CATALOGUE, prices, strict=True):
        is_main = selection.market.id in _SHOWN or selection.market.type is MarketType.RESULT
        if milli and is_main:
            known = lines.get(selection.market.id, "")
            lines[selection.market.id] = f"{known}{selection.outcome} {Price(milli).decimal()}  "
    return lines
