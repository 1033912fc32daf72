"""`overround identity review` and what a person decides there."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from inspect import getdoc
from typing import Any

import click

from cli.desk import Answer, reaching
from cli.identity.desk import Desk
from cli.options import bootstrap_option
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    MergeEvents,
    MergeParticipants,
    RejectLink,
    RejectParticipant,
    SplitEvent,
    SplitParticipant,
)
from overround.domain.feeds.identity.events import (
    EventLinked,
    EventMerged,
    EventParted,
    LinkDecided,
    LinkProposed,
    ParticipantAdded,
    ParticipantDecided,
    ParticipantLinked,
    ParticipantProposed,
)
from overround.domain.feeds.identity.model import Kind
from overround.domain.kernel.time import to_datetime
from topologies.wire import sportsbook_wire

_STATUS = "Exit status: 0 it is decided, 1 it is refused or not answered."
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
_sport = click.option("--sport", default="football", show_default=True, help="Whose inbox it is.")
_KINDS = click.Choice([str(kind) for kind in Kind])


def _named(command: Callable[..., Any]) -> Callable[..., Any]:
    """What says which participant is meant, beside its id."""
    options = (
        click.option("--kind", type=_KINDS, default="team", show_default=True, help="What it is."),
        click.option(
            "--country", default="", help="Its competitions' country, as the alias tables write it."
        ),
        click.option("--team", "team_id", default="", help="The team of a player, by its id."),
    )
    for option in options:
        command = option(command)
    return command


def _decision(name: str, example: str) -> Callable[[Callable[..., Any]], click.Command]:
    """A command that gives a decision by its options, and tells what came of it."""

    def made(command_of: Callable[..., Any]) -> click.Command:
        def decide(bootstrap: str, as_json: bool, **given: Any) -> None:
            answer = _answered(lambda desk: desk.decide(command_of(**given)), bootstrap)
            click.echo(json.dumps(answer.as_json()) if as_json else _in_words(answer))
            raise SystemExit(1 if answer.refused else 0)

        decide.__doc__ = f"{getdoc(command_of)}\n\n{_STATUS}"
        # Options and arguments that were put on the function itself.
        decide.__click_params__ = getattr(command_of, "__click_params__", [])  # type: ignore[attr-defined]
        by = click.option(
            "--by", "reviewer_id", required=True, metavar="NAME", help="Who decides; it is kept."
        )
        for option in (_json, bootstrap_option, _sport, by):
            decide = option(decide)
        return click.command(name, epilog=f"Example: overround identity {example}")(decide)

    return made


@click.command(epilog="Example: overround identity review --bootstrap 127.0.0.1:9092 --json")
@bootstrap_option
@_json
def review(bootstrap: str, as_json: bool) -> None:
    """List what waits for a person: fixtures and names, with what each may be.

    The best candidate comes first. Decide fixtures with `confirm` or `reject`, names with
    `merge-participants` or `reject-participant`. Exit status: 0.
    """
    fixtures, names = _answered(Desk.waiting, bootstrap)
    if as_json:
        told = {"waiting": list(map(asdict, fixtures)), "names": list(map(asdict, names))}
        click.echo(json.dumps(told))
    elif not fixtures and not names:
        click.echo("nothing waits for a person")
    else:
        click.echo("\n".join([*map(_shown, fixtures), *map(_shown_name, names)]))


@_decision("confirm", "confirm wyscout 2500686 understat-8886 --by ann")
@click.argument("provider")
@click.argument("match")
@click.argument("event_id", metavar="EVENT")
def confirm(**given: Any) -> ConfirmLink:
    """Say that PROVIDER's fixture MATCH is EVENT, proposed or not."""
    return ConfirmLink(**given)


@_decision("reject", "reject wyscout 2500686 --by ann")
@click.argument("provider")
@click.argument("match")
def reject(**given: Any) -> RejectLink:
    """Say that PROVIDER's fixture MATCH is none of what was proposed; it stays its own event."""
    return RejectLink(**given)


@_decision("merge", "merge wyscout-2500686 understat-8886 --by ann")
@click.argument("event_id", metavar="EVENT")
@click.argument("into_event_id", metavar="INTO")
def merge(**given: Any) -> MergeEvents:
    """Say that EVENT is INTO: its book is closed, its bets are refunded, its feeds go to INTO."""
    return MergeEvents(**given)


@_decision("split", "split wyscout 2500686 --by ann")
@click.argument("provider")
@click.argument("match")
@click.option("--with-teams", is_flag=True, help="Its teams are others than the event's, too.")
def split(**given: Any) -> SplitEvent:
    """Say that PROVIDER's fixture MATCH is not the event that it was linked to.

    Both matches take no bets until a trader reopens them.
    """
    return SplitEvent(**given)


@_decision("merge-participants", "merge-participants football-fc-koln football-koln --by ann")
@click.argument("participant_id", metavar="PARTICIPANT")
@click.argument("into_participant_id", metavar="INTO")
@_named
@click.option("--into-team", "into_team_id", default="", help="INTO's team, if it is another.")
def merge_participants(kind: str, **given: Any) -> MergeParticipants:
    """Say that PARTICIPANT is INTO, for whatever comes from here on.

    The players of a team that is another one are that one's.
    """
    return MergeParticipants(kind=Kind(kind), **given)


@_decision(
    "reject-participant",
    "reject-participant football-arsenal-j-murphy --kind player --team football-arsenal --by ann",
)
@click.argument("participant_id", metavar="PARTICIPANT")
@_named
def reject_participant(kind: str, **given: Any) -> RejectParticipant:
    """Say that PARTICIPANT is none of those that were proposed; it stays one of its own."""
    return RejectParticipant(kind=Kind(kind), **given)


@_decision("split-participant", "split-participant football-sevilla betfair 'Sevilla B' --by ann")
@click.argument("participant_id", metavar="PARTICIPANT")
@click.argument("provider")
@click.argument("name", metavar="NAME")
@_named
def split_participant(kind: str, **given: Any) -> SplitParticipant:
    """Say that PROVIDER's NAME is not PARTICIPANT, for whatever comes from here on."""
    return SplitParticipant(kind=Kind(kind), **given)


def _answered(ask: Callable[[Desk], Any], bootstrap: str) -> Any:
    with reaching(bootstrap):
        return ask(Desk(bootstrap, sportsbook_wire()))


def _shown(waiting: LinkProposed) -> str:
    """A fixture and its candidates; ids stand whole in a line, to be copied."""
    kickoff = f"{to_datetime(waiting.kickoff_at_us):%Y-%m-%d %H:%M}"
    fixture = f"{waiting.home} - {waiting.away}, {waiting.competition}, {kickoff} UTC"
    lines = [f"{waiting.provider} {waiting.match}: {fixture}"]
    for each in waiting.candidates:
        teams = f"{each.home} - {each.away}, {each.competition}"
        lines.append(f"  may be {each.event_id}: {teams} ({each.score_percent} %: {each.why})")
    return "\n".join(lines)


def _shown_name(waiting: ParticipantProposed) -> str:
    """A name and its candidates, with the options that say where they are known."""
    place = f"--kind {waiting.kind} --country '{waiting.country}'"
    place += f" --team {waiting.team_id}" if waiting.team_id else ""
    lines = [f"{waiting.provider} {waiting.name}: {waiting.participant_id} {place}"]
    for each in waiting.candidates:
        lines.append(f"  may be {each.participant_id}: {each.name} ({each.why})")
    return "\n".join(lines)


def _in_words(answer: Answer) -> str:
    if answer.refused:
        return f"refused: {answer.refused} ({answer.detail})"
    return "\n".join(_WORDS[type(told)](told) for told in answer.told)


_WORDS: dict[type, Callable[[Any], str]] = {
    EventLinked: lambda t: f"{t.provider}'s {t.match} is {t.event_id}",
    EventMerged: lambda t: f"{t.event_id} is closed: merged into {t.into_event_id}",
    EventParted: lambda t: f"{t.event_id} takes no bets: parted from {t.other_event_id}",
    ParticipantLinked: lambda t: f"{t.provider}'s {t.name} is {t.participant_id}",
    ParticipantAdded: lambda t: f"{t.participant_id} is a {t.kind} by itself",
    ParticipantDecided: lambda t: f"nothing is open of {t.participant_id}",
    LinkDecided: lambda t: f"nothing is open of {t.provider}'s {t.match}",
}
