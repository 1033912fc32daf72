"""What providers' messages are held to lies there to be read, and is what is checked."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from overround.adapters.feeds.contracts import FOLDER
from overround.adapters.feeds.contracts.partner import PLAY
from overround.adapters.feeds.contracts.typed import TYPES, schema
from overround.adapters.feeds.provider import Provider
from overround.adapters.feeds.providers import PROVIDERS, indexed
from tests.kit.kafka import REPOSITORY

COMMAND = "python -m overround.adapters.feeds.contracts.typed"


@pytest.mark.parametrize("provider", PROVIDERS.values(), ids=list(PROVIDERS))
def test_every_format_has_its_contract_and_a_line_in_the_guide(provider: Provider) -> None:
    contract = f"{provider.name}-{provider.format.rpartition('/')[2]}"
    assert list(FOLDER.glob(f"{contract}*")), contract
    guide = (REPOSITORY / "docs/guides/contracts.md").read_text("utf-8")
    assert f"| `{provider.name}` | `{provider.format}` | `{contract}" in guide


def test_a_new_version_is_what_comes_in_and_the_old_one_is_still_read() -> None:
    old = PROVIDERS["partner"]
    new = replace(old, format="overround.match-feed/2")
    by_name, by_format = indexed([old, new])
    assert by_name == {"partner": new}
    assert by_format == {old.format: old, new.format: new}


@pytest.mark.parametrize("name", TYPES)
def test_the_schema_that_lies_there_is_what_the_type_checks(name: str) -> None:
    assert (FOLDER / f"{name}.json").read_text("utf-8") == schema(name), f"run: {COMMAND}"


def test_the_partners_schema_says_that_nothing_may_be_added_and_betfairs_does_not() -> None:
    partner, betfair = (
        json.loads((FOLDER / f"{name}-1.json").read_text("utf-8"))["$defs"]
        for name in ("partner", "betfair")
    )
    objects = [type_ for type_ in partner.values() if "properties" in type_]
    assert len(objects) == 6 + len(PLAY)
    assert all(type_["additionalProperties"] is False for type_ in objects)
    assert not any("additionalProperties" in type_ for type_ in betfair.values())


def test_contracts_are_installed_with_the_package() -> None:
    packaged = (REPOSITORY / "pyproject.toml").read_text("utf-8")
    for pattern in ("*.json", "*/*.xsd"):
        assert f'"adapters/feeds/contracts/{pattern}"' in packaged
        assert list(FOLDER.glob(pattern))
