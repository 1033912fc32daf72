"""All checks together, over the topics of any engine."""

from __future__ import annotations

from typing import Any

from cli.verification.bets import Bets, check_answers, check_legs, check_paid, check_settlements
from cli.verification.exposures import (
    check_customer_exposures,
    check_exposures,
    check_fates,
    check_kept_legs,
)
from cli.verification.model import Check, Journal, Verification
from cli.verification.money import check_ledger
from cli.verification.quotes import check_quotes
from cli.verification.replayed import check_agent
from overround.contracts import topics
from overround.domain.pricing.football.layout import ON_SCORE, ON_SIDES
from overround.domain.pricing.quoting import FOLLOWED, quoter
from overround.runtime.records import Wire
from overround.runtime.replay import Recorded
from overround.runtime.topology import Topology


def verify(recorded: Recorded, topology: Topology, wire: Wire) -> Verification:
    """Count everything again, by replay and independently of the handlers, and compare.

    Exact for a system at rest. While bets are under way, what is not answered yet is told as
    lost, and how far behind the agents are beside it.
    """
    journal = Journal(recorded, wire)
    checks: dict[str, Check] = {}
    for agent in topology.agents:
        checks |= check_agent(journal, agent)
    tables = _tables(recorded, topology, wire)
    bets = Bets(journal)
    legs = tables["legs"]
    liabilities = {key: row.liability_minor for key, row in tables["customer_exposures"].items()}
    books, sport_books = tables["books"], tables["sport_books"]
    versions = {event_id: book.version for event_id, book in (books | sport_books).items()}
    side_versions = {event_id: book.side_version for event_id, book in books.items()}
    entries = journal.entries(topics.LEDGER_ENTRIES)
    checks |= check_ledger(entries, tables["balances"], tables["holds"])
    checks |= {
        "bets.answers": check_answers(bets),
        "bets.legs": check_legs(journal, bets),
        "bets.settlements": check_settlements(bets),
        "bets.paid": check_paid(journal, bets),
        "legs.kept": check_kept_legs(journal, legs),
        "legs.fates": check_fates(journal, legs, sport_books),
        "exposures": check_exposures(legs, tables["exposures"], sport_books),
        "exposures.customers": check_customer_exposures(legs, liabilities),
        "quotes": check_quotes(journal, topics.QUOTES, versions, _QUOTED),
        "quotes.sides": check_quotes(journal, topics.SIDE_QUOTES, side_versions, ON_SIDES.index),
    }
    return Verification(checks, bets=len(bets.placed), accepted=len(bets.taken))


# What has its prices in `Quotes` and in `SportQuotes`.
_QUOTED = ON_SCORE.index.keys() | {id for sport in FOLLOWED for id in quoter(sport).places}


def _tables(recorded: Recorded, topology: Topology, wire: Wire) -> dict[str, dict[str, Any]]:
    """The content of every table over all partitions, decoded."""
    tables: dict[str, dict[str, Any]] = {}
    for agent in topology.agents:
        for partition in range(recorded.partitions):
            stored = recorded.standing(agent, partition).tables
            for table in agent.owns:
                rows = tables.setdefault(table.name, {})
                for key, value in stored[agent.changelog(table)].items():
                    rows[key.decode()] = wire.decode_state(value)
    return tables
