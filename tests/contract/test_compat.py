"""What may change in a schema beside all its earlier versions, and what may not."""

from __future__ import annotations

import io
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import fastavro
import pytest

from overround.contracts.compat import breaks, unreadable
from overround.contracts.lock import canonical
from overround.contracts.schemas import AVRO_ROOT, load, load_all

Edit = Callable[[dict[str, Any]], object]
PLACE_BET = canonical(load(AVRO_ROOT, "overround.betting.PlaceBet"))


def field(schema: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(f for f in schema["fields"] if f["name"] == name)
    return found


def leg(schema: dict[str, Any]) -> dict[str, Any]:
    items: dict[str, Any] = field(schema, "legs")["type"]["items"]
    return items


def added(default: dict[str, Any], **more: Any) -> Edit:
    return lambda s: s["fields"].append({"name": "channel", "type": "string"} | default | more)


BREAKING: dict[str, tuple[Edit, str]] = {
    "removed field without default": (
        lambda s: s["fields"].remove(field(s, "stake_minor")),
        "old readers, new records: PlaceBet.stake_minor: not written",
    ),
    "added field without default": (
        added({}),
        "new readers, old records: PlaceBet.channel: not written",
    ),
    "renamed field without alias": (
        lambda s: field(s, "currency").update(name="iso_currency"),
        "PlaceBet.iso_currency: not written",
    ),
    "changed type": (
        lambda s: field(s, "stake_minor").update(type="string"),
        "PlaceBet.stake_minor: long is read as string",
    ),
    "narrowed type": (
        lambda s: field(s, "tolerance_bp").update(type="int"),
        "new readers, old records: PlaceBet.tolerance_bp: long is read as int",
    ),
    "widened type": (
        lambda s: field(s, "tolerance_bp").update(type="double"),
        "old readers, new records: PlaceBet.tolerance_bp: double is read as long",
    ),
    "string made bytes": (
        lambda s: field(s, "bet_id").update(type="bytes"),
        "PlaceBet.bet_id: string is read as bytes",
    ),
    "made optional": (
        lambda s: field(s, "currency").update(type=["null", "string"], default=None),
        "old readers, new records: PlaceBet.currency: null is read as string",
    ),
    "renamed record": (
        lambda s: s.update(name="StakeBet"),
        "record overround.betting.PlaceBet is read as overround.betting.StakeBet",
    ),
    "moved record": (
        lambda s: s.update(namespace="overround.bets"),
        "record overround.betting.PlaceBet is read as overround.bets.PlaceBet",
    ),
    "removed value": (
        lambda s: field(s, "price_policy")["type"]["allowed"].remove("within"),
        "PlaceBet.price_policy: 'within' is no longer allowed",
    ),
    "changed unit": (
        lambda s: field(s, "at_us")["type"].update(logicalType="timestamp-millis"),
        "PlaceBet.at_us: logicalType differs",
    ),
    "field of a nested record removed": (
        lambda s: leg(s)["fields"].pop(),
        "old readers, new records: PlaceBet.legs[].price_milli: not written",
    ),
    "nested record renamed": (
        lambda s: leg(s).update(name="Leg"),
        "PlaceBet.legs[]: record overround.betting.BetLeg is read as overround.betting.Leg",
    ),
}

HARMLESS: dict[str, Edit] = {
    "nothing": lambda _: None,
    "added field with default": added({"default": ""}),
    "added optional field": added({"default": None}, type=["null", "string"]),
    "removed field with default": lambda s: s["fields"].remove(field(s, "tolerance_bp")),
    "added value": lambda s: field(s, "price_policy")["type"]["allowed"].append("best"),
    "changed default": lambda s: field(s, "tolerance_bp").update(default=10),
    "other order": lambda s: s["fields"].reverse(),
}


def edited(edit: Edit) -> dict[str, Any]:
    made: dict[str, Any] = deepcopy(PLACE_BET)
    edit(made)
    return made


@pytest.mark.parametrize(("edit", "told"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_edit_is_told_with_its_field(edit: Edit, told: str) -> None:
    assert told in "\n".join(breaks(edited(edit), [PLACE_BET]))


@pytest.mark.parametrize("edit", HARMLESS.values(), ids=HARMLESS)
def test_a_harmless_edit_is_let_through(edit: Edit) -> None:
    assert breaks(edited(edit), [PLACE_BET]) == []


def test_a_tables_value_may_lose_a_field_as_no_older_reader_meets_it() -> None:
    without = edited(lambda s: s["fields"].remove(field(s, "stake_minor")))
    assert breaks(without, [PLACE_BET])
    assert breaks(without, [PLACE_BET], is_state=True) == []
    assert breaks(edited(added({})), [PLACE_BET], is_state=True)


def test_every_earlier_version_counts_and_not_only_the_last() -> None:
    first, second = PLACE_BET, edited(added({"default": ""}))
    third = edited(added({"default": 0}, type="long"))
    assert breaks(second, [first]) == []
    assert breaks(third, [first]) == []
    assert breaks(third, [second, first])


def test_a_reader_finds_a_renamed_field_by_its_alias() -> None:
    renamed = edited(lambda s: field(s, "currency").update(name="iso", aliases=["currency"]))
    assert unreadable(renamed, PLACE_BET) == []
    assert unreadable(PLACE_BET, renamed)


@pytest.mark.parametrize(("name", "edit"), HARMLESS.items(), ids=HARMLESS)
def test_fastavro_reads_across_each_harmless_edit_in_both_directions(name: str, edit: Edit) -> None:
    newer = edited(edit)
    for writer, reader in ((PLACE_BET, newer), (newer, PLACE_BET)):
        assert fastavro_reads(writer, reader), name


def fastavro_reads(writer: dict[str, Any], reader: dict[str, Any]) -> bool:
    """Whether one record of the writer's goes through fastavro's own resolution."""
    bet = {
        **{"id": "k", "at_us": 0, "caused_by": None, "customer_id": "c", "bet_id": "b"},
        **{"currency": "EUR", "stake_minor": 1, "price_policy": "any", "tolerance_bp": 0},
        **{"legs": [{"event_id": "e", "selection": "s", "price_milli": 2_000}]},
        **{"accept_partial": True},
    }
    written = io.BytesIO()
    fastavro.schemaless_writer(written, fastavro.parse_schema(deepcopy(writer)), bet)
    written.seek(0)
    parsed, other = (fastavro.parse_schema(deepcopy(schema)) for schema in (writer, reader))
    return isinstance(fastavro.schemaless_reader(written, parsed, other), dict)


@pytest.mark.parametrize("subject", load_all(AVRO_ROOT))
def test_every_schema_is_readable_by_itself(subject: str) -> None:
    schema = load_all(AVRO_ROOT)[subject]
    assert breaks(schema, [canonical(schema)]) == []
