"""A house with one sport more, in a process of its own: sports are found when it starts.

    python -c "from overround.domain import pricing; pricing.__path__.append(FOLDER); \\
        from tests.kit.invented_sport import main; main(AVRO)"

plays the messages of the standard input and prints a line for each version of the quotes. AVRO is
a copy of the schemas, which gets those of the new sport as the guide says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from overround.contracts import topics
from overround.contracts.codec import Codec
from overround.contracts.derive import record_types
from overround.contracts.registry import faults, lock_schemas
from overround.contracts.schemas import check, records_in, write
from overround.domain.betting.commands import BetLeg, PlaceBet
from overround.domain.betting.events import BetAccepted
from overround.domain.kernel.money import Money
from overround.domain.kernel.odds import Price
from overround.domain.ledger.commands import Deposit, OpenAccount
from overround.domain.settlement.events import BetSettled
from overround.runtime.in_process import InProcess
from tests.kit.sports import MATCH, Partner
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import STATES


def codec(avro: Path) -> Codec:
    """The wire of the house, with the schemas of its new records written, documented and locked."""
    for path in write(avro, record_types(), STATES):
        schema = json.loads(path.read_text())
        for record in records_in(schema):
            for field in record["fields"]:
                field |= {"doc": field["doc"] or "As its record says.", "pii": "none"}
        path.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")
    lock_schemas(avro)
    assert check(avro, record_types(), STATES) + faults(avro) == []
    return Codec(states=STATES, root=avro)


def main(avro: str) -> None:
    """Play a match and show its quotes, and a bet on its first ones."""
    engine = InProcess(SPORTSBOOK, codec(Path(avro)), partitions=1)
    partner = Partner(engine=engine)
    for message in map(json.loads, sys.stdin):
        partner.tell(message)
        if message["type"] == "prices":
            _bet(engine, partner)
    for quotes in partner.quotes():
        prices = [f"{line.price_milli / 1_000:.2f}" for line in quotes.lines]
        print(quotes.score, quotes.status, *filter(None, [quotes.reason]), *prices)
    for told in engine.read(topics.BET_EVENTS):
        if isinstance(told, BetAccepted):
            stake, price = Money(told.stake_minor, told.currency), Price(told.price_milli)
            print(f"accepted: {stake} at {price.decimal()}")
        elif isinstance(told, BetSettled):
            print(f"paid: {Money(told.payout_minor, told.currency)}")
    for inbox in topics.INBOXES:
        for reason, _ in partner.engine.dead_letters(inbox):
            print("refused", reason)


def _bet(engine: InProcess, partner: Partner) -> None:
    """A customer bets 10.00 on home at the price that is quoted, if any is."""
    if partner.quotes():
        leg = BetLeg(MATCH, "match_winner/home", partner.price("match_winner", "home"))
        for command in (
            OpenAccount("c1", "EUR"),
            Deposit("c1", "d1", "EUR", 5_000),
            PlaceBet("c1", "b1", "EUR", 1_000, (leg,)),
        ):
            engine.pipe(topics.ACCOUNTS_INBOX, "c1", command)
            engine.run()
