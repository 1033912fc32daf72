"""Any client with a schema registry reads our topics, and we read what it writes."""

from __future__ import annotations

import json
from typing import Any

import pytest
from confluent_kafka.schema_registry import (
    Schema,
    SchemaRegistryClient,
    record_subject_name_strategy,
)
from confluent_kafka.schema_registry.avro import AvroDeserializer, AvroSerializer
from confluent_kafka.serialization import MessageField, SerializationContext

from overround.contracts.codec import Codec, Decoded
from overround.contracts.derive import record_types, subject_of
from overround.contracts.registry import register, register_with
from overround.contracts.schemas import AVRO_ROOT, load
from overround.domain.kernel.ids import Position
from overround.domain.kernel.time import to_datetime
from tests.contract.instances import sample_of

RECORDS = record_types()
CONTEXT = SerializationContext("any.topic", MessageField.VALUE)
AT_US = 1_763_900_000_123_456
CAUSE = Position("accounts.inbox", 3, 70_000)
ENVELOPE: dict[str, Any] = {"id": "k", "at_us": AT_US, "caused_by": CAUSE}


def as_foreign(value: Any, name: str = "") -> Any:
    """A value as the confluent client takes and gives it: dictionaries, lists, datetimes."""
    if hasattr(value, "__dataclass_fields__"):
        return {n: as_foreign(getattr(value, n), n) for n in value.__dataclass_fields__}
    if isinstance(value, tuple):
        return [as_foreign(item) for item in value]
    return to_datetime(value) if name.endswith("at_us") else value


def foreign_record(value: Any) -> dict[str, Any]:
    envelope = {name: as_foreign(part, name) for name, part in ENVELOPE.items()}
    return {**envelope, **as_foreign(value)}


@pytest.fixture(scope="module")
def client() -> SchemaRegistryClient:
    """A registry whose first ids are taken, so that ours have other ids there."""
    made = SchemaRegistryClient.new_client({"url": "mock://registry"})
    for number in range(100):
        made.register_schema(f"other.{number}", Schema(f'{{"type": "fixed{number}"}}', "AVRO"))
    return made


@pytest.fixture(scope="module")
def ids(client: SchemaRegistryClient) -> dict[int, int]:
    return register_with(client)


@pytest.fixture(scope="module")
def codec(ids: dict[int, int]) -> Codec:
    return Codec(registry_ids=ids)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_a_foreign_client_reads_what_we_write(
    record: type, codec: Codec, client: SchemaRegistryClient
) -> None:
    value = sample_of(record)
    read = AvroDeserializer(client)(codec.encode(value, **ENVELOPE), CONTEXT)
    assert read == foreign_record(value)


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_we_read_what_a_foreign_client_writes(
    record: type, codec: Codec, client: SchemaRegistryClient
) -> None:
    value = sample_of(record)
    write = AvroSerializer(
        client,
        json.dumps(load(AVRO_ROOT, subject_of(record))),
        conf={
            "auto.register.schemas": False,
            "subject.name.strategy": record_subject_name_strategy,
        },
    )
    payload = write(foreign_record(value), CONTEXT)
    assert payload == codec.encode(value, **ENVELOPE)
    assert codec.decode(payload) == Decoded(value, **ENVELOPE)


def test_registering_twice_gives_the_same_ids(
    client: SchemaRegistryClient, ids: dict[int, int]
) -> None:
    assert min(ids.values()) > 100
    assert register_with(client) == ids


def test_table_values_are_not_registered(client: SchemaRegistryClient, ids: dict[int, int]) -> None:
    assert not [name for name in client.get_subjects() if name.startswith("overround.tables.")]
    assert len(ids) >= len(RECORDS)


def test_a_registry_is_found_by_its_url() -> None:
    assert len(register("mock://elsewhere")) >= len(RECORDS)


def test_a_codec_without_an_id_of_the_registry_is_not_made() -> None:
    with pytest.raises(KeyError):
        Codec(registry_ids={})
