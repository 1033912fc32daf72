"""Microseconds to write and to read each record, against fastavro with dictionaries.

    python -m benches.codec

Ours starts and ends with the dataclass. fastavro is given a dictionary that is made beforehand and
leaves one behind, without the time to make either of a dataclass: a bound that flatters it. Best
of seven runs of about 20 ms each.
"""

from __future__ import annotations

import io
import platform
import time
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from typing import Any

import fastavro

from overround.contracts.codec import Codec
from overround.contracts.derive import record_types, subject_of
from overround.contracts.hints import fields_of, is_enum, is_record, item_of, optional_of
from overround.contracts.schemas import AVRO_ROOT, load
from overround.contracts.source import Schema
from overround.domain.kernel.columns import Columns
from overround.domain.kernel.ids import Position
from overround.domain.kernel.market import CATALOGUE, TradingStatus
from overround.domain.pricing.events import Quote, Quotes

RUNS = 7
RUN_S = 0.02
AT_US = 1_763_900_000_123_456
CAUSE = Position("accounts.inbox", 7, 123_456_789)
RECORD_ID = "accounts.inbox:7:123456789:0"


def sample(hint: Any, name: str) -> Any:
    """A value of the length that production has, by its type and name."""
    if hint is str:
        return "EUR" if name == "currency" else f"{name}-0123456789"
    if hint in (int, bool, bytes):
        number = AT_US if name.endswith("_at_us") else 2_500
        return {int: number, bool: True, bytes: b"{}" * 100}[hint]
    if is_enum(hint):
        return next(iter(hint))
    if (item := item_of(hint)) is not None:
        return (sample(item, name),)
    if is_record(hint):
        return hint(**{name: sample(inner, name) for name, inner in fields_of(hint).items()})
    return sample(optional_of(hint), name)


def full_quotes() -> Quotes:
    """The quotes of a whole match."""
    heads = tuple(Quote(each.market.id, each.outcome, 0) for each in CATALOGUE)
    places = range(len(heads))
    lines = Columns(heads, places, [1_100 + 37 * place for place in places])
    return Quotes("match-2026-0001", 1_234, TradingStatus.OPEN, "", 3_000, 1, 0, lines)


def as_dict(value: Any) -> Any:
    """A dataclass as the dictionary that fastavro takes."""
    if is_dataclass(value):
        return {field.name: as_dict(getattr(value, field.name)) for field in fields(value)}
    return [as_dict(item) for item in value] if isinstance(value, tuple | Columns) else value


def best_us(step: Callable[[], object]) -> float:
    """Microseconds of a step, the best of the runs."""
    started = time.perf_counter()
    step()
    rounds = max(1, int(RUN_S / max(time.perf_counter() - started, 1e-6)))
    figures = []
    for _ in range(RUNS):
        started = time.perf_counter()
        for _ in range(rounds):
            step()
        figures.append((time.perf_counter() - started) / rounds)
    return min(figures) * 1e6


def figures(codec: Codec, value: Any) -> tuple[int, float, float, float, float]:
    """Bytes, and microseconds: ours to write and read, fastavro's to write and read."""
    schema = fastavro.parse_schema(_without_times(load(AVRO_ROOT, subject_of(type(value)))))
    payload = codec.encode(value, id=RECORD_ID, at_us=AT_US, caused_by=CAUSE)
    whole = {"id": RECORD_ID, "at_us": AT_US, "caused_by": as_dict(CAUSE)} | as_dict(value)

    def write_foreign() -> bytes:
        out = io.BytesIO()
        fastavro.schemaless_writer(out, schema, whole)
        return out.getvalue()

    assert write_foreign() == payload[5:], "the two do not write the same bytes"
    body = payload[5:]
    return (
        len(payload),
        best_us(lambda: codec.encode(value, id=RECORD_ID, at_us=AT_US, caused_by=CAUSE)),
        best_us(lambda: codec.decode(payload)),
        best_us(write_foreign),
        best_us(lambda: fastavro.schemaless_reader(io.BytesIO(body), schema, None)),
    )


def _without_times(schema: Schema) -> Schema:
    """The schema without logical types: both sides read times as integers."""
    if isinstance(schema, list):
        return [_without_times(branch) for branch in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: _without_times(part) for key, part in schema.items() if key != "logicalType"}


def main() -> None:
    codec = Codec()
    values = [sample(record, "") for record in record_types()]
    names = [type(value).__name__ for value in values]
    print(f"Python {platform.python_version()}, fastavro {fastavro.__version__}; us per record")
    print(f"{'record':<22}{'bytes':>7}{'write':>9}{'read':>9}{'fa write':>10}{'fa read':>9}")
    rows = [*zip(names, values, strict=True), (f"Quotes of {len(CATALOGUE)}", full_quotes())]
    for name, value in rows:
        size, write, read, foreign_write, foreign_read = figures(codec, value)
        print(
            f"{name:<22}{size:>7}{write:>9.2f}{read:>9.2f}"
            f"{foreign_write:>10.2f}{foreign_read:>9.2f}"
        )


if __name__ == "__main__":
    main()
