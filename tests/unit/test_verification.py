"""The verifier finds what is wrong: each test spoils one thing of a sound run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from cli.verification.model import Kind, Verification
from cli.verification.verify import verify
from overround.contracts.codec import Codec
from overround.domain.betting.events import BetAccepted, LegReserved
from overround.domain.exposure.model import EMPTY
from overround.domain.kernel.decision import Tick
from overround.domain.ledger.events import EntryKind, LedgerEntry
from overround.domain.settlement.events import BetSettled
from overround.runtime.in_process import InProcess, LogRecord, RecordedRun, at_random
from overround.runtime.replay import Standing
from overround.runtime.topology import Agent
from tests.property.test_simulation import simulate
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire

Change = Callable[[list[LogRecord]], list[LogRecord]]
# A run that takes bets of every kind while its source is up, so that there is something to spoil.
SEED = 22


@pytest.fixture(scope="module")
def wire() -> Codec:
    return sportsbook_wire()


@pytest.fixture(scope="module")
def run(wire: Codec) -> InProcess:
    return simulate(SEED, wire, at_random(SEED, 0.02))


def as_it_is(_key: bytes, row: bytes) -> bytes:
    return row


class Spoiled(RecordedRun):
    """A run whose topics and tables are changed on their way to the reader."""

    def __init__(
        self,
        engine: InProcess,
        topics: dict[str, Change] | None = None,
        rows: dict[str, Callable[[bytes, bytes], bytes | None]] | None = None,
        behind: int = 0,
    ) -> None:
        super().__init__(engine)
        self.topics, self.rows, self.behind = topics or {}, rows or {}, behind

    def read(self, topic: str, partition: int) -> list[LogRecord]:
        records = super().read(topic, partition)
        return self.topics[topic](records) if topic in self.topics else records

    def standing(self, agent: Agent, partition: int) -> Standing:
        standing = super().standing(agent, partition)
        tables = {
            name: {
                key: kept
                for key, row in rows.items()
                if (kept := self.rows.get(name, as_it_is)(key, row)) is not None
            }
            for name, rows in standing.tables.items()
        }
        return Standing(max(0, standing.handled - self.behind), tables)


def first(wire: Codec, kind: type, then: Callable[[LogRecord], Sequence[LogRecord]]) -> Change:
    """Put something else in the place of the first record of a type in all partitions."""
    seen: list[tuple[int, int]] = []

    def change(records: list[LogRecord]) -> list[LogRecord]:
        changed: list[LogRecord] = []
        for record in records:
            place = (record.partition, record.offset)
            if not seen and isinstance(wire.decode(record.value or b"").value, kind):
                seen.append(place)
            changed += then(record) if place in seen else [record]
        return changed

    return change


def dropped(_record: LogRecord) -> Sequence[LogRecord]:
    return []


def doubled(record: LogRecord) -> Sequence[LogRecord]:
    return [record, record]


def verified(wire: Codec, recorded: RecordedRun) -> Verification:
    return verify(recorded, SPORTSBOOK, wire)


@pytest.mark.slow
def test_a_sound_run_is_clean_and_everything_in_it_was_counted(wire: Codec, run: InProcess) -> None:
    found = verified(wire, RecordedRun(run))
    assert found.is_clean, "\n".join(found.lines())
    assert [name for name, check in found.checks.items() if not check.counted] in (
        [],
        ["ledger.holds"],  # no hold is open when all is settled
    )
    assert run.crashes > 0
    assert found.accepted > 5


@pytest.mark.parametrize(
    ("topic", "kind", "then", "check", "what"),
    [
        ("bets.events", BetAccepted, dropped, "bets.answers", Kind.LOST),
        ("bets.events", BetAccepted, doubled, "bets.answers", Kind.DUPLICATED),
        ("bets.events", BetSettled, dropped, "bets.settlements", Kind.LOST),
        ("bets.events", BetSettled, doubled, "bets.settlements", Kind.DUPLICATED),
        ("markets.events", LegReserved, dropped, "bets.legs", Kind.LOST),
        ("markets.events", LegReserved, doubled, "bets.legs", Kind.DUPLICATED),
        ("ledger.entries", LedgerEntry, doubled, "ledger.entries", Kind.DUPLICATED),
        ("ledger.entries", LedgerEntry, dropped, "accounts.outputs", Kind.LOST),
        ("bets.events", BetAccepted, dropped, "accounts.outputs", Kind.LOST),
        ("markets.events", LegReserved, doubled, "markets.outputs", Kind.DUPLICATED),
    ],
)
def test_a_record_that_is_missing_or_there_twice_is_found(  # noqa: PLR0917
    topic: str, kind: type, then: Any, check: str, what: Kind, wire: Codec, run: InProcess
) -> None:
    found = verified(wire, Spoiled(run, {topic: first(wire, kind, then)}))
    assert what in {difference.kind for difference in found.checks[check].differences}


def test_quotes_that_were_published_twice_are_no_difference(wire: Codec, run: InProcess) -> None:
    found = verified(wire, Spoiled(run, {"markets.quotes": first(wire, object, doubled)}))
    assert found.is_clean


def test_older_quotes_that_were_left_out_are_no_difference(wire: Codec, run: InProcess) -> None:
    assert len(run.read("markets.quotes")) > 2
    found = verified(wire, Spoiled(run, {"markets.quotes": first(wire, object, dropped)}))
    assert found.is_clean


def test_newest_quotes_that_are_missing_are_found_twice(wire: Codec, run: InProcess) -> None:
    versions = {quotes.version for quotes in run.read("markets.quotes")}

    def without_newest(records: list[LogRecord]) -> list[LogRecord]:
        return [r for r in records if wire.decode(r.value or b"").value.version != max(versions)]

    found = verified(wire, Spoiled(run, {"markets.quotes": without_newest}))
    assert [d.kind for d in found.checks["quotes"].differences] == [Kind.LOST]
    assert [d.kind for d in found.checks["markets.outputs"].differences] == [Kind.LOST]


def test_quotes_with_another_price_than_a_bet_got_are_found(wire: Codec, run: InProcess) -> None:
    def dearer(record: LogRecord) -> LogRecord:
        read = wire.decode(record.value or b"")
        lines = tuple(replace(q, price_milli=q.price_milli + 10) for q in read.value.lines)
        quotes = replace(read.value, lines=lines)
        made = wire.encode(quotes, id=read.id, at_us=read.at_us, caused_by=read.caused_by)
        return replace(record, value=made)

    spoiled = Spoiled(run, {"markets.quotes": lambda records: [dearer(r) for r in records]})
    found = verified(wire, spoiled)
    assert {d.kind for d in found.checks["quotes"].differences} == {Kind.DIFFERENT}
    kinds = {difference.kind for difference in found.checks["markets.outputs"].differences}
    assert kinds == {Kind.DUPLICATED}


def test_a_missing_entry_shows_as_money_in_the_balances(wire: Codec, run: InProcess) -> None:
    found = verified(wire, Spoiled(run, {"ledger.entries": first(wire, LedgerEntry, dropped)}))
    entry = next(
        value
        for value in run.read("ledger.entries")
        if isinstance(value, LedgerEntry) and value.kind is EntryKind.TRANSFER
    )
    assert found.of("ledger.balances") >= 2
    assert found.ledger_minor >= 2 * entry.amount_minor


def test_a_cent_too_much_in_a_balance_is_found_three_ways(wire: Codec, run: InProcess) -> None:
    def richer(key: bytes, row: bytes) -> bytes:
        if key != b"customer:c1:EUR":
            return row
        balance = wire.decode_state(row)
        return wire.encode_state(replace(balance, credits_posted=balance.credits_posted + 1))

    found = verified(wire, Spoiled(run, rows={"overround-accounts-balances-changelog": richer}))
    wrong = [name for name, check in found.checks.items() if check.differences]
    assert wrong == ["accounts.tables", "ledger.balances", "ledger.control"]
    assert found.ledger_minor == 2


def test_an_exposure_that_misses_a_leg_is_found(wire: Codec, run: InProcess) -> None:
    empty = wire.encode_state(EMPTY)
    spoiled = Spoiled(run, rows={"overround-markets-exposures-changelog": lambda *_: empty})
    found = verified(wire, spoiled)
    assert found.of("exposures") >= 1
    assert found.of("markets.tables") == found.of("exposures")


def test_an_exposure_that_is_gone_is_found(wire: Codec, run: InProcess) -> None:
    spoiled = Spoiled(run, rows={"overround-markets-exposures-changelog": lambda *_: None})
    assert verified(wire, spoiled).of("exposures") >= 1


def test_outputs_out_of_their_order_are_found(wire: Codec, run: InProcess) -> None:
    found = verified(wire, Spoiled(run, {"ledger.entries": lambda records: records[::-1]}))
    kinds = {difference.kind for difference in found.checks["accounts.outputs"].differences}
    assert kinds == {Kind.DIFFERENT}


def test_an_agent_that_is_behind_is_told_so(wire: Codec, run: InProcess) -> None:
    found = verified(wire, Spoiled(run, behind=5))
    assert found.of("accounts.offsets") >= 1
    assert "records behind" in str(found.checks["accounts.offsets"])


def test_ticks_that_wait_are_not_behind(wire: Codec) -> None:
    engine = simulate(SEED, wire, lambda _: False)
    payload = wire.encode(Tick(1), id="", at_us=engine.now_us, caused_by=None)
    engine.append("accounts.inbox", None, payload, partition=0)
    assert verified(wire, RecordedRun(engine)).is_clean
