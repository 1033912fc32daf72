"""Bytes of records: exactly Avro's, read back whole, and refused when they are anything else."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import fastavro
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overround.contracts import wire
from overround.contracts.codec import Codec, ContractError
from overround.contracts.derive import record_types, subject_of
from overround.contracts.schemas import AVRO_ROOT, load
from overround.domain.betting.commands import BetLeg, PlaceBet, PricePolicy
from overround.domain.kernel.columns import Columns
from overround.domain.kernel.ids import Position
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.kernel.refusal import Refusal
from overround.domain.ledger.commands import OpenAccount
from overround.domain.pricing.events import Quote, Quotes
from tests.contract.instances import ENVELOPES, INT64, sample_of, values_of

RECORDS = record_types()
CODEC = Codec()
REASONS = {
    "not_wire_format",
    "unknown_schema_id",
    "truncated_record",
    "trailing_bytes",
    "invalid_record",
}
ENVELOPE: dict[str, Any] = {
    "id": "k",
    "at_us": 1_763_900_000_000_000,
    "caused_by": Position("accounts.inbox", 3, 70_000),
}
BET = PlaceBet(
    "customer-1",
    "bet-1",
    "EUR",
    500,
    (BetLeg("match-1", "1x2/home", 2_500), BetLeg("match-2", "totals:2.5/over", 1_900)),
    PricePolicy.WITHIN,
    50,
    accept_partial=False,
)
WRITTEN = CODEC.encode(BET, **ENVELOPE)


def without_times(schema: Any) -> Any:
    """The schema as fastavro reads it with times as integers."""
    if isinstance(schema, list):
        return [without_times(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without_times(part) for key, part in schema.items() if key != "logicalType"}


PARSED = {
    record: fastavro.parse_schema(without_times(load(AVRO_ROOT, subject_of(record))))
    for record in RECORDS
}


def as_avro(value: Any) -> Any:
    """A value as fastavro takes and gives it."""
    if hasattr(value, "__dataclass_fields__"):
        return {name: as_avro(getattr(value, name)) for name in value.__dataclass_fields__}
    return [as_avro(item) for item in value] if isinstance(value, tuple) else value


@pytest.mark.slow
@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
@settings(max_examples=40, deadline=None)
@given(chance=st.data())
def test_every_record_is_written_as_fastavro_writes_it_and_read_back(
    record: type, chance: st.DataObject
) -> None:
    value = chance.draw(values_of(record))
    envelope = chance.draw(ENVELOPES)

    payload = CODEC.encode(value, **envelope)

    whole = {**envelope, "caused_by": as_avro(envelope["caused_by"])} | as_avro(value)
    expected = io.BytesIO()
    fastavro.schemaless_writer(expected, PARSED[record], whole)
    assert payload[5:] == expected.getvalue()
    assert fastavro.schemaless_reader(io.BytesIO(payload[5:]), PARSED[record], None) == whole
    decoded = CODEC.decode(payload)
    assert decoded.value == value
    assert decoded.type is record
    assert {name: getattr(decoded, name) for name in envelope} == envelope


HEADS = tuple(Quote(each.market.id, each.outcome, 0) for each in CATALOGUE)


@given(st.dictionaries(st.integers(0, len(HEADS) - 1), INT64))
def test_quotes_in_columns_have_the_bytes_of_the_records_that_they_stand_for(
    numbers: dict[int, int],
) -> None:
    lines = Columns(HEADS, list(numbers), list(numbers.values()))
    quotes = Quotes("match-1", 7, TradingStatus.OPEN, "", 0, 0, 0, lines)

    payload = CODEC.encode(quotes, **ENVELOPE)

    same = replace(quotes, lines=tuple(lines))
    expected = io.BytesIO()
    whole = {**ENVELOPE, "caused_by": as_avro(ENVELOPE["caused_by"])} | as_avro(same)
    fastavro.schemaless_writer(expected, PARSED[Quotes], whole)
    assert payload[5:] == expected.getvalue()
    assert CODEC.encode(same, **ENVELOPE) == payload
    assert CODEC.decode(payload).value == quotes == same


def test_kept_heads_are_bounded_and_still_right_after_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "_HEADS_MAX", 3)
    heads = wire.Heads(lambda record: record.market.encode())
    for number in range(10):
        records = (Quote(str(number), "over", 0),)
        assert heads.forms(records) == [str(number).encode()] == heads.forms(records)
        assert len(heads) <= 3


def test_kept_numbers_are_bounded_and_still_right_after_the_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(wire, "_NUMBERS_MAX", 3)
    numbers = wire._Numbers()
    for number in (*range(10), *range(10)):
        assert numbers[number] == wire.long_bytes(number)
        assert len(numbers) <= 3


@given(INT64)
def test_an_integer_is_read_back_by_both_readers(number: int) -> None:
    payload = b"\xff" + wire.long_bytes(number) + b"\xff" * 8
    end = len(payload) - 8
    assert wire.read_long(payload, 1) == (number, end)
    assert wire.read_time(payload, 1) == (number, end)


@pytest.mark.parametrize("size", [0, 63, 64, 8_191, 8_192, 65_535, 65_536, 1 << 20])
def test_texts_of_any_length_are_read_back(size: int) -> None:
    opened = OpenAccount("é" * size, "EUR")
    assert CODEC.decode(CODEC.encode(opened, **ENVELOPE)).value == opened


@pytest.mark.parametrize("size", range(len(WRITTEN)))
def test_a_record_cut_short_anywhere_is_refused_as_truncated(size: int) -> None:
    with pytest.raises(ContractError) as refused:
        CODEC.decode(WRITTEN[:size])
    assert refused.value.reason == ("not_wire_format" if size < 5 else "truncated_record")


def test_a_text_cut_inside_a_letter_is_truncated_and_not_invalid() -> None:
    written = CODEC.encode(OpenAccount("c", "é"), **ENVELOPE)
    with pytest.raises(ContractError, match="truncated_record"):
        CODEC.decode(written[:-1])


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (b"", "not_wire_format"),
        (b"\x01" + WRITTEN[1:], "not_wire_format"),
        (b"\x00\xff\xff\xff\xff" + WRITTEN[5:], "unknown_schema_id"),
        (WRITTEN + b"\x00", "trailing_bytes"),
        (WRITTEN.replace(b"\x0cwithin", b"\x0cwishes"), "invalid_record"),
        (WRITTEN.replace(b"\x06EUR", b"\x06E\xffR"), "invalid_record"),
        (WRITTEN.replace(b"\x06EUR", b"\x05EUR"), "invalid_record"),
        (WRITTEN[:-1] + b"\x02", "invalid_record"),
        (WRITTEN[:5] + b"\xff" * 11, "invalid_record"),
        (WRITTEN[:5] + b"\xfe\xff\xff\xff\xff\xff\xff\xff\x7f", "truncated_record"),
    ],
)
def test_bad_bytes_are_refused_with_their_reason(payload: bytes, reason: str) -> None:
    with pytest.raises(Refusal) as refused:
        CODEC.decode(payload)
    assert refused.value.reason == reason


def outcome_of(payload: bytes) -> str:
    """Why the bytes are refused, or `read`; any other exception goes through."""
    try:
        CODEC.decode(payload)
    except ContractError as refused:
        return refused.reason
    return "read"


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(RECORDS), st.binary(max_size=200))
def test_no_bytes_raise_anything_but_a_contract_error(record: type, body: bytes) -> None:
    header = CODEC.encode(sample_of(record), **ENVELOPE)[:5]
    assert outcome_of(body) in {*REASONS, "read"}
    assert outcome_of(header + body) in {*REASONS, "read"}


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(RECORDS), st.integers(0, 10_000), st.integers(0, 7))
def test_a_flipped_bit_is_refused_or_read_and_never_raises_otherwise(
    record: type, place: int, bit: int
) -> None:
    payload = bytearray(CODEC.encode(sample_of(record), **ENVELOPE))
    payload[place % len(payload)] ^= 1 << bit
    assert outcome_of(bytes(payload)) in {*REASONS, "read"}


def test_blocks_with_their_size_in_bytes_are_read_as_other_writers_send_them() -> None:
    legs = b"\x04" + WRITTEN[WRITTEN.index(b"\x0ematch-1") :]
    inside = legs[1 : legs.index(b"\x00", 1)]
    sized = b"\x03" + wire.long_bytes(len(inside)) + inside
    foreign = WRITTEN.replace(b"\x04" + inside, sized)
    assert foreign != WRITTEN
    assert CODEC.decode(foreign).value == BET


@pytest.mark.parametrize(
    "wrong",
    [
        OpenAccount(None, "EUR"),  # type: ignore[arg-type]
        OpenAccount("\ud800", "EUR"),
        PlaceBet("c", "b", "EUR", 10.0, ()),  # type: ignore[arg-type]
        PlaceBet("c", "b", "EUR", 2**63, ()),
        PlaceBet("c", "b", "EUR", 1, (), "sometimes"),  # type: ignore[arg-type]
    ],
)
def test_a_value_that_the_schema_does_not_allow_is_not_written(wrong: object) -> None:
    with pytest.raises(ContractError, match="invalid_record"):
        CODEC.encode(wrong, **ENVELOPE)


def test_a_type_without_a_contract_is_not_written() -> None:
    with pytest.raises(ContractError, match="unregistered_type: Quote"):
        CODEC.encode(Quote("1x2", "home", 2_500), **ENVELOPE)
    with pytest.raises(ContractError, match="unregistered_type: PlaceBet"):
        CODEC.encode_state(BET)


def test_times_in_a_record_are_whole_microseconds() -> None:
    decoded = CODEC.decode(WRITTEN)
    assert type(decoded.at_us) is int
    assert decoded.at_us == 1_763_900_000_000_000


def test_a_value_read_is_frozen_hashable_and_equal_like_one_that_was_constructed() -> None:
    value = CODEC.decode(WRITTEN).value
    assert type(value) is PlaceBet
    assert hash(value) == hash(BET)
    with pytest.raises(AttributeError):
        value.stake_minor = 1  # type: ignore[misc]  # that it is read-only is the point
