"""`overround verify` and `overround replay` on a real Kafka, sound and tampered with."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from cli.topic_reader import KafkaTopics
from cli.verify import verify_cluster
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS
from overround.runtime.in_process import partition_of
from tests.chaos.load import Plan
from tests.kit.kafka import produce
from tests.kit.sportsbook import played
from topologies.sportsbook import SPORTSBOOK
from topologies.wire import sportsbook_wire

pytestmark = pytest.mark.kafka

PLAN = Plan(11, bets=600, seconds=20, matches=4)
MATCHES = [f"chaos-11-{number:02d}" for number in range(4)]
MATCH = MATCHES[0]
ACCOUNTS, MARKETS = SPORTSBOOK.agent("accounts"), SPORTSBOOK.agent("markets")
BALANCES, BOOKS = "overround-accounts-balances-changelog", "overround-markets-books-changelog"


@pytest.fixture(scope="module")
def bootstrap(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with played(PLAN, tmp_path_factory.mktemp("logs")) as address:
        yield address


def overround(*arguments: str, bootstrap: str) -> Result:
    return CliRunner().invoke(main, [*arguments, "--bootstrap", bootstrap])


def test_a_sound_sportsbook_verifies_with_a_line_for_each_check(bootstrap: str) -> None:
    done = overround("verify", bootstrap=bootstrap)
    assert done.exit_code == 0, done.output
    *checks, verdict = done.output.splitlines()
    assert len(checks) >= 20
    assert all(line.startswith("ok ") for line in checks)
    assert verdict.startswith("everything agrees")
    assert verify_cluster(bootstrap).accepted > 0, "how many depends on the machine"


def test_a_replayed_match_is_the_live_one(bootstrap: str) -> None:
    shown = []
    for match in MATCHES:
        done = overround("replay", match, bootstrap=bootstrap)
        assert done.exit_code == 0, done.output
        assert "equal to the live state" in done.output
        assert re.search(rf"{match}: \d+-\d+, ended", done.output)
        shown.append(done.output)
    # Which of them took bets depends on the machine.
    assert re.search(r"exposure \d+ legs, stake [\d.]+ EUR", "".join(shown))


def test_a_match_is_replayed_from_a_snapshot(bootstrap: str, tmp_path: Path) -> None:
    kept = ("--snapshots", str(tmp_path))
    first = overround("replay", MATCH, *kept, "--every", "100", bootstrap=bootstrap)
    assert first.exit_code == 0, first.output
    assert re.search(rf"[1-9]\d* snapshots written to {tmp_path}", first.output)
    again = overround("replay", MATCH, *kept, bootstrap=bootstrap)
    assert again.exit_code == 0, again.output
    assert re.search(r"from the snapshot at offset [1-9]\d\d+", again.output)
    assert "equal to the live state" in again.output
    assert first.output.splitlines()[-2:] == again.output.splitlines()[-2:]


def test_a_match_can_be_seen_as_it_was(bootstrap: str) -> None:
    partition = partition_of(MATCH.encode(), PARTITIONS)
    records = KafkaTopics(bootstrap, PARTITIONS, [partition]).read("markets.inbox", partition)
    wire = sportsbook_wire()
    offset = next(
        record.offset
        for record in records
        if record.key == MATCH.encode()
        and getattr(wire.decode(record.value or b"").value, "clock_s", 0) > 1_800
    )
    done = overround("replay", MATCH, "--to-offset", str(offset + 1), bootstrap=bootstrap)
    assert done.exit_code == 0, done.output
    assert f"to offset {offset} at" in done.output
    assert re.search(rf"{MATCH}: \d-\d, first_half 3\d:\d\d, ", done.output)
    assert "1x2" in done.output
    before = overround("replay", MATCH, "--to-time", "2020-01-01", bootstrap=bootstrap)
    assert before.exit_code == 1
    assert "no record before the bound" in before.output


def test_a_market_is_explained_as_it_was_quoted(bootstrap: str) -> None:
    """Whether a moment had quotes of its own depends on the machine; that the end has does not."""
    for at in (("--at", "0:30"), ("--at", "30:00"), ("--at", "63:10"), ()):
        done = overround("explain", MATCH, "1x2", *at, "--json", bootstrap=bootstrap)
        assert done.exit_code == 0, done.output
        told = json.loads(done.output)
        assert told["is_equal"]
        was_published = told["comparison"]["published"] is not None
        assert bool(told["comparison"]["positions"]) == was_published
        assert was_published or at
        for each in told["selections"]:
            assert each["quoted_milli"] == (0 if told["is_voided"] else each["rounded_milli"])
    near = overround("explain", "chaos-11-0", "1x2", bootstrap=bootstrap)
    assert near.exit_code == 1
    assert MATCH in near.output


def test_what_is_explained_can_be_drawn_from_the_topics(bootstrap: str) -> None:
    done = overround("plot", "match", MATCH, "--log", "--no-png", bootstrap=bootstrap)
    assert done.exit_code == 0, done.output
    assert done.output.splitlines()[0].endswith(": 1x2")
    assert "score: " in done.output


@pytest.mark.parametrize("name", ["feeds", "markets", "accounts"])
def test_a_replayed_agent_is_the_live_one(name: str, bootstrap: str) -> None:
    done = overround("replay", name, bootstrap=bootstrap)
    assert done.exit_code == 0, done.output
    assert "equal to the live state" in done.output


def test_an_unknown_match_and_an_offset_of_no_partition_are_refused(bootstrap: str) -> None:
    assert overround("replay", "nobody", bootstrap=bootstrap).exit_code == 1
    wrong = overround("replay", "markets", "--to-offset", "5", bootstrap=bootstrap)
    assert wrong.exit_code == 2


def test_what_was_tampered_with_is_found(bootstrap: str) -> None:
    """Last in the file: it leaves the books of this node wrong."""
    wire = sportsbook_wire()
    recorded = KafkaTopics(bootstrap, PARTITIONS)
    customer, partition, stored = next(
        (key, partition, value)
        for partition in range(PARTITIONS)
        for key, value in recorded.standing(ACCOUNTS, partition).tables[BALANCES].items()
        if key.startswith(b"customer:")
    )
    balance = wire.decode_state(stored)
    richer = replace(balance, credits_posted=balance.credits_posted + 700)
    produce(bootstrap, BALANCES, [(customer, wire.encode_state(richer))], partition=partition)
    place = partition_of(MATCH.encode(), PARTITIONS)
    produce(bootstrap, BOOKS, [(MATCH.encode(), None)], partition=place)
    repeated = next(
        (record.key, record.value)
        for partition in range(PARTITIONS)
        for record in recorded.read(topics.BET_EVENTS.name, partition)
    )
    produce(bootstrap, topics.BET_EVENTS.name, [repeated])
    done = overround("verify", bootstrap=bootstrap)
    assert done.exit_code == 1
    found = verify_cluster(bootstrap)
    assert found.of("accounts.tables") == 1
    assert found.of("markets.tables") == 1
    assert found.of("accounts.outputs") >= 1
    assert found.ledger_minor == 2 * 700  # the account's own, and the control total's
    assert overround("replay", MATCH, bootstrap=bootstrap).exit_code == 1
