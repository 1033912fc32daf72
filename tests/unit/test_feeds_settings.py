"""What a connection can be told is said, and what is said is read."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from types import ModuleType

import pytest

from overround.adapters.feeds import polled, uof_live, uof_recovery
from tests.kit.kafka import REPOSITORY

READ = re.compile(r"(?:target\.(?:needed|number)|settings\.get)\(\s*\"(\w+)\"")


@pytest.mark.parametrize(
    ("modules", "settings", "guide"),
    [
        ((uof_live, uof_recovery), uof_live.SETTINGS, "uof-live"),
        ((polled,), polled.SETTINGS, "polled"),
    ],
    ids=["uof", "polled"],
)
def test_the_settings_that_are_told_are_those_that_are_read(
    modules: tuple[ModuleType, ...], settings: Mapping[str, str], guide: str
) -> None:
    read = {name for module in modules for name in READ.findall(inspect.getsource(module))}
    assert read == set(settings)
    page = (REPOSITORY / f"docs/guides/{guide}.md").read_text("utf-8")
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) >= read
