from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path

from overround.adapters.feeds import partner
from overround.adapters.feeds.contracts import partner as contract
from overround.domain.feeds import decide
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from overround.domain.feeds.model import Feed
from overround.domain.kernel import statistics
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import Incident, IncidentKind, Period
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/partner-feed.md").read_text("utf-8")


def example() -> list[bytes]:
    block = re.search(r"```jsonl\n(.*?)```", GUIDE, re.DOTALL)
    assert block is not None
    return [line.encode() for line in block[1].splitlines()]


def test_the_guides_example_is_a_feed_that_is_recorded_without_a_refusal() -> None:
    state = Feed("e-1")
    events: list[object] = []
    for sequence, payload in enumerate(example(), start=1):
        command = RecordFeed("e-1", "p", sequence, 0, payload, sha256(payload).digest())
        decision = decide.record(state, command, partner.decode)
        state = decision.state
        events.extend(decision.events)
    kinds = [FixtureScheduled, PricesObserved, *[Incident] * 4, StatisticsObserved]
    assert [type(event) for event in events] == kinds


def test_the_guide_names_every_kind_and_period() -> None:
    for word in (*IncidentKind, *Period):
        assert f"`{word}`" in GUIDE, word


def test_the_guide_names_every_reason_that_the_code_gives() -> None:
    for module in (decide, statistics, partner):
        source = Path(module.__file__ or "").read_text("utf-8")
        for reason in re.findall(r'Refusal\("(\w+)"', source):
            assert f"`{reason}`" in GUIDE, reason


def test_the_guide_names_every_count() -> None:
    for name in SideStatistics.__slots__:
        assert f"`{name}`" in GUIDE, name


def test_the_guides_limits_are_the_codes() -> None:
    assert f"1 to {len(CATALOGUE)} objects" in GUIDE
    assert f"1 to {contract.TEXT_CHARS_MAX} printable" in GUIDE
    assert f"0 to {contract.CLOCK_S_MAX:,}" in GUIDE
    assert f"0 to {contract.GOALS_MAX}:" in GUIDE
    assert f"from 0 to {statistics.COUNT_MAX}" in GUIDE
    assert f"at most {decide.PAYLOAD_BYTES_MAX // 1024} KiB" in GUIDE
