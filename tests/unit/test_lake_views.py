"""The lake's views: right sums on files as the sink writes them, and no fault on an empty lake."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import duckdb
import pytest
from click.testing import CliRunner

from cli.query import query
from overround.contracts.topics import PUBLIC
from overround.domain.kernel.statistics import SideStatistics
from overround.lake import open_lake, view_notes
from overround.sinks.batch import Batches, Record
from overround.sinks.manifest import PartitionLog
from tests.kit.lake import DAY_US, MAY_1_US, SCHEMAS, wire

STAKES, PAYOUTS, CASHIER = (f"house:0:EUR:{kind}" for kind in ("stakes", "payouts", "cashier"))
SIDES = ("home", "away")
PUNTER = "customer:c1:EUR"


def write(lake: Path, topic: str, values: Sequence[bytes]) -> None:
    """Add a batch to partition 0 of a topic, as the sink does."""
    log = PartitionLog(lake, topic, 0, topic_id="id")
    first = log.manifest.next_offset
    records = [Record(first + n, 1_000, b"k", value) for n, value in enumerate(values)]
    files, rejects = Batches(topic, SCHEMAS.__getitem__).files(0, records)
    log.commit(files, next_offset=first + len(records), rejects=rejects)
    log.close()


def rows(lake: Path, sql: str) -> list[tuple[Any, ...]]:
    return open_lake(lake).execute(sql).fetchall()


def bet(kind: str, bet_id: str, **fields: Any) -> bytes:
    return wire(kind, customer_id="c1", bet_id=bet_id, currency="EUR", **fields)


def leg(selection: str) -> dict[str, Any]:
    return {"event_id": "m1", "selection": selection, "price_milli": 2000}


def entry(kind: str, entry_id: str, accounts: tuple[str, str], minor: int, ends: str = "") -> bytes:
    debit, credit = accounts
    return wire(
        "LedgerEntry",
        entry_id=entry_id,
        kind=kind,
        debit_account=debit,
        credit_account=credit,
        currency="EUR",
        amount_minor=minor,
        pending_id=ends,
    )


@pytest.fixture
def bets(tmp_path: Path) -> Path:
    """Two singles on totals (one lost, one won and then corrected), a double, one rejection."""
    totals, double = [leg("totals:2.5/over")], [leg("1x2/home"), leg("1x2/away")]
    write(
        tmp_path,
        "bets.events",
        [
            bet("BetAccepted", "b1", stake_minor=1000, legs=totals),
            bet("BetPartlyAccepted", "b2", requested_minor=900, stake_minor=500, legs=totals),
            bet("BetAccepted", "b3", stake_minor=300, legs=double),
            bet("BetRejected", "b4", requested_minor=700, reason="market_limit"),
            bet("BetSettled", "b1", stake_minor=1000, payout_minor=0),
            bet("BetSettled", "b2", stake_minor=500, payout_minor=1000),
            bet("BetResettled", "b2", payout_minor=500, previous_payout_minor=1000, revision=1),
        ],
    )
    return tmp_path


def test_every_view_answers_on_an_empty_lake(tmp_path: Path) -> None:
    lake = open_lake(tmp_path)
    for view, note in view_notes(lake):
        assert note, f"{view} has no comment"
        if not view.endswith(")"):
            assert lake.execute(f"FROM {view}").fetchall() == []
    assert lake.execute("FROM price_history('m1', '1x2/home')").fetchall() == []


def test_every_record_type_of_a_public_topic_has_a_source(tmp_path: Path) -> None:
    found = rows(tmp_path, "SELECT view_name FROM duckdb_views() WHERE schema_name = 'source'")
    assert len(found) == 1 + sum(len(topic.records) for topic in PUBLIC)


@pytest.mark.slow
def test_running_counts_are_a_row_a_side_and_the_newest_of_each_provider_are_final(
    tmp_path: Path,
) -> None:
    def told(provider: str, sequence: int, corners: int, fouls: int | None) -> bytes:
        nothing = dict.fromkeys(SideStatistics.__slots__)
        return wire(
            "StatisticsObserved",
            event_id="m1",
            provider=provider,
            sequence=sequence,
            home=nothing | {"corners": corners},
            away=nothing | {"corners": 0, "fouls": fouls},
        )

    counts = [told("a", 7, 3, 2), told("a", 9, 2, None), told("b", 4, 3, 1)]
    write(tmp_path, "feeds.statistics", counts)
    columns = "provider, sequence, side, corners, fouls"
    assert len(rows(tmp_path, "FROM feed_statistics")) == 6
    assert rows(tmp_path, f"SELECT {columns} FROM match_statistics ORDER BY ALL") == [
        ("a", 9, "away", 0, None),
        ("a", 9, "home", 2, None),
        ("b", 4, "away", 0, 1),
        ("b", 4, "home", 3, None),
    ]


def test_turnover_counts_taken_stakes_and_margin_only_settled_ones(bets: Path) -> None:
    # totals: 1000 + 500 taken and settled, 0 + 500 paid after the correction: 1000 kept.
    assert rows(bets, "FROM turnover_by_market") == [
        ("totals:2.5", "EUR", 2, 1500, 1500, 500, 1000, 66.67),
        ("multiple", "EUR", 1, 300, 0, 0, 0, None),
    ]


def test_bets_by_outcome_tells_the_reasons(bets: Path) -> None:
    assert rows(bets, "FROM bets_by_outcome") == [
        ("accepted", None, "EUR", 2, 1300, 1300),
        ("partly accepted", None, "EUR", 1, 900, 500),
        ("rejected", "market_limit", "EUR", 1, 700, 0),
    ]


def test_the_same_bet_id_of_two_customers_is_two_bets(tmp_path: Path) -> None:
    write(
        tmp_path,
        "bets.events",
        [
            wire("BetAccepted", customer_id="c1", bet_id="b", stake_minor=1),
            wire("BetAccepted", customer_id="c2", bet_id="b", stake_minor=1),
            wire("BetSettled", customer_id="c2", bet_id="b", payout_minor=9),
        ],
    )
    found = rows(tmp_path, "SELECT customer_id, payout_minor FROM bets ORDER BY 1")
    assert found == [("c1", None), ("c2", 9)]


@pytest.mark.slow
def test_balances_follow_holds_posts_and_voids_and_sum_to_zero(tmp_path: Path) -> None:
    stake = PUNTER, STAKES
    write(
        tmp_path,
        "ledger.entries",
        [
            entry("transfer", "e1", (CASHIER, PUNTER), 10_000),
            entry("hold", "e2", stake, 3_000),
            entry("post", "e3", stake, 2_500, ends="e2"),
            entry("hold", "e4", stake, 1_000),
            entry("void", "e5", stake, 1_000, ends="e4"),
            entry("hold", "e6", stake, 400),
            entry("transfer", "e7", (PAYOUTS, PUNTER), 600),
        ],
    )
    # 10,000 - 2,500 + 600 = 8,100, of which 400 are held.
    assert rows(
        tmp_path,
        "SELECT balance_minor, held_minor, available_minor FROM ledger_balances "
        f"WHERE account = '{PUNTER}'",
    ) == [(8_100, 400, 7_700)]
    assert rows(tmp_path, "FROM control_totals") == [("EUR", 0, 0, 4, 8_100, 0)]


def test_an_overdrawn_customer_is_counted(tmp_path: Path) -> None:
    write(tmp_path, "ledger.entries", [entry("transfer", "e1", (PUNTER, STAKES), 1)])
    assert rows(tmp_path, "SELECT total_minor, overdrawn FROM control_totals") == [(0, 1)]


@pytest.mark.slow
def test_a_version_of_quotes_that_is_there_twice_counts_once(tmp_path: Path) -> None:
    def quotes(version: int, price_milli: int) -> bytes:
        lines = [{"market": "1x2", "outcome": "home", "price_milli": price_milli}]
        return wire("Quotes", event_id="m1", version=version, status="open", lines=lines)

    write(tmp_path, "markets.quotes", [quotes(1, 2000), quotes(2, 1900), quotes(2, 1900)])
    found = rows(tmp_path, "SELECT version, price_milli FROM price_history('m1', '1x2/home')")
    assert found == [(1, 2000), (2, 1900)]
    assert rows(tmp_path, "FROM price_history('m1', '1x2/away')") == []


def test_quotes_of_other_sports_are_a_row_a_price_with_the_score(tmp_path: Path) -> None:
    lines = [{"market": "match_winner", "outcome": side, "price_milli": 1_900} for side in SIDES]
    head = {"event_id": "t1", "sport": "tennis", "version": 2, "status": "open"}
    quotes = wire("SportQuotes", score="6-4 0-0", lines=lines, **head)
    write(tmp_path, "markets.quotes", [quotes, quotes])
    sql = "SELECT sport, score, outcome, price_milli FROM sport_quotes ORDER BY outcome DESC"
    assert rows(tmp_path, sql) == [("tennis", "6-4 0-0", side, 1_900) for side in SIDES]


def test_exposure_of_the_house_is_the_sum_of_the_matches_until_they_end(tmp_path: Path) -> None:
    def changed(event_id: str, second: int, worst_minor: int) -> bytes:
        return wire(
            "ExposureChanged",
            event_id=event_id,
            currency="EUR",
            worst_minor=worst_minor,
            at_us=MAY_1_US + second * 1_000_000,
        )

    result = wire("ResultRecorded", event_id="m1", at_us=MAY_1_US + 4_000_000)
    steps = [changed("m1", 1, -100), changed("m2", 2, -50), changed("m1", 3, -150), result]
    write(tmp_path, "markets.events", steps)
    sql = "SELECT house_worst_minor FROM exposure_over_time ORDER BY event_time"
    assert [worst for (worst,) in rows(tmp_path, sql)] == [-100, -150, -200, -50]


def test_files_of_several_days_are_one_view_and_a_plain_glob_sees_the_same(tmp_path: Path) -> None:
    for day in range(3):
        value = wire("BetRejected", at_us=MAY_1_US + day * DAY_US, requested_minor=day)
        write(tmp_path, "bets.events", [value, wire("BetSettled")])
    assert rows(tmp_path, "SELECT sum(requested_minor) FROM bets_rejected") == [(3,)]
    glob = f"{tmp_path}/bets.events/**/*.parquet"
    found = duckdb.execute(
        "SELECT record, count(*), count(DISTINCT date) FROM read_parquet(?) GROUP BY 1 ORDER BY 1",
        [glob],
    ).fetchall()
    assert found == [("bet_rejected", 3, 3), ("bet_settled", 3, 1)]


def test_refused_records_are_in_the_view_of_rejects(tmp_path: Path) -> None:
    write(tmp_path, "bets.events", [b"junk", wire("BetRejected")])
    found = rows(tmp_path, "SELECT topic, offset_in_partition, payload FROM rejects")
    assert found == [("bets.events", 0, b"junk")]


def test_a_lake_in_a_directory_with_a_quote_in_its_name_opens(tmp_path: Path) -> None:
    lake = tmp_path / "punter's lake"
    write(lake, "bets.events", [wire("BetRejected")])
    assert rows(lake, "SELECT count(*) FROM bets_rejected") == [(1,)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("form", "printed"),
    [
        ("csv", "bet_id,stake_minor\nb1,1000\n"),
        ("json", '{"bet_id": "b1", "stake_minor": 1000}\n'),
    ],
)
def test_query_prints_for_programs(bets: Path, form: str, printed: str) -> None:
    sql = "SELECT bet_id, stake_minor FROM bets WHERE bet_id = 'b1'"
    result = CliRunner().invoke(query, [sql, "--lake", str(bets), "--format", form])
    assert (result.exit_code, result.stdout) == (0, printed)


def test_query_prints_a_table_for_people(bets: Path) -> None:
    arguments = ["FROM turnover_by_market", "--lake", str(bets)]
    result = CliRunner().invoke(query, arguments, env={"COLUMNS": "160"})
    assert result.exit_code == 0
    assert "turnover_minor" in result.stdout
    assert "totals:2.5" in result.stdout


def test_a_narrow_table_folds_an_amount_and_never_cuts_it(tmp_path: Path) -> None:
    sql = "SELECT 1234567890123456789 AS a, 2234567890123456789 AS b"
    arguments = [sql, "--lake", str(tmp_path)]
    result = CliRunner().invoke(query, arguments, env={"COLUMNS": "30"})
    assert "…" not in result.stdout


def test_a_query_for_an_unknown_view_is_answered_with_those_there_are(bets: Path) -> None:
    result = CliRunner().invoke(query, ["FROM turnovers", "--lake", str(bets)])
    assert result.exit_code == 1
    assert "turnover_by_market" in result.stderr


def test_a_query_without_a_lake_says_how_to_get_one(tmp_path: Path) -> None:
    result = CliRunner().invoke(query, ["SELECT 1", "--lake", str(tmp_path / "none")])
    assert result.exit_code == 1
    assert "overround sink" in result.stderr


@pytest.mark.slow
def test_the_list_of_views_has_a_line_for_each(bets: Path) -> None:
    result = CliRunner().invoke(query, ["--list", "--lake", str(bets)])
    assert len(result.stdout.splitlines()) == len(view_notes(open_lake(bets)))
