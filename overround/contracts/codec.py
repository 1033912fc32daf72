"""Bytes of topics and changelogs, and the dataclasses that they stand for.

Confluent wire format: a zero byte, the schema id in four bytes, big-endian, and the Avro binary
form of the record. Everything is compiled when the codec is made; see `encoder` and `decoder`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from overround.contracts.decoder import HEADER_BYTES, Decoded, Upcaster, compile_decoder
from overround.contracts.derive import record_types, subject_of
from overround.contracts.encoder import compile_encoder, compile_state_encoder
from overround.contracts.lock import read_lock, verified
from overround.contracts.refusal import ContractError
from overround.contracts.schemas import AVRO_ROOT, load
from overround.domain.kernel.ids import Position

__all__ = ["Codec", "ContractError", "Decoded", "Upcaster"]

_NO_UPCASTERS: Mapping[tuple[str, int], Upcaster] = {}


class Codec:
    """Writes and reads the records of topics and the values of tables.

    `records` are the types that topics carry; `states` those of tables, found by their class
    names in `avro/tables/`. `registry_ids` maps local schema ids to those of a registry (see
    `registry.register`); table values keep the local ones. `upcasters` make the newest dataclass
    of an old version, by subject and version, where Avro's resolution is not enough.

    Raises:
        FileNotFoundError: a type has no schema.
        LockError: a schema is not the locked one.
        KeyError: `registry_ids` lacks an id, or an old version a default.
    """

    def __init__(
        self,
        records: tuple[type, ...] | None = None,
        states: tuple[type, ...] = (),
        *,
        root: Path = AVRO_ROOT,
        registry_ids: Mapping[int, int] | None = None,
        upcasters: Mapping[tuple[str, int], Upcaster] = _NO_UPCASTERS,
    ) -> None:
        self._root = root
        self._lock = read_lock(root)
        self._upcasters = upcasters
        self._encoders: dict[type, Callable[..., bytes]] = {}
        self._decoders: dict[bytes, Callable[[bytes], Decoded]] = {}
        self._state_encoders: dict[type, Callable[[Any], bytes]] = {}
        self._state_decoders: dict[bytes, Callable[[bytes], Any]] = {}
        for record in record_types() if records is None else records:
            self._add_record(record, registry_ids)
        for state in states:
            self._add_state(state)

    def encode(self, value: object, *, id: str, at_us: int, caused_by: Position | None) -> bytes:
        """The bytes of a record with its envelope; raises ContractError for what has no form."""
        try:
            return self._encoders[type(value)](value, id, at_us, caused_by)
        except Exception as error:  # a wrong value fails in as many ways as there are fields
            raise _unwritable(value, error, self._encoders) from error

    def decode(self, payload: bytes) -> Decoded:
        """The record that the bytes stand for; raises ContractError and nothing else."""
        decoder = self._decoders.get(payload[:HEADER_BYTES])
        if decoder is None:
            raise _unknown(payload)
        return decoder(payload)

    def encode_state(self, value: object) -> bytes:
        """The bytes of a table's value; equal values have equal bytes."""
        try:
            return self._state_encoders[type(value)](value)
        except Exception as error:  # as in `encode`
            raise _unwritable(value, error, self._state_encoders) from error

    def decode_state(self, payload: bytes) -> Any:
        """The table's value that the bytes stand for; raises ContractError and nothing else."""
        decoder = self._state_decoders.get(payload[:HEADER_BYTES])
        if decoder is None:
            raise _unknown(payload)
        return decoder(payload)

    def _add_record(self, record: type, registry_ids: Mapping[int, int] | None) -> None:
        subject = subject_of(record)
        schema = load(self._root, subject)
        for entry in verified(self._root, subject, schema, self._lock):
            header = _header(entry.id if registry_ids is None else registry_ids[entry.id])
            self._decoders[header] = compile_decoder(
                entry.schema,
                schema,
                record,
                has_envelope=True,
                upcaster=self._upcasters.get((subject, entry.version)),
            )
        self._encoders[record] = compile_encoder(schema, record, header)

    def _add_state(self, state: type) -> None:
        subject = subject_of(state, is_state=True)
        schema = load(self._root, subject)
        for entry in verified(self._root, subject, schema, self._lock):
            header = _header(entry.id)
            self._state_decoders[header] = compile_decoder(
                entry.schema,
                schema,
                state,
                has_envelope=False,
                upcaster=self._upcasters.get((subject, entry.version)),
            )
        self._state_encoders[state] = compile_state_encoder(schema, state, header)


def _header(schema_id: int) -> bytes:
    return b"\x00" + schema_id.to_bytes(4, "big")


def _unknown(payload: bytes) -> ContractError:
    if len(payload) < HEADER_BYTES or payload[0] != 0:
        return ContractError("not_wire_format", f"begins with {payload[:HEADER_BYTES].hex()!r}")
    schema_id = int.from_bytes(payload[1:HEADER_BYTES], "big")
    return ContractError("unknown_schema_id", str(schema_id))


def _unwritable(value: object, error: Exception, known: Mapping[type, object]) -> ContractError:
    name = type(value).__name__
    if type(value) not in known:
        return ContractError("unregistered_type", name)
    return ContractError("invalid_record", f"{name}: {error!r}")
