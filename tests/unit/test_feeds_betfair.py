"""The exchange's markets against a second, simple reading of the same recordings."""

from __future__ import annotations

import bz2
import gzip
import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from cli.ingest.ingest import ingest
from cli.ingest.summary import Run
from overround.adapters.feeds.betfair import FORMAT, decode
from overround.adapters.feeds.files import opened
from overround.adapters.feeds.providers import PROVIDERS
from overround.contracts.codec import Codec
from overround.domain.feeds.books import MarketBook, evolve
from overround.domain.feeds.commands import RecordFeed
from overround.domain.kernel.refusal import Refusal
from tests.kit.exchange import reference
from topologies.wire import sportsbook_wire

RUNNERS = [{"id": 1, "status": "ACTIVE"}, {"id": 2, "status": "ACTIVE"}]
DEFINITION = {"eventId": "7", "status": "OPEN", "inPlay": False, "version": 5, "runners": RUNNERS}

# What else lies among the recordings of markets, by what its files are called, and why none of it
# says anything of a market: answers to requests, other streams, changes without their market.
EXPLAINED = {
    "Schema": {"missing_field"},
    "_orders": {"missing_field"},
    "incidents": {"missing_field"},
    "processed": {"missing_field"},
    "streaming_market_definition": {"missing_field"},
    "ORDER-": {"unsupported_op"},
    "_ocm_": {"unsupported_op"},
    "_rcm": {"unsupported_op"},
    "sportsdata_cricket": {"unsupported_op"},
    "mcm_RESUB_DELTA": {"market_unknown"},
    "mcm_UPDATE_tv": {"market_unknown"},
    "mcm_update": {"market_unknown"},
    "no_market_def": {"definition_missing"},
}


@pytest.fixture(scope="module")
def wire() -> Codec:
    return sportsbook_wire()


def message(*markets: dict[str, Any], **fields: Any) -> bytes:
    return json.dumps({"op": "mcm", "pt": 1, **fields, "mc": list(markets)}).encode()


def ladder(*steps: list[float], **fields: Any) -> dict[str, Any]:
    return {"id": "1.1", "rc": [{"id": 1, "atb": list(steps)}], **fields}


def summary_of(wire: Codec, *messages: bytes) -> dict[str, Any]:
    run = Run(PROVIDERS["betfair"], wire)
    run.feed(messages, lambda _messages: None)
    return run.summary()


def read(payload: bytes) -> Any:
    digest = sha256(payload).digest()
    return decode(RecordFeed("e-1", "betfair", 0, 0, payload, digest, FORMAT))


def reason(payload: bytes) -> str:
    with pytest.raises(Refusal) as caught:
        read(payload)
    return caught.value.reason


def explained(name: str) -> set[str]:
    """The reasons for which messages of a file may be refused; none for a recording of markets."""
    return next((reasons for part, reasons in EXPLAINED.items() if part in name), set())


def is_of_markets(path: Path) -> bool:
    return path.suffix in (".jsonl", ".bz2") or "_mcm_" in path.name


@pytest.mark.slow
@pytest.mark.recordings
def test_every_recording_is_summed_up_as_a_simple_reading_of_it_ends(recordings: Path) -> None:
    markets = messages = 0
    for path in sorted((recordings / "betfair_stream").iterdir()):
        done = CliRunner().invoke(ingest, ["betfair", "--file", str(path), "--summary"])
        assert (done.exit_code, done.stdout.count("\n")) == (0, 1), path.name
        got = json.loads(done.stdout)
        messages += got["messages"]
        assert set(got["dead_letters"]) == explained(path.name), path.name
        assert (got["gaps"], got["duplicates"]) == (0, 0), path.name
        if is_of_markets(path):
            with opened(path) as file:
                expected = reference(line for line in file if line.strip())
            assert got["markets"] == expected, path.name
            markets += len(expected)
    assert markets > 300
    assert messages > 70_000


@pytest.mark.slow
@pytest.mark.recordings
def test_every_recorded_market_is_half_way_what_a_simple_reading_of_it_is(
    recordings: Path, wire: Codec
) -> None:
    """At the end most are closed, and nobody offers any more."""
    offered = 0
    for path in filter(is_of_markets, sorted((recordings / "betfair_stream").iterdir())):
        with opened(path) as file:
            lines = [line for line in file if line.strip()]
        half = lines[: -(-len(lines) // 2)]
        got = summary_of(wire, *half)["markets"]
        assert got == reference(iter(half)), path.name
        sides = [s for market in got.values() for s in market["selections"].values()]
        offered += sum(side["best_back"] is not None for side in sides)
    assert offered > 700


def test_a_size_of_zero_takes_an_offer_away_and_an_image_takes_all(wire: Codec) -> None:
    opening = message({"id": "1.1", "marketDefinition": DEFINITION})
    offers = message(ladder([2.0, 10.5], [1.98, 3]))
    gone = summary_of(wire, opening, offers, message(ladder([2.0, 0]), pt=2))
    assert gone["markets"]["1.1"]["selections"]["1"]["best_back"] == [1.98, 3.0]
    image = message({"id": "1.1", "img": True, "marketDefinition": DEFINITION}, pt=2)
    wiped = summary_of(wire, opening, offers, image)
    assert wiped["markets"]["1.1"]["selections"]["1"]["best_back"] is None


def test_virtual_prices_count_only_where_there_are_no_others(wire: Codec) -> None:
    opening = message({"id": "1.1", "marketDefinition": DEFINITION})
    virtual = {"id": "1.1", "rc": [{"id": 1, "bdatb": [[0, 2.2, 5]]}]}
    only = summary_of(wire, opening, message(virtual))
    assert only["markets"]["1.1"]["selections"]["1"]["best_back"] == [2.2, 5.0]
    both = summary_of(wire, opening, message(virtual), message(ladder([2.0, 1])))
    assert both["markets"]["1.1"]["selections"]["1"]["best_back"] == [2.0, 1.0]


def test_an_older_version_that_arrives_late_changes_nothing() -> None:
    book: MarketBook | None = None
    for version, status in ((5, "OPEN"), (6, "SUSPENDED"), (5, "OPEN")):
        definition = DEFINITION | {"version": version, "status": status}
        update = read(message({"id": "1.1", "marketDefinition": definition})).values[0]
        book = evolve(book, update)
    assert book is not None
    assert (book.status, book.version) == ("SUSPENDED", 6)


def test_a_repeated_message_is_dropped_and_counted(wire: Codec) -> None:
    opening = message({"id": "1.1", "marketDefinition": DEFINITION})
    first, removed = message(ladder([2.0, 1])), message(ladder([2.0, 0]), pt=2)
    got = summary_of(wire, opening, first, removed, first)
    assert got["duplicates"] == 1
    assert got["markets"]["1.1"]["selections"]["1"]["best_back"] is None


def test_bad_lines_are_counted_by_reason_and_leave_the_rest_alone(wire: Codec) -> None:
    opening = message({"id": "1.1", "marketDefinition": DEFINITION})
    bad = (b'{"op":"mcm","mc":[{"id"', b"[]", b'{"op":"??"}', message(ladder([2.0, -1])))
    unknown = message({"id": "1.9", "rc": []})
    got = summary_of(wire, opening, *bad, unknown, message(ladder([2.0, 1]), pt=3))
    assert got["dead_letters"] == {
        "malformed_json": 1,
        "market_unknown": 1,
        "not_an_object": 1,
        "out_of_range": 1,
        "unknown_op": 1,
    }
    assert got["markets"]["1.1"]["selections"]["1"]["best_back"] == [2.0, 1.0]


@pytest.mark.parametrize(
    ("payload", "expected"),
    [
        (b"{", "malformed_json"),
        (b"\xff", "malformed_json"),
        (b'{"pt":1}', "missing_field"),
        (b'{"op":"ocm"}', "unsupported_op"),
        (b'{"op":"mcm","ct":"SOON"}', "unknown_change_type"),
        (b'{"op":"mcm","mc":{}}', "wrong_type"),
        (message({"marketDefinition": DEFINITION}), "missing_field"),
        (message({"id": "1", "marketDefinition": {"status": "?"}}), "unknown_status"),
        (
            message({"id": "1", "marketDefinition": {"status": "OPEN", "version": "1"}}),
            "wrong_type",
        ),
        (message(ladder([2.0])), "wrong_type"),
        (message(ladder(["2", 1])), "wrong_type"),  # type: ignore[list-item]
        (message(ladder([float("nan"), 1])), "malformed_json"),
        (message(ladder([2.0, 1e300])), "out_of_range"),
        (message({"id": "1", "rc": [{"id": 1, "batb": [[-1, 2, 2]]}]}), "out_of_range"),
        (message({"id": "1", "rc": [{"atb": [[2, 2]]}]}), "missing_field"),
        (message({"id": "1", "rc": [{"id": 1, "hc": "x"}]}), "wrong_type"),
    ],
)
def test_what_is_no_message_of_the_stream_is_refused_with_its_reason(
    payload: bytes, expected: str
) -> None:
    assert reason(payload) == expected


@pytest.mark.parametrize(
    "payload",
    [b'{"op":"connection","connectionId":"1"}', b'{"op":"mcm","ct":"HEARTBEAT","clk":"A"}'],
)
def test_messages_of_the_connection_say_nothing_of_a_market(payload: bytes) -> None:
    assert read(payload).values == ()


@pytest.mark.parametrize(
    "written",
    [
        bz2.compress,
        gzip.compress,
        lambda lines: b"\xef\xbb\xbf" + lines.replace(b"\n", b"\r\n"),
        lambda lines: b"[" + lines.replace(b"\n", b",\n") + b"]",
    ],
    ids=["bzip2", "gzip", "marked and CRLF", "one array"],
)
def test_a_recording_is_read_however_it_was_kept(
    wire: Codec, tmp_path: Path, written: Callable[[bytes], bytes]
) -> None:
    lines = message({"id": "1.1", "marketDefinition": DEFINITION}) + b"\n" + message(ladder([2, 1]))
    path = tmp_path / "recording"
    path.write_bytes(written(lines))
    got = summary_of(wire, *PROVIDERS["betfair"].messages(path))
    assert (got["messages"], got["dead_letters"]) == (2, {})
    assert got["markets"]["1.1"]["selections"]["1"]["best_back"] == [2.0, 1.0]


@pytest.mark.slow
def test_the_command_prints_one_object_and_says_what_it_cannot_read(tmp_path: Path) -> None:
    path = tmp_path / "1.1.bz2"
    path.write_bytes(bz2.compress(message({"id": "1.1", "marketDefinition": DEFINITION})))
    done = CliRunner().invoke(ingest, ["betfair", "--file", str(path), "--summary"])
    assert done.exit_code == 0
    assert set(json.loads(done.output)) == {
        "messages",
        "dead_letters",
        "duplicates",
        "gaps",
        "markets",
    }
    path.write_bytes(path.read_bytes()[:-9])
    cut = CliRunner().invoke(ingest, ["betfair", "--file", str(path), "--summary"])
    assert cut.exit_code == 1
    assert "cannot be read" in cut.output
