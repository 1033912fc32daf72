"""A provider's match goes on under another event: nothing is missed, told twice or out of order."""

from __future__ import annotations

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from agents.feeds import handle
from overround.adapters.feeds.aliases import aliases_of, read_table
from overround.adapters.feeds.identities import Identities
from overround.contracts import topics
from overround.domain.feeds.commands import TakeFeed
from overround.domain.feeds.events import RecordsLost
from overround.domain.feeds.identity.events import EventLinked
from overround.domain.feeds.model import ProviderFeed
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.ids import Position
from overround.domain.kernel.match import Incident
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Event
from tests.unit.test_feeds_agent import CLOCK, Outputs, command, event, feed_tables

LINK = EventLinked("football", "partner", "m-1", "e-1", "", "", "", 90, "alike", "")


def state(*sequences: int, match: str = "m-1", score: int = 0) -> ProviderFeed:
    seen = ProviderFeed(match, 1, b"", 0, 0, score, 0)
    for sequence in sequences:
        seen = seen.received(sequence, bytes([sequence]) * 8)
    return seen


def take(seen: ProviderFeed, event_id: str = "e-1") -> Event:
    return event(TakeFeed(event_id, "e-0", "partner", seen), key=event_id)


def told(out: Outputs) -> list[int]:
    return [v.sequence for topic, _, v in out.sent if isinstance(v, Incident)]


def test_a_record_that_overtook_the_link_waits_and_is_told_with_it() -> None:
    tables, out = feed_tables(), Outputs()
    handle(event(command(3, CLOCK)), tables, out)
    assert told(out) == [], "1 and 2 are missing as far as one knows here"
    handle(take(state(1, 2)), tables, out)
    assert told(out) == [3]
    handle(event(command(4, CLOCK)), tables, out)
    assert told(out) == [3, 4]
    assert tables.feeds["e-1"].providers["partner"].missing == 0
    handle(Event(None, Tick(0), "id", 60_000_000, Position("feeds.inbox", 0, 0)), tables, out)
    assert not [value for _, _, value in out.sent if isinstance(value, RecordsLost)]


def test_what_is_missing_when_a_match_moves_is_told_late_if_it_comes() -> None:
    tables, out = feed_tables(), Outputs()
    handle(take(state(1, 3)), tables, out)
    handle(event(command(2, CLOCK)), tables, out)
    (late,) = [value for _, _, value in out.sent if isinstance(value, Incident)]
    assert (late.sequence, late.is_late) == (2, True)
    assert tables.feeds["e-1"].providers["partner"].missing == 0


def test_a_repeat_of_what_came_before_the_move_is_dropped() -> None:
    tables, out = feed_tables(), Outputs()
    first = command(1, CLOCK)
    seen = state().received(1, sha256(first.payload).digest()[:8])
    handle(take(seen), tables, out)
    handle(event(first), tables, out)
    assert told(out) == []
    assert tables.feeds["e-1"].providers["partner"].duplicates == 1


def test_both_parts_joined_are_the_same_whichever_comes_first() -> None:
    early, late = state(1, 2, 5, score=1), state(4, 6, score=2)
    joined = early.joined(late)
    assert joined == late.joined(early)
    assert (joined.next_sequence, joined.missing, joined.home_goals) == (7, 1, 2)
    assert [joined.digest(n) for n in range(1, 7)] == [bytes([n]) * 8 for n in (1, 2, 0, 4, 5, 6)]


def test_a_match_that_moved_on_takes_its_state_along() -> None:
    tables, out = feed_tables(), Outputs()
    handle(event(replace(LINK, event_id="e-2")), tables, out)
    handle(take(state(1)), tables, out)
    assert out.sent == [(topics.FEEDS_INBOX, "e-2", TakeFeed("e-2", "e-0", "partner", state(1)))]


def test_another_match_of_the_provider_takes_nothing_over() -> None:
    tables, out = feed_tables(), Outputs()
    handle(event(command(1, CLOCK)), tables, out)
    with pytest.raises(Refusal, match="match_changed"):
        handle(take(state(1, match="m-2")), tables, out)


def test_a_source_that_numbers_nothing_goes_on_behind_what_was_counted() -> None:
    tables, out = feed_tables(), Outputs()
    handle(take(state(1, 2)), tables, out)
    seen = tables.feeds["e-1"].providers["partner"]
    assert (seen.next_sequence, seen.missing) == (3, 0)


def test_a_connection_knows_the_event_of_a_match_and_the_match_of_an_event() -> None:
    known = Identities()
    assert known.event_id("partner", "m-1") == "partner-m-1"
    assert known.match("partner", "partner-m-1") == "m-1"
    for told_of in (LINK, replace(LINK, event_id="e-2"), "something else"):
        known.take(told_of)
    assert known.event_id("partner", "m-1") == "e-2"
    assert known.match("partner", "e-2") == "m-1"
    assert len(known) == 1


def test_a_row_of_an_alias_table_gives_country_and_name() -> None:
    table = aliases_of("football-data")
    assert table.competition("E0", "") == ("England", "Premier League")
    assert table.team("England", "Arsenal") == "Arsenal"
    assert aliases_of("nobody").competition("E0", "Wales") == ("Wales", "E0")
    players = aliases_of("understat")
    assert players.player("France", "Kylian Mbappe-Lottin") == "Kylian Mbappe"
    assert players.player("Spain", "Kylian Mbappe-Lottin") == "Kylian Mbappe-Lottin"


@pytest.mark.parametrize(
    ("rows", "wrong"),
    [
        ("kind,name\n", "the columns are not"),
        ("kind,name,country,canonical\nteam,a,,b\n", "line 2: an empty cell"),
        ("kind,name,country,canonical\nclub,a,x,b\n", "neither competition nor team"),
        ("kind,name,country,canonical\nteam,a,x,b\nteam,a,x,c\n", "line 3: a has a row already"),
    ],
)
def test_a_broken_alias_table_is_told_by_its_line(rows: str, wrong: str, tmp_path: Path) -> None:
    path = tmp_path / "provider.csv"
    path.write_text(rows)
    with pytest.raises(ValueError, match=wrong):
        read_table(path)
