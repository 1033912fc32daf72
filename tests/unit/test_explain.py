"""`overround explain` gives what was quoted, and says so when it does not."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from rich.console import Console

import cli.explain.explain as command
from cli.demo.match import TimedRecord, synthetic, timeline
from cli.demo.run import MATCH as RECORDED
from cli.explain.account import Explanation
from cli.explain.explain import explained
from cli.explain.show import show
from cli.explain.times import MatchClock, parsed
from cli.main import main
from overround.contracts import topics
from overround.contracts.topic import Topic
from overround.domain.feeds.events import FixtureScheduled
from overround.domain.kernel.market import CATALOGUE
from overround.domain.kernel.match import Incident, IncidentKind, Period, Side
from overround.domain.kernel.time import to_datetime
from overround.domain.pricing.events import Quotes, SideQuotes
from overround.domain.settlement.commands import VoidMarket
from overround.runtime.in_process import InProcess, LogRecord, RecordedRun, partition_of
from tests.kit.kafka import REPOSITORY
from tests.kit.match import MATCH, PROVIDER, Sportsbook, wire
from topologies.sportsbook import SPORTSBOOK

FIGURE = re.compile(r"[+-]\d+\.\d\d|\d+\.\d%")

Invoke = Callable[..., Result]


class Watched:
    """A match that was played, and what a reader of its quotes had at each moment."""

    def __init__(self, event: str, records: Sequence[TimedRecord]) -> None:
        self.event = event
        self.engine = InProcess(SPORTSBOOK, wire(), seed=3)
        self.seen: list[tuple[int, Quotes]] = []
        self.seen_beside: list[tuple[int, SideQuotes]] = []
        start_us = self.engine.now_us
        for timed in records:
            at_us = start_us + round(timed.at_s * 1e6)
            self.engine.pipe(topics.FEEDS_INBOX, event, timed.record, at_us=at_us)
            self.engine.run()
            self.seen += [(at_us, each) for each in self._newest(topics.QUOTES)]
            self.seen_beside += [(at_us, each) for each in self._newest(topics.SIDE_QUOTES)]

    def _newest(self, topic: Topic) -> Iterator[Any]:
        """The newest quotes of a topic, if there are any."""
        log = self.engine.log
        place = partition_of(self.event.encode(), log.partitions)
        for record in log.read(topic.name, place, log.end(topic.name, place) - 1)[-1:]:
            yield wire().decode(record.value or b"").value


@pytest.fixture(scope="module")
def recorded() -> Watched:
    return Watched("final", timeline(RECORDED, "final", clock_every_s=60))


@pytest.fixture(scope="module")
def simulated() -> Watched:
    return Watched("made-up", synthetic("made-up", 5, clock_every_s=60))


@pytest.fixture
def sportsbook() -> Sportsbook:
    book = Sportsbook()
    book.schedule()
    book.kick_off()
    return book


@pytest.fixture
def overround(monkeypatch: pytest.MonkeyPatch) -> Callable[[InProcess], Invoke]:
    """The command over the log of a run in process."""

    def over(engine: InProcess) -> Invoke:
        monkeypatch.setattr(command, "KafkaTopics", lambda *_: RecordedRun(engine))
        return lambda *words: CliRunner().invoke(main, ["explain", *words, "--bootstrap", "none"])

    return over


def at(engine: InProcess, event: str, market: str, moment: Any = None) -> Explanation:
    told = explained(RecordedRun(engine), wire(), event, market, moment)
    assert told is not None
    return told


def tamper(engine: InProcess, topic: str, change: Callable[[Any], Any], place: int = -1) -> None:
    """Replace the value of a record that lies in a topic already."""
    partition = next(p for p in range(engine.log.partitions) if engine.log.end(topic, p))
    records: list[LogRecord] = engine.log._topics[topic][partition]
    decoded = wire().decode(records[place].value or b"")
    value = wire().encode(
        change(decoded.value), id=decoded.id, at_us=decoded.at_us, caused_by=decoded.caused_by
    )
    records[place] = replace(records[place], value=value)


def dearer(quotes: Any) -> Any:
    first, *others = quotes.lines
    return replace(quotes, lines=(replace(first, price_milli=first.price_milli + 10), *others))


@pytest.mark.slow
@pytest.mark.parametrize("match", ["recorded", "simulated"])
@pytest.mark.parametrize("market", ["1x2", "totals:2.25", "correct_score"])
def test_it_gives_what_was_quoted_at_any_time(
    match: str, market: str, request: pytest.FixtureRequest
) -> None:
    played: Watched = request.getfixturevalue(match)
    moments = played.seen[:: len(played.seen) // 10]
    assert len(moments) >= 10
    for at_us, quotes in moments:
        told = at(played.engine, played.event, market, at_us)
        quoted = {
            f"{line.outcome}": line.price_milli for line in quotes.lines if line.market == market
        }
        assert told.is_equal, told.comparison
        assert told.comparison.published == told.comparison.version == quotes.version
        for each in told.selections:
            assert each.rounded_milli == each.quoted_milli == quoted.get(each.outcome, 0)
        assert told.status == quotes.status
        assert told.selections or not quoted


@pytest.mark.slow
@pytest.mark.parametrize("match", ["recorded", "simulated"])
@pytest.mark.parametrize("market", ["half_totals:1:1.5", "half_double_chance:2", "next_goal:2"])
def test_a_side_market_is_explained_as_it_was_told_last(
    match: str, market: str, request: pytest.FixtureRequest
) -> None:
    played: Watched = request.getfixturevalue(match)
    moments = played.seen_beside[:: len(played.seen_beside) // 8]
    assert len({quotes.version for _, quotes in moments}) > 6
    for at_us, quotes in moments:
        told = at(played.engine, played.event, market, at_us)
        quoted = {line.outcome: line.price_milli for line in quotes.lines if line.market == market}
        assert told.is_equal, told.comparison
        assert told.comparison.published == told.comparison.version == quotes.version
        assert told.score == f"{quotes.home_goals}-{quotes.away_goals}"
        for each in told.selections:
            assert each.rounded_milli == each.quoted_milli == quoted.get(each.outcome, 0)
        assert told.selections or not quoted


@pytest.mark.parametrize("match", ["recorded", "simulated"])
@pytest.mark.parametrize("market", ["1x2", "half_1x2:2"])
def test_prior_time_and_observations_add_up_to_the_probability(
    match: str, market: str, request: pytest.FixtureRequest
) -> None:
    played: Watched = request.getfixturevalue(match)
    told = at(played.engine, played.event, market, MatchClock(Period.SECOND_HALF, 4_200))
    assert told.prior is not None
    goals = [each for each in told.observations if each.kind == "goal"]
    assert goals
    for place, selection in enumerate(told.selections):
        moved = sum(each.time[place] + each.effect[place] for each in told.observations)
        assert told.prior.probabilities[place] + moved == pytest.approx(
            selection.probability, abs=1e-12
        )
    for goal in goals if market == "1x2" else ():  # one of the first half says less of the second
        assert goal.effect[0 if goal.side == "home" else 2] > 0.0


def test_a_clock_record_does_nothing_but_let_time_go_by(recorded: Watched) -> None:
    told = at(recorded.engine, recorded.event, "1x2", MatchClock(Period.SECOND_HALF, 4_200))
    clocks = [each for each in told.observations if each.kind == "clock"]
    assert len(clocks) > 50
    assert all(each.size == 0.0 for each in clocks)
    assert any(each.time[0] != 0.0 for each in clocks)


def test_everything_names_its_place_in_the_log(recorded: Watched) -> None:
    told = at(recorded.engine, recorded.event, "1x2", MatchClock(Period.FIRST_HALF, 1_400))
    assert told.prior is not None
    offset_of = {}
    for partition in range(recorded.engine.log.partitions):
        for record in recorded.engine.log.read("markets.inbox", partition):
            place = f"markets.inbox:{partition}:{record.offset}"
            offset_of[place] = wire().decode(record.value or b"").value
    assert offset_of[told.prior.position].prices == told.prior.prices
    goal = next(each for each in told.observations if each.kind == "goal")
    assert offset_of[goal.position].kind is IncidentKind.GOAL
    assert offset_of[told.position].clock_s == 1_380


def test_a_red_card_is_a_multiplier_and_an_observation(sportsbook: Sportsbook) -> None:
    sportsbook.report(IncidentKind.RED_CARD, Period.FIRST_HALF, 600, side=Side.AWAY)
    told = at(sportsbook.engine, MATCH, "1x2")
    assert told.multipliers is not None
    assert told.multipliers.reds == (1.61, 0.64)
    card = told.observations[-1]
    assert (card.kind, card.side, card.clock) == ("red_card", "away", "10:00")
    assert card.effect[0] > 0.05 > -0.05 > card.effect[2]
    assert card.time[0] != 0.0


def test_of_two_providers_the_second_moves_the_price(sportsbook: Sportsbook) -> None:
    sportsbook.report(IncidentKind.PERIOD, Period.FIRST_HALF, 0, provider="second")
    for provider in (PROVIDER, "second"):
        sportsbook.report(
            IncidentKind.GOAL, Period.FIRST_HALF, 600, (1, 0), Side.HOME, provider=provider
        )
    told = at(sportsbook.engine, MATCH, "1x2")
    first, second = (each for each in told.observations if each.kind == "goal")
    assert (first.provider, first.size) == (PROVIDER, 0.0)
    assert first.trading == "suspended: awaiting_quorum: goal"
    assert second.provider == "second"
    assert second.effect[0] > 0.2
    assert second.trading == "open"


def test_silence_holds_bets_back_and_is_told(sportsbook: Sportsbook) -> None:
    sportsbook.engine.advance(30)
    told = at(sportsbook.engine, MATCH, "1x2")
    assert told.is_equal
    assert (told.status, told.reason) == ("suspended", "feed_silent")
    last = told.observations[-1]
    assert (last.kind, last.trading, last.size) == ("time went by", "suspended: feed_silent", 0.0)


def test_another_match_of_the_partition_is_left_alone() -> None:
    both = Sportsbook(partitions=1)
    for match in (MATCH, "m2"):
        both.schedule(match)
        both.kick_off(match)
    both.report(IncidentKind.GOAL, Period.FIRST_HALF, 600, (1, 0), Side.HOME, match="m2")
    mine, other = (at(both.engine, match, "1x2") for match in (MATCH, "m2"))
    assert mine.is_equal
    assert other.is_equal
    assert (mine.score, other.score) == ("0-0", "1-0")
    assert all(each.kind != "goal" for each in mine.observations)


def test_a_version_that_a_crash_published_twice_is_compared_twice(sportsbook: Sportsbook) -> None:
    told_twice = quotes_log(sportsbook.engine)
    told_twice.append(replace(told_twice[-1], offset=len(told_twice)))
    told = at(sportsbook.engine, MATCH, "1x2")
    assert told.is_equal
    assert len(told.comparison.positions) == 2
    tamper(sportsbook.engine, topics.QUOTES.name, dearer)
    assert not at(sportsbook.engine, MATCH, "1x2").is_equal


def test_the_multipliers_are_those_of_the_price(sportsbook: Sportsbook) -> None:
    sportsbook.report(IncidentKind.GOAL, Period.FIRST_HALF, 600, (1, 0), Side.HOME)
    told = at(sportsbook.engine, MATCH, "1x2")
    assert told.multipliers is not None
    assert told.prior is not None
    m = told.multipliers
    rates = (told.prior.home_goals, told.prior.away_goals)
    for rate, red, shot, score, goals in zip(rates, m.reds, m.shots, m.score, m.goals, strict=True):
        assert rate * m.share_left * red * shot * score == pytest.approx(goals, rel=1e-12)


@pytest.mark.slow
def test_a_tampered_quote_is_found(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    explain = overround(sportsbook.engine)
    assert explain(MATCH, "1x2").exit_code == 0
    was = sportsbook.price("1x2/home")
    tamper(sportsbook.engine, topics.QUOTES.name, dearer)
    done = explain(MATCH, "1x2")
    assert done.exit_code == 1
    assert "DIFFERS" in done.output
    quoted, wanted = (f"{milli / 1000:.2f}" for milli in (was + 10, was))
    assert f"1x2/home was quoted {quoted}, recomputed {wanted}" in done.output


@pytest.mark.slow
def test_tampered_opening_prices_are_found(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    def other(prices: Any) -> Any:
        first, *others = prices.prices
        return replace(prices, prices=(replace(first, price_milli=2_600), *others))

    tamper(sportsbook.engine, topics.MARKETS_INBOX.name, other, place=1)
    done = overround(sportsbook.engine)(MATCH, "1x2", "--json")
    assert done.exit_code == 1
    assert json.loads(done.output)["is_equal"] is False


def test_a_quote_that_no_record_makes_is_found(sportsbook: Sportsbook) -> None:
    tamper(sportsbook.engine, topics.QUOTES.name, lambda q: replace(q, version=q.version + 1))
    told = at(sportsbook.engine, MATCH, "1x2")
    assert any("which no record makes" in words for words in told.comparison.differences)


def quotes_log(engine: InProcess) -> list[LogRecord]:
    """The partition of the quotes of an only match, to be changed."""
    log, topic = engine.log, topics.QUOTES.name
    partition = next(p for p in range(log.partitions) if log.end(topic, p))
    return log._topics[topic][partition]


def test_a_version_that_was_never_published_is_explained(sportsbook: Sportsbook) -> None:
    sportsbook.report(IncidentKind.GOAL, Period.FIRST_HALF, 600, (1, 0), Side.HOME)
    sportsbook.report(IncidentKind.CLOCK, Period.FIRST_HALF, 620, (1, 0))
    quotes = wire().decode(quotes_log(sportsbook.engine).pop(-2).value or b"").value
    told = at(sportsbook.engine, MATCH, "1x2", MatchClock(Period.FIRST_HALF, 610))
    assert told.is_equal
    assert told.comparison.version == quotes.version
    assert told.comparison.published == quotes.version - 1
    milli = [line.price_milli for line in quotes.lines if line.market == "1x2"]
    assert [each.quoted_milli for each in told.selections] == milli


def test_a_newest_version_that_nobody_was_told_of_is_found(sportsbook: Sportsbook) -> None:
    quotes_log(sportsbook.engine).pop()
    (difference,) = at(sportsbook.engine, MATCH, "1x2").comparison.differences
    assert "was never published, nor any after it" in difference


def test_a_record_that_waits_to_be_handled_is_no_difference(sportsbook: Sportsbook) -> None:
    goal = Incident(MATCH, PROVIDER, 99, IncidentKind.GOAL, Period.FIRST_HALF, 600, 1, 0, Side.HOME)
    sportsbook.engine.pipe(topics.MARKETS_INBOX, MATCH, goal)
    told = at(sportsbook.engine, MATCH, "1x2")
    assert told.is_equal
    assert told.score == "1-0"
    assert told.comparison.published == told.comparison.version - 1


def test_a_price_that_the_model_did_not_make_is_told(sportsbook: Sportsbook) -> None:
    told = at(sportsbook.engine, MATCH, "1x2")
    home, *others = told.selections
    console = Console(record=True, width=120)
    show(console, replace(told, selections=(replace(home, quoted_milli=2_500), *others)), 5)
    text = console.export_text()
    assert f"beyond the model the book moved home {home.rounded_milli / 1000:.2f} to 2.50" in text


@pytest.mark.slow
def test_a_voided_market_is_told(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    sportsbook.tell(topics.MARKETS_INBOX, MATCH, VoidMarket(MATCH, "1x2", "ann", "wrong"))
    done = overround(sportsbook.engine)(MATCH, "1x2")
    assert done.exit_code == 0
    assert "the market is voided" in done.output
    told = at(sportsbook.engine, MATCH, "1x2")
    assert [each.quoted_milli for each in told.selections] == [0, 0, 0]
    assert not at(sportsbook.engine, MATCH, "totals:2.5").is_voided


@pytest.mark.slow
def test_before_the_first_record_there_is_nothing_to_explain(
    recorded: Watched, overround: Callable[[InProcess], Invoke]
) -> None:
    done = overround(recorded.engine)(recorded.event, "1x2", "--at", "2022-12-18T14:59:59")
    assert done.exit_code == 1
    assert "nothing was known of the match then" in done.output


@pytest.mark.slow
def test_a_clock_that_the_match_has_not_reached_is_refused(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    done = overround(sportsbook.engine)(MATCH, "1x2", "--at", "63:10")
    assert done.exit_code == 1
    assert "has only come to 0:00" in done.output


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "near"),
    [
        (("finale", "1x2"), "did you mean final?"),
        (("final", "total:2.5"), "totals:2.5"),
        (("final", "1x2/home"), "1x2"),
    ],
)
def test_an_unknown_name_is_answered_with_those_near_it(
    words: tuple[str, str], near: str, recorded: Watched, overround: Callable[[InProcess], Invoke]
) -> None:
    done = overround(recorded.engine)(*words)
    assert done.exit_code == 1
    assert "did you mean" in done.output
    assert near in done.output


@pytest.mark.slow
def test_the_rows_that_are_shown_add_up(
    recorded: Watched, overround: Callable[[InProcess], Invoke]
) -> None:
    explain = overround(recorded.engine)
    for limit in ("0", "3", "400"):
        done = explain(recorded.event, "1x2", "--at", "80:30", "--limit", limit)
        assert done.exit_code == 0, done.output
        lines = [line for line in done.output.splitlines() if FIGURE.search(line)][1:]
        start = next(n for n, line in enumerate(lines) if "prices before kick-off" in line)
        end = next(n for n, line in enumerate(lines) if line.split()[0] == "now")
        home = [float(FIGURE.findall(line)[0].rstrip("%")) for line in lines[start : end + 1]]
        assert sum(home[:-1]) == pytest.approx(home[-1], abs=0.3)
        assert len(home) >= 3


@pytest.mark.slow
def test_json_has_every_selection_and_the_largest_observations(
    recorded: Watched, overround: Callable[[InProcess], Invoke]
) -> None:
    words = (recorded.event, "correct_score", "--at", "45+1:10", "--limit", "2", "--json")
    told = json.loads(overround(recorded.engine)(*words).output)
    of_market = [s.outcome for s in CATALOGUE if s.market.id == "correct_score"]
    assert [each["outcome"] for each in told["selections"]] == of_market
    assert [each["kind"] for each in told["observations"]] == ["goal", "goal"]
    assert told["observations_in_all"] > 40
    assert (told["clock"], told["is_equal"]) == ("45+1:00", True)
    assert told["prior"]["provider"] == PROVIDER


@pytest.mark.parametrize(
    ("text", "period", "clock_s"),
    [
        ("0:00", Period.FIRST_HALF, 0),
        ("44:59", Period.FIRST_HALF, 2_699),
        ("45+2:30", Period.FIRST_HALF, 2_850),
        ("45:00", Period.SECOND_HALF, 2_700),
        ("63", Period.SECOND_HALF, 3_780),
        ("90+3", Period.SECOND_HALF, 5_580),
    ],
)
def test_a_match_clock_is_read_as_it_is_said(text: str, period: Period, clock_s: int) -> None:
    assert parsed(None, None, text) == MatchClock(period, clock_s)  # type: ignore[arg-type]


def test_a_time_is_utc_unless_it_says_otherwise(tmp_path: Path) -> None:
    at_us = parsed(None, None, "2022-12-18T15:00:00")  # type: ignore[arg-type]
    assert isinstance(at_us, int)
    assert to_datetime(at_us).isoformat() == "2022-12-18T15:00:00+00:00"
    assert parsed(None, None, "2022-12-18T16:00:00+01:00") == at_us  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_guide_shows_what_the_command_prints(
    overround: Callable[[InProcess], Invoke],
) -> None:
    guide = (REPOSITORY / "docs/guides/explain.md").read_text()
    played = Watched("final", timeline(RECORDED, "final"))
    done = overround(played.engine)("final", "1x2", "--at", "63:10", "--limit", "4")
    for line in filter(None, map(str.rstrip, done.output.splitlines())):
        assert line in guide.splitlines()


@pytest.mark.slow
def test_a_market_that_the_matchs_sport_does_not_have_is_refused(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    fixture = FixtureScheduled("t-1", PROVIDER, 1, "Cup", "A", "B", 0, "tennis")
    sportsbook.tell(topics.MARKETS_INBOX, "t-1", fixture)
    for event, market, sport in (("t-1", "1x2", "tennis"), (MATCH, "set_winner:1", "football")):
        done = overround(sportsbook.engine)(event, market)
        assert done.exit_code == 1
        assert f"{event} is {sport}, which has no market {market}" in done.output


@pytest.mark.slow
def test_a_tampered_quote_of_a_side_market_is_found(
    sportsbook: Sportsbook, overround: Callable[[InProcess], Invoke]
) -> None:
    invoke = overround(sportsbook.engine)
    assert invoke(MATCH, "half_1x2:1").exit_code == 0
    tamper(sportsbook.engine, topics.SIDE_QUOTES.name, dearer)
    done = invoke(MATCH, "half_1x2:1")
    assert done.exit_code == 1
    assert "DIFFERS from what was quoted" in done.output
    assert "markets.side_quotes:" in done.output
    assert "half_1x2:1/home was quoted" in done.output
    assert invoke(MATCH, "1x2").exit_code == 0


def test_side_quotes_that_no_record_makes_are_found(sportsbook: Sportsbook) -> None:
    tamper(sportsbook.engine, topics.SIDE_QUOTES.name, lambda told: replace(told, version=99))
    told = at(sportsbook.engine, MATCH, "half_1x2:1")
    assert "version 99, which no record makes" in told.comparison.differences[0]


def test_a_side_market_of_which_nothing_was_told_is_explained(sportsbook: Sportsbook) -> None:
    partition = partition_of(MATCH.encode(), sportsbook.engine.log.partitions)
    sportsbook.engine.log._topics[topics.SIDE_QUOTES.name][partition].clear()
    told = at(sportsbook.engine, MATCH, "half_1x2:1")
    assert (told.is_equal, told.comparison.published) == (True, None)
    assert [each.quoted_milli for each in told.selections] == [0, 0, 0]
