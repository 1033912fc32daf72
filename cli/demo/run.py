"""`overround demo`: a whole sportsbook on this machine, one match long."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import click
from rich.console import Console

from cli.demo.house import DemoFailed, House
from cli.demo.match import TimedRecord, timeline
from cli.demo.play import Play
from cli.demo.punters import Population
from cli.demo.report import Played, print_times, report
from cli.demo.scoreboard import Scoreboard
from cli.demo.simulated import SimulatedHouse
from cli.demo.view import View
from cli.local_kafka import KafkaUnavailable, cluster
from overround.runtime.records import Wire
from topologies.wire import sportsbook_wire

MATCH = Path(__file__).resolve().parents[2] / "examples" / "world_cup_2022_final.jsonl"

# 130 minutes in 133 s: the whole stays under three minutes.
SPEED_ON_KAFKA = 60.0

# A pipe has no width of its own; the widest line of the report's SQL fits.
_REPORT_COLUMNS = 96


@dataclass(frozen=True, slots=True)
class Settings:
    """What is played and how; `run_id` keeps runs apart on a cluster that lives on."""

    engine: str
    speed: float | None
    seed: int
    punters: int
    match: Path
    lake: Path
    logs: Path
    plain: bool
    run_id: str

    @property
    def event_id(self) -> str:
        """The match's id: its file's name, and the run's where there may be others."""
        stem = self.match.stem.replace("_", "-")
        return f"{stem}-{self.run_id}" if self.run_id else stem


class Phases:
    """Tells on the way what is being done, and keeps how long it took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._began_s = time.monotonic()
        self.times_s: dict[str, float] = {}

    @contextlib.contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """One phase, in the order of the report."""
        self._console.print(f"{name} ...", style="dim", highlight=False)
        began_s = time.monotonic()
        yield
        self.times_s[name] = time.monotonic() - began_s

    @property
    def total_s(self) -> float:
        """Seconds since the beginning."""
        return time.monotonic() - self._began_s


@click.command(epilog="Example: overround demo --engine in-process --seed 3")
@click.option(
    "--speed",
    type=click.FloatRange(min=0, min_open=True),
    help="Seconds of the match a second: 60 on Kafka; in process as fast as it goes.",
)
@click.option("--seed", default=7, show_default=True, help="Of the punters and their bets.")
@click.option(
    "--punters", type=click.IntRange(min=1), default=300, show_default=True, help="How many bet."
)
@click.option(
    "--engine",
    type=click.Choice(["kafka", "in-process"]),
    default="kafka",
    show_default=True,
    help="kafka is that of BOOTSTRAP_SERVERS, or a node of its own; in-process needs no Java.",
)
@click.option(
    "--match",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=MATCH,
    help="A match in the partner format; by default the final of the World Cup 2022.",
)
@click.option(
    "--lake",
    type=click.Path(path_type=Path, file_okay=False),
    help="A new directory for the Parquet files; by default one under var/demo.",
)
@click.option("--plain", is_flag=True, help="Lines instead of a screen, as without a terminal.")
def demo(  # noqa: PLR0917 - one for each option
    speed: float | None,
    seed: int,
    punters: int,
    engine: str,
    match: Path,
    lake: Path | None,
    plain: bool,
) -> None:
    """Play a match through the whole sportsbook, with punters who bet on it.

    Feeds, prices, bets, settlement, ledger and lake: at the end every bet is answered and settled
    and the ledger adds up to 0, else the exit status is 1. Nothing is left running.
    """
    stamp = time.strftime("%Y%m%d-%H%M%S")
    room = Path("var") / "demo" / stamp
    is_shared = engine == "kafka" and bool(os.environ.get("BOOTSTRAP_SERVERS", "").strip())
    settings = Settings(
        engine=engine,
        speed=speed or (SPEED_ON_KAFKA if engine == "kafka" else None),
        seed=seed,
        punters=punters,
        match=match,
        lake=lake or room / "lake",
        logs=room / "logs",
        plain=plain,
        run_id=stamp if is_shared else "",
    )
    if settings.lake.is_dir() and any(settings.lake.iterdir()):
        raise click.BadParameter(f"{settings.lake} is not empty", param_hint="--lake")
    before = signal.signal(signal.SIGTERM, _terminate)
    try:
        faults = run(settings)
    except KafkaUnavailable as missing:
        raise click.ClickException(
            f"{missing.reason}\nor run: make demo ENGINE=in-process"
        ) from missing
    except (DemoFailed, OSError) as reason:
        raise click.ClickException(str(reason)) from reason
    except KeyboardInterrupt:
        click.echo("stopped; nothing is left running", err=True)
        raise SystemExit(128 + signal.SIGINT) from None
    finally:
        signal.signal(signal.SIGTERM, before)
    raise SystemExit(1 if faults else 0)


def run(settings: Settings) -> list[str]:
    """Play, stop everything, report; what went wrong, a sentence each.

    Raises:
        KafkaUnavailable: no Kafka could be started.
        DemoFailed: the match could not be played to its end.
    """
    shown = Console(stderr=True, highlight=False)
    phases = Phases(shown)
    records = _records(settings)
    played = _play(settings, records, shown, phases)
    out = Console(highlight=False)
    if not out.is_terminal:
        out = Console(highlight=False, width=_REPORT_COLUMNS)
    with phases("report"):
        faults = report(out, played, settings.lake)
    print_times(out, phases.times_s, phases.total_s)
    for fault in faults:
        shown.print(f"WRONG: {fault}", style="bold red", markup=False, soft_wrap=True)
    return faults


def _records(settings: Settings) -> list[TimedRecord]:
    try:
        return timeline(settings.match, settings.event_id)
    except (ValueError, KeyError, TypeError) as wrong:
        raise DemoFailed(f"{settings.match} is no match in the partner format: {wrong}") from wrong


def _play(settings: Settings, records: list[TimedRecord], shown: Console, phases: Phases) -> Played:
    prefix = f"punter-{settings.run_id}" if settings.run_id else "punter"
    population = Population(settings.seed, settings.punters, prefix=prefix)
    board = Scoreboard(settings.event_id, (p.customer_id for p in population.punters))
    with contextlib.ExitStack() as running:
        house = _open(settings, sportsbook_wire(), running, phases)
        view = running.enter_context(View(shown, board, plain=settings.plain))
        play = Play(house, population, board, view, settings.run_id or f"s{settings.seed}")
        with phases("start workers"):
            play.wait_until_ready()
        with phases("open accounts"):
            play.open_accounts()
        with phases("match"):
            play.run_match(records)
        with phases("settle and drain"):
            play.drain()
        with phases("write the lake"):
            house.write_lake()
        played = Played(board, house.balances(), play.lags_left, play.lag_max)
        with phases("stop"):
            running.close()
    return played


def _open(settings: Settings, wire: Wire, running: contextlib.ExitStack, phases: Phases) -> House:
    """The house on its engine; what it starts is stopped with `running`."""
    if settings.engine == "in-process":
        return SimulatedHouse(wire, settings.lake, seed=settings.seed, speed=settings.speed)
    # Faust's engine and the admin's client are not needed in process.
    from cli.demo.on_kafka import open_kafka_house  # noqa: PLC0415

    with phases("start Kafka"):
        bootstrap = running.enter_context(cluster())
    assert settings.speed is not None
    return running.enter_context(
        open_kafka_house(bootstrap, wire, settings.lake, settings.logs, speed=settings.speed)
    )


def _terminate(_signal: int, _frame: FrameType | None) -> NoReturn:
    raise SystemExit(128 + signal.SIGTERM)
