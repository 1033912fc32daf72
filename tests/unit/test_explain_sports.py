"""Markets of tennis and basketball explained from the log, and held against what was quoted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from cli.explain import explain as command
from cli.explain.account import Explanation
from cli.explain.explain import explained
from cli.main import main
from overround.contracts import topics
from overround.domain.control.commands import SuspendMarket
from overround.domain.kernel.time import to_datetime
from overround.domain.pricing.tennis.model import BEST_OF_THREE, TOUR
from overround.domain.pricing.tennis.simulate import draw_serves, simulate
from overround.domain.settlement.commands import VoidMarket
from overround.runtime.in_process import InProcess, RecordedRun
from tests.kit.kafka import REPOSITORY
from tests.kit.match import wire
from tests.kit.sports import MATCH, Partner, fixture, prices, signal

OPENING = {"match_winner/home": 1_800, "match_winner/away": 2_050}
POINT: dict[str, Any] = {"type": "tennis.point_played", "server": "home", "winner": "home"}


@pytest.fixture
def tennis() -> Partner:
    """Home has won its first game; then a review, and a point for away."""
    partner = Partner()
    partner.tell(fixture("tennis"), prices("tennis", OPENING), *[POINT] * 4)
    partner.tell(signal("under_review"), signal("cleared"))
    partner.tell(POINT | {"server": "away", "winner": "away"})
    return partner


def told_of(partner: Partner, market: str, at_us: int | None = None) -> Explanation:
    told = explained(RecordedRun(partner.engine), wire(), MATCH, market, at_us)
    assert told is not None
    return told


@pytest.fixture
def overround(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """The command over the log of a run in process."""

    def over(engine: InProcess, *words: str) -> Result:
        monkeypatch.setattr(command, "KafkaTopics", lambda *_: RecordedRun(engine))
        return CliRunner().invoke(main, ["explain", MATCH, *words, "--bootstrap", "none"])

    return over


def test_what_was_not_heard_of_is_explained_as_wide_as_it_was_quoted(tennis: Partner) -> None:
    assert tennis.newest().status == "open"
    assert told_of(tennis, "set_winner:1").control.widening == 1.0
    tennis.engine.advance(12)
    told = told_of(tennis, "set_winner:1")
    assert told.control.widening > 1.2
    assert (told.comparison.differences, told.comparison.published) == ((), told.comparison.version)


@pytest.mark.parametrize("market", ["match_winner", "set_winner:1", "total_games:20.5"])
def test_prior_and_effects_add_up_to_what_is_quoted(tennis: Partner, market: str) -> None:
    told = told_of(tennis, market)
    assert told.is_equal
    assert told.prior is not None
    assert told.sport == "tennis"
    for place, selection in enumerate(told.selections):
        moved = sum(each.effect[place] for each in told.observations)
        assert selection.probability == pytest.approx(told.prior.probabilities[place] + moved)
        quoted = tennis.price(market, selection.outcome)
        assert selection.quoted_milli == selection.rounded_milli == quoted > 0
    assert told.fair_book == pytest.approx(1.0)
    assert told.book > 1.03


def test_it_says_whose_prices_opened_it_what_moved_it_and_what_held_it_back(
    tennis: Partner,
) -> None:
    told = told_of(tennis, "match_winner")
    assert told.prior is not None
    assert (told.prior.provider, told.prior.position) == ("partner", "markets.inbox:0:1")
    assert [each.selection for each in told.prior.prices] == list(OPENING)
    kinds = [(each.kind, each.side, each.trading) for each in told.observations]
    assert kinds == [
        *[("point played", "home", "")] * 4,
        ("play signalled", "", "suspended: under_review"),
        ("play signalled", "", "open"),
        ("point played", "away", ""),
    ]
    # The last point of a game that home was sure to win moves little; away's own serve likewise.
    assert all(each.effect[0] > 0 for each in told.observations[:4])
    assert told.observations[-1].effect[0] < 0
    assert told.observations[-1].score == "1-0 0-15"


def test_an_earlier_time_has_its_own_version(tennis: Partner) -> None:
    moments = [each.at for each in told_of(tennis, "match_winner").observations]
    record = tennis.inbox()[3]
    told = told_of(tennis, "match_winner", record.timestamp * 1_000)
    assert told.at == moments[1]
    assert told.comparison.version == told.comparison.published == 3
    assert told.score == "0-0 30-0"


def test_before_prices_and_after_the_end_nothing_is_offered() -> None:
    partner = Partner()
    partner.tell(fixture("tennis"))
    told = told_of(partner, "match_winner")
    assert (told.prior, told.selections, told.is_equal) == (None, (), True)
    partner.tell(prices("tennis", OPENING), POINT)
    partner.tell({"type": "tennis.player_retired", "side": "away"})
    told = told_of(partner, "match_winner")
    assert (told.selections, told.status, told.is_equal) == ((), "closed", True)
    assert told.prior is not None


def test_a_voided_market_is_shown_as_such(tennis: Partner) -> None:
    void = VoidMarket(MATCH, "set_winner:1", "t1", "roof")
    tennis.engine.pipe(topics.MARKETS_INBOX, MATCH, void)
    tennis.engine.run()
    told = told_of(tennis, "set_winner:1")
    assert told.is_voided
    assert told.is_equal
    assert [each.quoted_milli for each in told.selections] == [0, 0]
    assert all(each.rounded_milli for each in told.selections)


@pytest.mark.slow
def test_a_market_that_a_trader_holds_back_is_shown_as_such(
    tennis: Partner, overround: Callable[..., Result]
) -> None:
    hold = SuspendMarket(MATCH, "set_winner:1", "t1", "injury")
    tennis.engine.pipe(topics.MARKETS_INBOX, MATCH, hold)
    tennis.engine.run()
    assert told_of(tennis, "set_winner:1").is_equal
    done = overround(tennis.engine, "set_winner:1")
    assert "the market is suspended: trader: injury" in done.output


def test_a_quote_that_was_tampered_with_is_found(tennis: Partner) -> None:
    records = tennis.engine.log._topics[topics.QUOTES.name][0]
    decoded = wire().decode(records[-1].value or b"")
    quotes: Any = decoded.value
    lines = tuple(replace(each, price_milli=each.price_milli + 10) for each in quotes.lines)
    changed = wire().encode(
        replace(quotes, lines=lines),
        id=decoded.id,
        at_us=decoded.at_us,
        caused_by=decoded.caused_by,
    )
    records[-1] = replace(records[-1], value=changed)
    differences = told_of(tennis, "match_winner").comparison.differences
    assert any("match_winner/home was quoted" in each for each in differences)


@pytest.mark.slow
def test_the_command_says_it_in_words_and_in_json(
    tennis: Partner, overround: Callable[..., Result]
) -> None:
    done = overround(tennis.engine, "match_winner")
    assert done.exit_code == 0, done.output
    assert "match_winner at 1-0 0-15: home" in done.output
    assert "before the start; most by point played (home)" in done.output
    assert "prior        partner's prices (match_winner/home 1.80" in done.output
    assert "equal byte for byte to markets.quotes:0:7" in done.output
    found = json.loads(overround(tennis.engine, "match_winner", "--json").output)
    assert (found["sport"], found["is_equal"], found["observations_in_all"]) == ("tennis", True, 7)


@pytest.mark.slow
def test_the_guide_shows_what_the_command_prints(overround: Callable[..., Result]) -> None:
    partner, rng = Partner(), np.random.default_rng(5)
    partner.tell(fixture("tennis"), prices("tennis", OPENING))
    for point in list(simulate(*draw_serves(TOUR, 1, rng), rng, BEST_OF_THREE).points(0))[:60]:
        partner.tell(POINT | {"server": str(point.server), "winner": str(point.winner)})
    guide = (REPOSITORY / "docs/guides/explain.md").read_text()
    done = overround(partner.engine, "match_winner", "--limit", "4")
    for line in filter(None, map(str.rstrip, done.output.splitlines())):
        assert line in guide.splitlines()


@pytest.mark.slow
def test_a_match_clock_is_refused_with_what_to_say_instead(
    tennis: Partner, overround: Callable[..., Result]
) -> None:
    done = overround(tennis.engine, "match_winner", "--at", "63:10")
    assert done.exit_code == 1
    assert "only football has a match clock: say an ISO 8601 time" in done.output
    at = to_datetime(tennis.inbox()[2].timestamp * 1_000).isoformat()
    assert overround(tennis.engine, "match_winner", "--at", at).exit_code == 0


def test_basketball_is_explained_by_the_same_interface() -> None:
    partner = Partner()
    lines = {
        "handicap:-4.5/home": 1_900,
        "handicap:-4.5/away": 1_900,
        "total_points:220.5/over": 1_900,
        "total_points:220.5/under": 1_900,
    }
    own = {"period": 1, "left_s": 600, "side": "home", "points": 3}
    clock = {"type": "basketball.clock_told", "period": 1, "left_s": 500}
    partner.tell(fixture("basketball"), prices("basketball", lines))
    partner.tell({"type": "basketball.points_scored", **own}, clock)
    told = told_of(partner, "handicap:-4.5")
    assert told.is_equal
    assert [each.kind for each in told.observations] == ["points scored", "clock told"]
    assert told.observations[0].effect[0] > 0.02
    assert told.observations[1].effect[0] < 0.0
