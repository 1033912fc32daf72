"""What a topic is, and what holds for every one of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

# One number for every topic, fixed at creation: agents are co-partitioned by it, and a table
# could not follow a change. 12 divides evenly among 1, 2, 3, 4, 6 and 12 workers.
PARTITIONS = 12

# The largest inbox record that is handled, uncompressed: a broker's own limit of 1 MiB counts
# compressed bytes, in which a hundred megabytes can hide. What a handler makes of a record is at
# most a few times as large, and a dead letter keeps this much of it.
INBOX_RECORD_BYTES_MAX = 1 << 20

# The largest record of every other topic, changelogs and dead letters too. It must hold what an
# inbox record can cause, or that record would stop its worker for good.
RECORD_BYTES_MAX = 16 << 20


class Kind(StrEnum):
    """What a topic is for, which decides its settings."""

    INBOX = "inbox"
    PUBLIC = "public"


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic: its name, its kind, what its key names, and the records it carries.

    `is_told` marks a public topic on which a person waits for an answer, `is_compacted` one whose
    newest record of each key is the whole truth.
    """

    name: str
    kind: Kind
    key: str
    records: tuple[type, ...]
    is_told: bool = False
    is_compacted: bool = False

    @property
    def is_awaited(self) -> bool:
        """Whether somebody waits for its records, so that their commit should not."""
        return self.is_told or self.kind is Kind.INBOX

    @property
    def dead_letters(self) -> str:
        """Where an inbox's refused records are kept, with the reason."""
        return f"{self.name}.dlq"
