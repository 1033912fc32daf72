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
from overround.domain.kernel.play import PlaySignalled, Signal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from overround.domain.pricing.quoting import FOLLOWED
from overround.domain.pricing.tennis.events import PointPlayed, PointTakenBack

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs/guides/partner-feed.md").read_text("utf-8")


def recorded(example: int) -> list[type]:
    """What the messages of an example become."""
    blocks = re.findall(r"```jsonl\n(.*?)```", GUIDE, re.DOTALL)
    state = Feed("e-1")
    events: list[object] = []
    for sequence, line in enumerate(blocks[example].splitlines(), start=1):
        payload = line.encode()
        command = RecordFeed("e-1", "p", sequence, 0, payload, sha256(payload).digest())
        decision = decide.record(state, command, partner.decode)
        state = decision.state
        events.extend(decision.events)
    return [type(event) for event in events]


def test_the_guides_example_is_a_feed_that_is_recorded_without_a_refusal() -> None:
    assert recorded(0) == [
        FixtureScheduled,
        PricesObserved,
        *[Incident] * 4,
        StatisticsObserved,
    ]


def test_so_is_its_example_of_another_sport() -> None:
    play = [PointPlayed, PlaySignalled, PointTakenBack]
    assert recorded(1) == [FixtureScheduled, PricesObserved, *play]


def test_the_guide_names_every_message_of_other_sports_and_every_way_to_play() -> None:
    for message, record in contract.PLAY.items():
        tag = message.__struct_config__.tag
        row = next(line for line in GUIDE.splitlines() if line.startswith(f"| `{tag}` |"))
        for field in contract.fields_of_play(record):
            assert f"`{field}`" in row, (tag, field)
    ways = [way for sport in FOLLOWED.values() if sport.live for way in sport.live.starts]
    for word in (*Signal, *(part for way in ways for part in way.split("/") if part)):
        assert f"`{word}`" in GUIDE, word


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
