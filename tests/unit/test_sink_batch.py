"""From records to files: types, days, names, and what cannot be read."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from overround.contracts.codec import Codec
from overround.domain.betting.events import BetRejected, RejectReason
from overround.domain.kernel.ids import Position
from overround.sinks.batch import Batches, Record
from overround.sinks.schema import NotTabular, RecordShape, column_type, locked_schemas
from tests.kit.lake import DAY_US, IDS, MAY_1_US, SCHEMAS, wire


def batch(*values: bytes | None, first: int = 0) -> tuple[dict[str, pa.Table], int]:
    records = [Record(first + n, 1_000 + n, b"c1", value) for n, value in enumerate(values)]
    files, rejects = Batches("bets.events", SCHEMAS.__getitem__).files(3, records)
    return {file.path: file.rows for file in files}, rejects


def reasons(files: dict[str, pa.Table]) -> list[str]:
    found: list[str] = files["_rejects/bets.events/bets.events-3-0-0.parquet"]["reason"].to_pylist()
    return found


def test_each_type_and_day_is_a_file_named_by_its_first_and_last_offset() -> None:
    files, rejects = batch(
        wire("BetAccepted"),
        wire("BetRejected"),
        wire("BetAccepted", at_us=MAY_1_US - 1),
        wire("BetAccepted", at_us=MAY_1_US + DAY_US - 1),
        first=40,
    )
    assert rejects == 0
    assert sorted(files) == [
        "bets.events/record=bet_accepted/date=2024-04-30/bets.events-3-42-42.parquet",
        "bets.events/record=bet_accepted/date=2024-05-01/bets.events-3-40-43.parquet",
        "bets.events/record=bet_rejected/date=2024-05-01/bets.events-3-41-41.parquet",
    ]


def test_a_row_says_where_it_stands_in_the_log_and_money_stays_an_integer() -> None:
    legs = [{"event_id": "m1", "selection": "1x2/home", "price_milli": 2500}]
    files, _ = batch(wire("BetAccepted", id="x", stake_minor=2**53 + 1, legs=legs), first=7)
    (table,) = files.values()
    row = table.to_pylist()[0]
    assert (row["_topic"], row["_partition"], row["_offset"]) == ("bets.events", 3, 7)
    assert (row["_key"], row["_timestamp"]) == ("c1", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    assert (row["id"], row["stake_minor"], row["legs"]) == ("x", 2**53 + 1, legs)
    assert row["at_us"] == datetime(2024, 5, 1, tzinfo=UTC)
    assert table.schema.field("stake_minor").type == pa.int64()
    assert table.schema.field("at_us").type == pa.timestamp("us", tz="UTC")


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "no schema id in front"),
        (b"", "no schema id in front"),
        (b'{"json": 1}', "no schema id in front"),
        (struct.pack(">BI", 0, 9_999) + b"x", "unknown schema id 9999"),
        (wire("BetAccepted")[:-1], "not a bet_accepted"),
        (wire("BetAccepted") + b"\0", "1 bytes after the bet_accepted"),
        (wire("BetAccepted", at_us=-1), "event time -1 is outside 1970 to 9999"),
    ],
)
def test_an_unreadable_record_is_kept_whole_with_the_reason(
    value: bytes | None, reason: str
) -> None:
    files, rejects = batch(value)
    assert rejects == 1
    assert reasons(files)[0].startswith(reason)
    (table,) = files.values()
    assert table.select(["_offset", "_key", "payload"]).to_pylist() == [
        {"_offset": 0, "_key": b"c1", "payload": value}
    ]


def test_an_unreadable_record_takes_no_readable_one_with_it() -> None:
    files, rejects = batch(wire("BetAccepted"), b"junk", wire("BetAccepted"))
    assert rejects == 1
    assert sum(table.num_rows for table in files.values()) == 3


def test_a_number_too_large_for_its_column_is_a_reject_and_its_neighbours_are_rows() -> None:
    small = {
        "type": "record",
        "name": "Small",
        "fields": [{"name": "at_us", "type": "long"}, {"name": "n", "type": "int"}],
    }
    # Zigzag varints: 0, then 1 as 0x02; 2^35 as five bytes of zeros and 0x02.
    fits, misfit = b"\0\0\0\0\1\0\x02", b"\0\0\0\0\1\0\x80\x80\x80\x80\x80\x02"
    records = [Record(n, None, None, value) for n, value in enumerate((fits, misfit, fits))]
    files, rejects = Batches("t", {1: small}.__getitem__).files(0, records)
    offsets = {file.path.split("/")[0]: file.rows["_offset"].to_pylist() for file in files}
    assert (rejects, offsets) == (1, {"t": [0, 2], "_rejects": [1]})


def test_packed_integers_become_a_list() -> None:
    avro = {
        "type": "record",
        "name": "Scores",
        "fields": [
            {"name": "at_us", "type": "long"},
            {"name": "minor", "type": {"type": "bytes", "layout": "int64-le"}},
        ],
    }
    packed = np.array([5, -6], dtype="<i8").tobytes()
    value = b"\0\0\0\0\1" + b"\0" + bytes([2 * len(packed)]) + packed
    files, _ = Batches("t", {1: avro}.__getitem__).files(0, [Record(0, None, None, value)])
    assert files[0].rows["minor"].to_pylist() == [[5, -6]]
    assert files[0].rows.schema.field("minor").type == pa.list_(pa.int64())


def test_every_record_of_the_catalogue_has_columns() -> None:
    shapes = [RecordShape(schema) for schema in SCHEMAS.values()]
    assert len({shape.record for shape in shapes}) == len(IDS)


def test_what_our_codec_writes_is_read_by_the_locked_schemas() -> None:
    rejected = BetRejected("c1", "b1", "EUR", 500, 100, RejectReason.MARKET_LIMIT)
    payload = Codec().encode(rejected, id="x", at_us=MAY_1_US, caused_by=Position("i", 1, 2))
    files, _ = Batches("bets.events", locked_schemas()).files(3, [Record(0, None, None, payload)])
    row = files[0].rows.to_pylist()[0]
    assert row["caused_by"] == {"inbox": "i", "partition": 1, "offset": 2}
    assert (row["requested_minor"], row["reason"]) == (500, "market_limit")


@pytest.mark.parametrize("avro", [["null", "long", "string"], "Unheard", {"type": "Unheard"}])
def test_a_type_without_a_column_is_refused(avro: Any) -> None:
    with pytest.raises(NotTabular):
        column_type(avro)
