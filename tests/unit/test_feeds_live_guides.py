from __future__ import annotations

import re
from pathlib import Path

from overround.adapters.feeds import betfair_live
from overround.adapters.feeds.connector import Patience
from overround.runtime.breaker import Breaker

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/betfair-live.md").read_text("utf-8")
RUNBOOK = (ROOT / "docs/runbooks/source-lost.md").read_text("utf-8")
ROOM = ROOT / "overround/adapters/feeds"


def test_the_guide_names_every_setting_and_limit() -> None:
    for name in betfair_live.SETTINGS:
        assert f"`{name}`" in GUIDE, name
    assert f"over {betfair_live.LINE_BYTES_MAX >> 20} MiB" in GUIDE


def test_guide_and_runbook_name_every_reason_that_the_code_gives() -> None:
    for module, page in (("betfair_live", GUIDE), ("connector", RUNBOOK)):
        source = (ROOM / f"{module}.py").read_text("utf-8")
        given = re.findall(r'(?:ConnectionOver|HouseStalled|_tell_all)\("(\w+)"', source)
        words = re.findall(r'Error, "(\w+)"\)', source)
        for reason in {*given, *words} - {"connecting", "no_live_feed"}:
            assert f"`{reason}`" in page, reason


def test_the_runbooks_figures_are_the_codes() -> None:
    usual = Breaker()
    assert f"After {usual.failures_max} failed connections" in RUNBOOK
    assert f"tried for {usual.open_s:g} s" in RUNBOOK
    assert f"live\nfor {Patience().settled_s:g} s" in RUNBOOK
