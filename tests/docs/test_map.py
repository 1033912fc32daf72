"""The maps in the documents lead somewhere."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import pytest

from tests.kit.kafka import REPOSITORY

PLACE = re.compile(r"`([\w/.]+\.\w+)(?:::(\w+))?`")
MAPS = ("docs/map.md", "README.md")


def places(document: str) -> list[tuple[str, str]]:
    text = (REPOSITORY / document).read_text()
    return [(path, name) for path, name in PLACE.findall(text) if "/" in path]


@pytest.mark.parametrize("document", MAPS)
def test_every_place_on_the_map_exists(document: str) -> None:
    found = places(document)
    assert found, f"{document} has no places at all"
    for path, name in found:
        assert (REPOSITORY / path).exists(), f"{document}: {path}"
        if name:
            module = importlib.import_module(".".join(Path(path).with_suffix("").parts))
            assert hasattr(module, name), f"{document}: {path}::{name}"
