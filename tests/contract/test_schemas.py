"""The files of `avro/` say what the dataclasses say, and what may be known of whom."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from overround.contracts import asyncapi, registry, schemas
from overround.contracts.derive import path_of, record_types, subject_of
from overround.contracts.schemas import AVRO_ROOT, PII_LEVELS, load_all, records_in

RECORDS = record_types()
PLACE_BET = path_of("overround.betting.PlaceBet")
ALL = load_all(AVRO_ROOT)


def test_files_and_dataclasses_are_alike() -> None:
    assert schemas.check(AVRO_ROOT, RECORDS) == []


def test_every_schema_is_locked_and_lives_with_its_earlier_versions() -> None:
    assert registry.faults(AVRO_ROOT) == []


def test_the_folder_holds_schemas_and_their_lock_only() -> None:
    others = {path.suffix for path in AVRO_ROOT.rglob("*") if path.is_file()}
    assert others == {".avsc", ".lock"}


@pytest.mark.parametrize("subject", ALL)
def test_a_file_lies_where_its_name_says(subject: str) -> None:
    assert (AVRO_ROOT / path_of(subject)).is_file()


@pytest.mark.parametrize("subject", ALL)
def test_every_field_has_a_doc_and_a_level_and_nothing_is_personal(subject: str) -> None:
    for record in records_in(ALL[subject]):
        for field in record["fields"]:
            place = f"{subject}.{field['name']}"
            assert field["doc"], place
            assert field["pii"] in PII_LEVELS, place
            assert field["pii"] != "personal" or ".compliance" in record["namespace"], place


@pytest.mark.parametrize("name", ["customer_id", "bet_id", "leg_id", "deposit_id"])
def test_ids_that_lead_to_a_customer_are_pseudonymous(name: str) -> None:
    fields = [f for s in ALL.values() for r in records_in(s) for f in r["fields"]]
    found = [field["pii"] for field in fields if field["name"] == name]
    assert found
    assert set(found) == {"pseudonymous"}


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_every_record_of_a_topic_begins_with_the_envelope(record: type) -> None:
    fields = schemas.load(AVRO_ROOT, subject_of(record))
    assert [field["name"] for field in fields["fields"][:3]] == ["id", "at_us", "caused_by"]


EDITS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "a dropped field": (
        lambda s: s["fields"].pop(),
        "overround.betting.PlaceBet.accept_partial: the dataclass has it, the file does not",
    ),
    "a field too many": (
        lambda s: s["fields"].append({"name": "x", "type": "long", "doc": "X.", "pii": "none"}),
        "overround.betting.PlaceBet.x: the file has it, the dataclass does not",
    ),
    "another order": (
        lambda s: s["fields"].reverse(),
        "overround.betting.PlaceBet: the order of the fields is",
    ),
    "another type": (
        lambda s: s["fields"][6].update(type="int"),
        'overround.betting.PlaceBet.stake_minor: the dataclass asks for "long", the file has "int"',
    ),
    "another default": (
        lambda s: s["fields"][-1].update(default=False),
        "overround.betting.PlaceBet.accept_partial: the dataclass's default is true",
    ),
    "a value too few": (
        lambda s: s["fields"][8]["type"]["allowed"].pop(),
        "overround.betting.PlaceBet.price_policy: the dataclass asks for",
    ),
    "a nested field dropped": (
        lambda s: s["fields"][7]["type"]["items"]["fields"].pop(),
        "overround.betting.BetLeg: overround.betting.BetAccepted and",
    ),
    "no doc": (
        lambda s: s["fields"][0].update(doc=""),
        "overround.betting.PlaceBet.id: no doc",
    ),
    "a personal field": (
        lambda s: s["fields"][3].update(pii="personal"),
        "overround.betting.PlaceBet.customer_id: personal fields belong to compliance only",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_a_departure_is_told_with_its_field(
    edit: Callable[[dict[str, Any]], object], told: str, tmp_path: Path
) -> None:
    root = tmp_path / "avro"
    copytree(AVRO_ROOT, root)
    schema = json.loads((root / PLACE_BET).read_text())
    edit(schema)
    (root / PLACE_BET).write_text(json.dumps(schema))
    assert any(line.startswith(told) for line in schemas.check(root, RECORDS))
    assert schemas.main(["--check", "--avro", str(root)]) == 1


def test_a_file_that_no_dataclass_claims_is_told() -> None:
    spared = schemas.check(AVRO_ROOT, RECORDS[1:])
    assert "feeds/record_feed.avsc: no dataclass claims it" in spared


def test_writing_brings_a_file_back_and_keeps_its_docs(tmp_path: Path) -> None:
    root = tmp_path / "avro"
    copytree(AVRO_ROOT, root)
    text = (root / PLACE_BET).read_text()
    schema = json.loads(text)
    schema["fields"].reverse()
    (root / PLACE_BET).write_text(json.dumps(schema))
    assert schemas.write(root, RECORDS) == [root / PLACE_BET]
    assert (root / PLACE_BET).read_text() == text


def test_the_asyncapi_document_is_up_to_date() -> None:
    written = (AVRO_ROOT.parent / "docs" / "asyncapi.yaml").read_text("utf-8")
    assert written == asyncapi.text() + "\n", "run python -m overround.contracts.asyncapi"


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    document = asyncapi.document()
    channels, messages = document["channels"], document["components"]["messages"]
    for channel in channels.values():
        assert channel["messages"].keys() <= messages.keys()
    for operation in document["operations"].values():
        assert operation["channel"]["$ref"].removeprefix("#/channels/") in channels
    for message in messages.values():
        assert (AVRO_ROOT.parent / "docs" / message["payload"]["schema"]["$ref"]).is_file()
