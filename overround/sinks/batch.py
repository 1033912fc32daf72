"""From the records of a partition to the files of a batch; no Kafka and no disk here.

Same records, same files: rows keep the order of the log, and a file's name is made of the first
and last offset in it. A record that cannot be read is no reason to stop and no reason to lose
it: it goes into the rejects with its bytes and the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from io import BytesIO
from typing import Any, NamedTuple

import fastavro
import pyarrow as pa

from overround.sinks.manifest import LakeFile
from overround.sinks.schema import KEY, TRACE, NotTabular, RecordShape, SchemaOf

# Confluent's wire format: a zero byte and four bytes of schema id, big-endian, before the Avro.
_MAGIC = 0
_HEADER_BYTES = 5
_MICROS_PER_DAY = 86_400_000_000
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
# The end of the year 9999: later times have no date in Python, and none is real.
_AT_US_MAX = 253_402_300_799_999_999

REJECTS = pa.schema(
    [
        *TRACE,
        pa.field("_key", pa.binary()),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("payload", pa.binary()),
    ]
)
"""The columns of a refused record: where it stands, why, and its bytes as they came."""


class Record(NamedTuple):
    """A record of a partition as Kafka hands it over."""

    offset: int
    timestamp_ms: int | None
    key: bytes | None
    value: bytes | None


class Unreadable(ValueError):
    """A record that has no row, and why."""


@dataclass(slots=True)
class _Rows:
    """The rows of one file while they are gathered."""

    shape: RecordShape
    records: list[Record] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    values: list[dict[str, Any]] = field(default_factory=list)


class Batches:
    """Turns batches of one topic's records into files, and knows the schemas it has met."""

    def __init__(self, topic: str, schema_of: SchemaOf) -> None:
        self._topic = topic
        self._schema_of = schema_of
        self._shapes: dict[int, RecordShape] = {}

    def files(self, partition: int, records: Iterable[Record]) -> tuple[list[LakeFile], int]:
        """The files that hold these records, and how many of the records are rejects."""
        groups: dict[tuple[int, int], _Rows] = {}
        rejects: list[tuple[Record, str]] = []
        for record in records:
            try:
                self._add(record, groups)
            except Unreadable as reason:
                rejects.append((record, str(reason)))
        files: list[LakeFile] = []
        for (_, day), rows in sorted(groups.items()):
            files += self._row_files(partition, day, rows, rejects)
        files += self._reject_files(partition, sorted(rejects))
        return files, len(rejects)

    def _add(self, record: Record, groups: dict[tuple[int, int], _Rows]) -> None:
        payload = record.value
        if payload is None or len(payload) <= _HEADER_BYTES or payload[0] != _MAGIC:
            raise Unreadable("no schema id in front")
        schema_id = int.from_bytes(payload[1:_HEADER_BYTES], "big")
        shape = self._shapes.get(schema_id) or self._learn(schema_id)
        value = _decoded(payload, shape)
        group = schema_id, value["at_us"] // _MICROS_PER_DAY
        key = _text(record.key)
        rows = groups.get(group)
        if rows is None:
            rows = groups[group] = _Rows(shape)
        rows.records.append(record)
        rows.keys.append(key)
        rows.values.append(value)

    def _learn(self, schema_id: int) -> RecordShape:
        try:
            shape = RecordShape(self._schema_of(schema_id), schema_id=schema_id)
        except KeyError as reason:
            # Not remembered: the id may be registered by the time of the next batch.
            raise Unreadable(f"unknown schema id {schema_id}") from reason
        except NotTabular as reason:
            raise Unreadable(f"schema id {schema_id}: {reason}") from reason
        self._shapes[schema_id] = shape
        return shape

    def _row_files(
        self, partition: int, day: int, rows: _Rows, rejects: list[tuple[Record, str]]
    ) -> Iterator[LakeFile]:
        try:
            columns = _columns(rows.values, rows.shape)
        except (pa.ArrowException, OverflowError):
            rows = _without_misfits(rows, rejects)
            columns = _columns(rows.values, rows.shape)
        if rows.records:
            trace = self._trace(partition, rows.records)
            keys = pa.array(rows.keys, KEY.type)
            table = pa.Table.from_arrays([*trace, keys, *columns], schema=rows.shape.columns)
            iso_date = date.fromordinal(_EPOCH_ORDINAL + day).isoformat()
            folder = f"{self._topic}/record={rows.shape.record}/date={iso_date}"
            yield LakeFile(f"{folder}/{self._name(partition, rows.records)}", table)

    def _reject_files(
        self, partition: int, rejects: Sequence[tuple[Record, str]]
    ) -> Iterator[LakeFile]:
        if rejects:
            records = [record for record, _ in rejects]
            payload = [
                pa.array([record.key for record in records], pa.binary()),
                pa.array([reason for _, reason in rejects], pa.string()),
                pa.array([record.value for record in records], pa.binary()),
            ]
            table = pa.Table.from_arrays(
                [*self._trace(partition, records), *payload], schema=REJECTS
            )
            yield LakeFile(f"_rejects/{self._topic}/{self._name(partition, records)}", table)

    def _trace(self, partition: int, records: Sequence[Record]) -> list[pa.Array]:
        count = len(records)
        return [
            pa.repeat(pa.scalar(self._topic), count),
            pa.repeat(pa.scalar(partition, pa.int32()), count),
            pa.array([record.offset for record in records], pa.int64()),
            pa.array([record.timestamp_ms for record in records], TRACE[3].type),
        ]

    def _name(self, partition: int, records: Sequence[Record]) -> str:
        return f"{self._topic}-{partition}-{records[0].offset}-{records[-1].offset}.parquet"


def _decoded(payload: bytes, shape: RecordShape) -> dict[str, Any]:
    body = BytesIO(payload)
    body.seek(_HEADER_BYTES)
    try:
        value: dict[str, Any] = fastavro.schemaless_reader(body, shape.reader, None)  # type: ignore[assignment]
        shape.unpack(value)
    except Exception as reason:
        # Foreign bytes make the reader raise whatever they happen to hit (index, value, Unicode,
        # end of file, memory); each of them says the same: these bytes are not that record.
        raise Unreadable(f"not a {shape.record}: {type(reason).__name__} {reason}") from reason
    if body.tell() != len(payload):
        raise Unreadable(f"{len(payload) - body.tell()} bytes after the {shape.record}")
    if not 0 <= value["at_us"] <= _AT_US_MAX:
        raise Unreadable(f"event time {value['at_us']} is outside 1970 to 9999")
    return value


def _columns(values: Sequence[dict[str, Any]], shape: RecordShape) -> list[pa.Array]:
    return [pa.array([value[f.name] for value in values], f.type) for f in shape.fields]


def _text(key: bytes | None) -> str | None:
    try:
        return None if key is None else key.decode()
    except UnicodeDecodeError as reason:
        raise Unreadable("the key is not UTF-8") from reason


def _without_misfits(rows: _Rows, rejects: list[tuple[Record, str]]) -> _Rows:
    """The rows that fit their columns; the others are rejected one by one."""
    kept = _Rows(rows.shape)
    for record, key, value in zip(rows.records, rows.keys, rows.values, strict=True):
        try:
            _columns([value], rows.shape)
        except (pa.ArrowException, OverflowError) as reason:
            rejects.append((record, f"not a {rows.shape.record}: {reason}"))
        else:
            kept.records.append(record)
            kept.keys.append(key)
            kept.values.append(value)
    return kept
