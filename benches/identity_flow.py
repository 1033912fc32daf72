"""Three providers that list the same season, linked fixture by fixture as they come.

    python -m benches.identity_flow          about 20 s; reads ../shared/data

Claim: as in `benches.identity`, but in the flow: fixtures come day by day, in process, through
FEEDS and IDENTITY, and nobody decides a doubt. At least 99.5 % of the matches that two providers
both list are one event in the end, and at least 99.9 % of such pairs are right.

Method: the three lists of `benches.identity`, in the partner's format, without a country (the alias
tables know that of a competition). The final score, which no rule sees, judges. It is done twice:
day by day, and with one provider's whole season after the other's. Told beside it are the fixtures
that were put before a person when they came, and settled by what came later, and the rate.
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from hashlib import sha256
from itertools import combinations, groupby
from typing import Any

from agents.feeds import FEEDS
from agents.identity import IDENTITY
from benches.identity import Provider, add_pairs, scored, seasons
from benches.report import Report, table
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.identity.events import EventLinked, LinkDecided, LinkProposed
from overround.domain.feeds.identity.model import own_event_id
from overround.domain.feeds.identity.season import Listed
from overround.runtime.in_process import InProcess
from overround.runtime.topology import Topology
from topologies.wire import sportsbook_wire

# As each provider writes them; the alias tables know their countries.
COMPETITIONS = {
    "football-data": {
        "England": "E0",
        "France": "F1",
        "Germany": "D1",
        "Italy": "I1",
        "Spain": "SP1",
    },
    "understat": {
        "England": "EPL",
        "France": "Ligue 1",
        "Germany": "Bundesliga",
        "Italy": "Serie A",
        "Spain": "La liga",
    },
    "wyscout": {
        "England": "English first division",
        "France": "French first division",
        "Germany": "German first division",
        "Italy": "Italian first division",
        "Spain": "Spanish first division",
    },
}


def fixture(provider: str, match: Listed) -> RecordFeed:
    """A fixture as its provider's connection would hand it in; a day without a time is midnight."""
    message = {
        "format": FORMAT,
        "type": "fixture",
        "match": match.key,
        "sequence": 1,
        "competition": COMPETITIONS[provider][match.country],
        "home": match.home,
        "away": match.away,
        "kickoff_at": f"{date.fromordinal(match.day).isoformat()}T00:00:00Z",
    }
    payload = json.dumps(message).encode()
    event_id = own_event_id(provider, match.key)
    digest = sha256(payload).digest()
    return RecordFeed(event_id, provider, 1, 0, payload, digest, match=match.key)


def flow(
    providers: Mapping[str, Sequence[Listed]], seed: int = 0, *, in_turn: bool = False
) -> InProcess:
    """Every fixture in the order of the days; within a day in whatever order the engine takes.

    `in_turn`: one provider's whole season after the other's.
    """
    engine = InProcess(Topology("fixtures", (FEEDS, IDENTITY)), sportsbook_wire(), seed=seed)
    listed = [(m.day, name, m) for name in sorted(providers) for m in providers[name]]
    listed.sort(key=(lambda each: (each[1], each[0])) if in_turn else (lambda each: each[:2]))
    for _, of_the_day in groupby(listed, key=lambda each: each[0]):
        for _, provider, match in of_the_day:
            record = fixture(provider, match)
            engine.pipe(topics.FEEDS_INBOX, record.event_id, record)
        engine.run()
    return engine


def links(engine: InProcess) -> dict[str, dict[str, str]]:
    """The event of each provider's matches, as the newest records have it."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for told in engine.read(topics.IDENTITIES):
        if isinstance(told, EventLinked):
            found[told.provider][told.match] = told.event_id
    return found


def unresolved(engine: InProcess) -> list[LinkProposed]:
    """What a person is still to decide."""
    still: dict[tuple[str, str], LinkProposed] = {}
    for told in engine.read(topics.UNRESOLVED):
        key = (told.provider, told.match)
        if isinstance(told, LinkProposed):
            still[key] = told
        elif isinstance(told, LinkDecided):
            still.pop(key, None)
    return list(still.values())


def pairs(left: dict[str, str], right: dict[str, str]) -> dict[str, str]:
    """The matches of two providers that are one event, by key."""
    there = {event_id: key for key, event_id in right.items()}
    return {key: there[event_id] for key, event_id in left.items() if event_id in there}


def judged(engine: InProcess, providers: Mapping[str, Provider]) -> dict[str, dict[str, Any]]:
    """What a run linked, against the scores, pair by pair."""
    found = links(engine)
    return {
        f"{left} to {right}": scored(
            providers[left], providers[right], pairs(found[left], found[right])
        )
        for left, right in combinations(sorted(providers), 2)
    }


def main() -> None:
    """Run, print, write."""
    providers = seasons()
    lists = {name: matches for name, (matches, _) in providers.items()}
    report = Report("identity_flow", "Three providers' fixtures linked as they come.")
    figures, rows = {}, []
    for order, in_turn in (("day by day", False), ("provider by provider", True)):
        started = time.perf_counter()
        engine = flow(lists, in_turn=in_turn)
        rate = sum(map(len, lists.values())) / (time.perf_counter() - started)
        asked = sum(isinstance(told, LinkProposed) for told in engine.read(topics.UNRESOLVED))
        rows.append((order, f"{asked:,}", f"{len(unresolved(engine)):,}", f"{rate:,.0f}"))
        got = judged(engine, providers)
        figures |= {f"{pair}, {order}": found for pair, found in got.items()}
    met = add_pairs(report, figures)
    header = ("order", "put before a person", "still so at the end", "fixtures/s")
    report.add("Doubts, and speed in one process", table(header, rows))
    report.targets(met)
    report.write()


if __name__ == "__main__":
    main()
