"""Which sport a market or a match is of, where it is not football: those are not explained yet."""

from __future__ import annotations

import click

from cli.explain.history import MARKETS
from overround.domain.pricing.quoting import FOLLOWED
from overround.runtime.in_process import partition_of
from overround.runtime.records import Wire
from overround.runtime.replay import Recorded, replay


def offering(market: str) -> str:
    """The sport that offers a market, empty if none of these does."""
    found = (
        name
        for name, sport in FOLLOWED.items()
        if any(offer.market == market for offer in sport.catalogue)
    )
    return next(found, "")


def sport_of(recorded: Recorded, wire: Wire, event_id: str) -> str:
    """The sport of a match, empty if it is football or unknown."""
    partition = partition_of(event_id.encode(), recorded.partitions)
    key = event_id.encode()
    records = recorded.read(MARKETS.inbox.name, partition)
    task = replay(MARKETS, partition, wire, [each for each in records if each.key == key])
    book = task.tables["sport_books"].get(event_id)
    return "" if book is None else str(book.sport)


def refuse_other_sports(sport: str) -> None:
    """Say that a sport's quotes are not explained.

    Raises:
        ClickException: `sport` is not empty.
    """
    if sport:
        raise click.ClickException(f"{sport} is not explained yet: only quotes of football are.")
