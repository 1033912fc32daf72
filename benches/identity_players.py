"""Players of two providers that name them otherwise, linked by team and name alone.

    python -m benches.identity_players          about 25 s; reads ../shared/data

Claim: of the scorers of the World Cup of 2018 whom openfootball names, and whom Understat names
alike or otherwise in a league of 2017-18, at least 90 % are linked, and at least 99 % of the links
are right; and with forms made of Understat's names at least 99 % and 99.5 %.

Method, World Cup: IDENTITY hears of each national team's players first by Understat's names, then
by openfootball's; it sees the team and the name. The judge is a third provider, which names nobody:
Wyscout has ids, and who was on the pitch and scored, in the leagues and in the World Cup. An
Understat player is the id of his team that was there whenever he shot, and scored as often in each
match (but one). An openfootball scorer is the id that scored as often in each match of the World
Cup. Who has two such ids, or nearly, is left out. A squad is told by Wyscout's ids, too.

Method, forms: each team's players of a season as Understat names them, and again by another
provider as `L. Messi`, `Messi`, `Messi, Lionel`, or without accents; Understat's own id judges. A
form that two of a team share is nobody's, and a link of it is wrong.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from agents.identity import IDENTITY
from benches.played.players import Named, World, named_players, world_cup
from benches.report import Report, table
from overround.contracts import topics
from overround.domain.feeds.identity.commands import IdentifyFixture, IdentifyPlayer
from overround.domain.feeds.identity.events import (
    ParticipantDecided,
    ParticipantLinked,
    ParticipantProposed,
)
from overround.domain.feeds.identity.names import words
from overround.domain.kernel.match import Side
from overround.runtime.in_process import InProcess
from overround.runtime.topology import Topology
from topologies.wire import sportsbook_wire

SPORT, FIRST, SECOND = "football", "understat", "openfootball"
WORLD_CUP_MIN = {"precision": 0.99, "recall": 0.90}
FORMS_MIN = {"precision": 0.995, "recall": 0.99}


def linked(
    first: Mapping[str, Iterable[str]], second: Mapping[str, Iterable[str]]
) -> tuple[dict[tuple[str, str, str], str], set[tuple[str, str]]]:
    """What IDENTITY makes of both providers' names, by team.

    Gives the participant of each (provider, team, name), and the (team, name) that wait for a
    person.
    """
    engine = InProcess(Topology("players", (IDENTITY,)), sportsbook_wire())
    teams = sorted({*first, *second})
    for provider, squads in ((FIRST, first), (SECOND, second)):
        for number, team in enumerate(teams):
            match = str(number)
            fixture = ("World", team, f"Nobody {number}", number * 86_400_000_000 * 3, 1)
            head = (SPORT, provider, match, f"{provider}-{match}", "World Cup")
            engine.pipe(topics.IDENTITY_INBOX, SPORT, IdentifyFixture(*head, *fixture))
            for name in squads.get(team, ()):
                player = IdentifyPlayer(SPORT, provider, match, Side.HOME, name)
                engine.pipe(topics.IDENTITY_INBOX, SPORT, player)
        engine.run()
    links = [t for t in engine.read(topics.IDENTITIES) if isinstance(t, ParticipantLinked)]
    of_id = {t.participant_id: t.name for t in links if t.provider == FIRST and not t.team_id}
    found = {(t.provider, of_id[t.team_id], t.name): t.participant_id for t in links if t.team_id}
    open_: dict[str, tuple[str, str]] = {}
    for told in engine.read(topics.UNRESOLVED):
        if isinstance(told, ParticipantProposed):
            open_[told.participant_id] = (of_id[told.team_id], told.name)
        elif isinstance(told, ParticipantDecided):
            open_.pop(told.participant_id)
    return found, set(open_.values())


@dataclass
class Tally:
    """Names of the second provider, by what became of them."""

    to_link: int = 0
    not_to_link: int = 0
    right: int = 0
    doubts: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the links, those that are right."""
        return self.right / max(1, self.right + len(self.wrong))

    @property
    def recall(self) -> float:
        """Of those whom both name, those that are linked."""
        return self.right / max(1, self.to_link)


def judged(first: Iterable[Named], second: Iterable[Named]) -> Tally:
    """Links against the ids of who is meant; a name that the first does not know is to be new."""
    mine, theirs = list(first), list(second)
    found, waiting = linked(_squads(mine), _squads(theirs))
    tally = Tally()
    who: dict[str, set[str]] = {}
    for each in mine:
        who.setdefault(found[FIRST, each.team, each.name], set()).add(each.player_id)
    known = {(each.team, each.player_id): each.name for each in mine}
    for each in theirs:
        is_known = (each.team, each.player_id) in known
        tally.to_link += is_known
        tally.not_to_link += not is_known
        ids = who.get(found[SECOND, each.team, each.name])
        text = f"{each.team}: {each.name} ({known.get((each.team, each.player_id), 'nobody')})"
        if ids == {each.player_id}:
            tally.right += 1
        elif ids:
            tally.wrong.append(text)
        elif (each.team, each.name) in waiting:
            tally.doubts.append(text)
        elif is_known:
            tally.missed.append(text)
    return tally


def _squads(players: Iterable[Named]) -> dict[str, list[str]]:
    squads: dict[str, dict[str, None]] = {}
    for each in players:
        squads.setdefault(each.team, {})[each.name] = None
    return {team: list(names) for team, names in squads.items()}


def forms(players: Iterable[Named]) -> dict[str, list[Named]]:
    """The same players under forms that other providers write."""
    made: dict[str, list[Named]] = {"initial": [], "surname": [], "comma": [], "plain": []}
    for each in players:
        given, _, rest = each.name.partition(" ")
        written = {
            "initial": f"{given[0]}. {rest}" if rest else given,
            "surname": rest or given,
            "comma": f"{rest}, {given}" if rest else given,
            "plain": " ".join(words(each.name)).title(),
        }
        for form, name in written.items():
            made[form].append(Named(each.team, name, each.player_id))
    return {form: _apart(named) for form, named in made.items()}


def _apart(players: list[Named]) -> list[Named]:
    """The forms, each once; one that two of a team share is nobody's."""
    ids: dict[tuple[str, str], set[str]] = {}
    for each in players:
        ids.setdefault((each.team, each.name), set()).add(each.player_id)
    return [Named(*key, found.pop() if len(found) == 1 else "") for key, found in ids.items()]


def main() -> None:
    """Run, print, write."""
    report = Report("identity_players", "Players of two providers linked by team and name.")
    cup: World = world_cup()
    figures: dict[str, Tally] = {"World Cup 2018": judged(cup.understat, cup.openfootball)}
    season = named_players()
    for form, named in forms(season).items():
        figures[f"{form} of {len(season):,} names"] = judged(season, named)
    rows = [
        (
            name,
            *(f"{n:,}" for n in (t.to_link, t.not_to_link, t.right, len(t.wrong), len(t.doubts))),
            f"{len(t.missed):,}",
            f"{t.precision:.2%}",
            f"{t.recall:.2%}",
        )
        for name, t in figures.items()
    ]
    header = ("names", "to link", "not to link", "right", "wrong", "in doubt", "missed")
    report.add("Players", table((*header, "precision", "recall"), rows))
    report.add("What the World Cup says", _caveat(cup, figures["World Cup 2018"]), is_plain=True)
    for name, tally in figures.items():
        parts = {"wrong": tally.wrong, "in doubt": tally.doubts, "missed": tally.missed}
        lines = (f"{what}: {'; '.join(each) or 'none'}" for what, each in parts.items())
        report.add(name, "\n\n".join(lines))
    report.figures = {
        name: {
            "to_link": tally.to_link,
            "not_to_link": tally.not_to_link,
            "right": tally.right,
            "wrong": len(tally.wrong),
            "in_doubt": len(tally.doubts),
            "missed": len(tally.missed),
            "precision": tally.precision,
            "recall": tally.recall,
        }
        for name, tally in figures.items()
    }
    report.targets(targets(figures))
    report.write()


def _caveat(cup: World, tally: Tally) -> str:
    """How much the sample holds; by the rule of three, of the share of wrong links."""
    named = len(cup.openfootball)
    text = (
        f"Of {named + cup.left_out} names of scorers, {named} are clear by matches and goals.\n"
        f"The other {cup.left_out} are left out: nothing judges them."
    )
    links = tally.right + len(tally.wrong)
    if links and not tally.wrong:
        text += f"\nNo wrong link among {links} leaves room for {3 / links:.0%} (95 %)."
    return text


def targets(figures: Mapping[str, Any]) -> dict[str, bool]:
    """Which claims hold; the World Cup comes first."""
    cup, *made = figures.values()
    met = {
        f"World Cup: {name} at least {least:.0%}": getattr(cup, name) >= least
        for name, least in WORLD_CUP_MIN.items()
    }
    return met | {
        f"forms: {name} at least {least:.1%}": all(getattr(each, name) >= least for each in made)
        for name, least in FORMS_MIN.items()
    }


if __name__ == "__main__":
    main()
