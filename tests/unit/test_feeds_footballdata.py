from __future__ import annotations

import csv
from collections import Counter
from hashlib import sha256
from pathlib import Path

import pytest

from cli.ingest.summary import Run
from overround.adapters.feeds import footballdata
from overround.adapters.feeds.contracts.columns import FOOTBALL_DATA
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import FixtureScheduled, Message, PricesObserved
from overround.domain.kernel.match import Incident, Period
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.statistics import SideStatistics, StatisticsObserved
from topologies.wire import sportsbook_wire

HEADER = "Div,Date,Time,HomeTeam,AwayTeam,FTHG,FTAG,B365H,B365D,B365A,PSCH,PSCD,PSCA,P>2.5,P<2.5"
ROW = "E0,11/08/2017,19:45,Arsenal,Leicester,4,3,1.53,4.5,6.5,1.49,4.73,7.25,1.65,2.32"


def read(row: str, header: str = HEADER) -> Message:
    payload = f"{header}\n{row}".encode()
    digest = sha256(payload).digest()
    return footballdata.decode(
        RecordFeed("e-1", "football-data", 0, 0, payload, digest, footballdata.FORMAT)
    )


def test_a_row_is_a_fixture_its_closing_prices_and_its_result() -> None:
    fixture, prices, result = read(ROW).values
    assert isinstance(fixture, FixtureScheduled)
    assert (fixture.competition, fixture.home, fixture.away) == ("E0", "Arsenal", "Leicester")
    assert fixture.kickoff_at_us == 1_502_480_700_000_000
    assert isinstance(prices, PricesObserved)
    assert [(each.selection, each.price_milli) for each in prices.prices] == [
        ("1x2/home", 1490),
        ("1x2/draw", 4730),
        ("1x2/away", 7250),
        ("totals:2.5/over", 1650),
        ("totals:2.5/under", 2320),
    ]
    assert isinstance(result, Incident)
    assert (result.home_goals, result.away_goals) == (4, 3)


COUNTED = f"{HEADER},HTHG,HTAG,HS,AS,HST,AST,HF,AF,HC,AC,HY,AY,HR,AR"


def test_a_row_with_counts_tells_them_as_they_were_at_full_time() -> None:
    counts = read(f"{ROW},2,2,27,6,10,3,9,12,9,4,0,1,0,", header=COUNTED).values[2]
    assert counts == StatisticsObserved(
        "e-1",
        "football-data",
        1,
        Period.FULL_TIME,
        5_400,
        SideStatistics(27, 10, 9, 9, 0, 0, 2),
        SideStatistics(6, 3, 4, 12, 1, None, 2),
    )
    spreadsheet = f"{ROW},2.0,2.0,27.0,6.0,10.0,3.0,9.0,12.0,9.0,4.0,0.0,1.0,0.0,"
    assert read(spreadsheet, header=COUNTED).values[2] == counts


def test_a_row_of_a_match_to_come_is_a_fixture_and_its_prices() -> None:
    to_come = read(ROW.replace(",4,3,", ",,,")).values
    assert to_come == read(ROW).values[:2]
    without = ROW.replace(",4,3,", ","), HEADER.replace("FTHG,FTAG,", "")
    assert read(*without).values == to_come


def test_a_row_whose_counts_are_empty_tells_none() -> None:
    assert read(f"{ROW},,,,,,,,,,,,,,", header=COUNTED) == read(ROW)


@pytest.mark.parametrize("cell", ["-1", "2.5", "many", "1000"])
def test_a_count_that_is_none_is_refused(cell: str) -> None:
    with pytest.raises(Refusal, match="bad_count"):
        read(f"{ROW},{cell}", header=f"{HEADER},HC")


@pytest.mark.recordings
def test_the_counts_of_a_season_are_what_its_file_adds_up_to(recordings: Path) -> None:
    path = recordings / "football_odds" / "E0_2017-18.csv"
    told = [
        read(row.partition(b"\n")[2].decode(), row.partition(b"\n")[0].decode()).values[-2]
        for row in (each for each in footballdata.messages(path))
    ]
    counts = [each for each in told if isinstance(each, StatisticsObserved)]
    with path.open(encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if row["HC"]]
    assert len(counts) == len(rows) == 380
    assert sum(each.home.corners or 0 for each in counts) == sum(int(row["HC"]) for row in rows)
    assert sum(each.away.fouls or 0 for each in counts) == sum(int(row["AF"]) for row in rows)


def test_a_column_without_a_price_leaves_its_place_to_the_next_source() -> None:
    prices = read(ROW.replace("4.73", "")).values[1]
    assert isinstance(prices, PricesObserved)
    assert prices.prices[0].price_milli == 1530


def test_the_markets_closing_prices_come_before_anybodys_early_ones() -> None:
    header = HEADER.replace("PSCH,PSCD,PSCA", "AvgCH,AvgCD,AvgCA") + ",PSH,PSD,PSA"
    assert "AvgCH" in header
    assert read(f"{ROW},9.9,9.9,9.9", header).values == read(ROW).values


def test_totals_columns_that_lost_their_signs_are_read_as_the_others() -> None:
    renamed = HEADER.replace("P>2.5,P<2.5", "P_2_5,P_2_5_1")
    assert read(ROW, renamed).values == read(ROW).values


def test_two_digits_of_a_year_name_the_same_day() -> None:
    assert read(ROW.replace("2017", "17")).values[0] == read(ROW).values[0]


def test_goals_that_went_through_a_spreadsheet_are_still_goals() -> None:
    assert read(ROW.replace(",4,3,", ",4.0,3.0,")).values[2] == read(ROW).values[2]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("", "empty_row"),
        (",,,,,,", "empty_row"),
        (ROW.replace("Arsenal", ""), "field_empty"),
        (ROW.replace("Arsenal", "A\x00"), "bad_text"),
        (ROW.replace("11/08", "08/31"), "bad_date"),
        (ROW.replace("19:45", "late"), "bad_date"),
        (ROW.replace(",4,3,", ",x,3,"), "bad_score"),
        (ROW.replace(",4,3,", ",-4,3,"), "bad_score"),
        (ROW.replace(",4,3,", ",4,,"), "field_empty"),
        (ROW.replace(",4,3,", ",,3,"), "field_empty"),
        (f"{ROW}\n{ROW}", "not_a_row"),
    ],
)
def test_a_row_that_is_no_match_is_refused_with_its_reason(row: str, reason: str) -> None:
    with pytest.raises(Refusal) as caught:
        read(row)
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("header", "reason"),
    [("Div,Date", "columns_missing"), (f"{HEADER},FTHG", "column_repeated")],
)
def test_a_layout_that_cannot_be_read_is_refused_by_name(header: str, reason: str) -> None:
    with pytest.raises(Refusal, match=reason):
        read(ROW, header=header)


@pytest.mark.parametrize("column", ["FTR", "HTHG", "AC"])
def test_a_row_that_tells_of_the_play_and_not_its_result_is_refused(column: str) -> None:
    with pytest.raises(Refusal, match="field_empty"):
        read(f"{ROW.replace(',4,3,', ',,,')},1", header=f"{HEADER},{column}")
    renamed = HEADER.replace("FTHG,FTAG", "HomeGoals,AwayGoals")
    with pytest.raises(Refusal, match="field_empty"):
        read(f"{ROW},1", header=f"{renamed},{column}")


def test_columns_that_nobody_knows_may_come() -> None:
    assert read(f"{ROW},7", header=f"{HEADER},Weather") == read(ROW)


def test_every_column_that_is_read_is_in_the_contract() -> None:
    read_for_prices = {*footballdata._RESULT_COLUMNS, *footballdata._TOTALS_COLUMNS}
    assert {name for names in read_for_prices for name in names} <= FOOTBALL_DATA.names


@pytest.mark.recordings
def test_every_column_of_every_season_is_known(recordings: Path) -> None:
    for path in (recordings / "football_odds").glob("*.csv"):
        header = next(footballdata.messages(path)).decode().splitlines()[0]
        assert {*header.split(","), ""} - {""} <= FOOTBALL_DATA.names, path.name


@pytest.mark.slow
@pytest.mark.recordings
def test_every_row_of_every_season_comes_out_or_is_refused_by_name(recordings: Path) -> None:
    wire, rows, refused = sportsbook_wire(), 0, Counter[str]()
    for path in sorted((recordings / "football_odds").glob("*.csv")):
        run = Run(PROVIDERS["football-data"], wire)
        run.feed(footballdata.messages(path), lambda _messages: None)
        got = run.summary()
        rows += got["messages"]
        refused.update(got["dead_letters"])
        assert got["messages"] == run.results + sum(got["dead_letters"].values()), path.name
        assert got["duplicates"] == got["gaps"] == 0, path.name
    assert rows > 30_000
    assert set(refused) == {"empty_row"}
