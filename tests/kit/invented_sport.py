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

from overround.contracts.codec import Codec
from overround.contracts.derive import record_types
from overround.contracts.registry import faults, lock_schemas
from overround.contracts.schemas import check, records_in, write
from overround.contracts.topics import INBOXES
from tests.kit.sports import Partner
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
    """Play a match and show its quotes."""
    partner = Partner(codec(Path(avro)))
    partner.tell(*map(json.loads, sys.stdin))
    for quotes in partner.quotes():
        prices = [f"{line.price_milli / 1_000:.2f}" for line in quotes.lines]
        print(quotes.score, quotes.status, *filter(None, [quotes.reason]), *prices)
    for inbox in INBOXES:
        for reason, _ in partner.engine.dead_letters(inbox):
            print("refused", reason)
