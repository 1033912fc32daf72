from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from cli.demo.ledger_check import check_ledger
from cli.demo.markets import ALL, exposure_faults, markets_of
from cli.demo.run import demo
from cli.kafka_jars import KafkaUnavailable
from overround.domain.exposure.events import ExposureChanged
from overround.domain.ledger.model import Balance
from overround.lake import open_lake
from tests.kit.short_match import write_short_match


def play(folder: Path, *options: str) -> Result:
    match = write_short_match(folder / "short.jsonl")
    fixed = ["--engine", "in-process", "--match", str(match), "--punters", "40", "--plain"]
    return CliRunner().invoke(demo, [*fixed, "--lake", str(folder / "lake"), *options])


def tables(result: Result) -> str:
    """The report without its last lines: where the lake is, and the times."""
    assert result.exit_code == 0, result.output
    return result.stdout.partition("The lake:")[0]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    folder = tmp_path_factory.mktemp("played")
    return folder, play(folder)


@pytest.mark.slow
def test_a_match_ends_with_every_bet_answered_and_a_ledger_of_0(
    played: tuple[Path, Result],
) -> None:
    report = tables(played[1])
    assert "Result of regular time: 1-0." in report
    assert " 0 unanswered" in " ".join(report.split())
    (line,) = [line for line in report.splitlines() if "all accounts (must be 0)" in line]
    assert line.split()[-2:] == ["0.00", "0.00"]


@pytest.mark.slow
def test_equal_seeds_give_equal_reports(played: tuple[Path, Result], tmp_path: Path) -> None:
    assert tables(play(tmp_path)) == tables(played[1])


@pytest.mark.slow
def test_another_seed_gives_another_report(played: tuple[Path, Result], tmp_path: Path) -> None:
    assert tables(play(tmp_path, "--seed", "8")) != tables(played[1])


def test_what_a_market_pays_and_keeps_is_what_it_took(played: tuple[Path, Result]) -> None:
    lake = open_lake(played[0] / "lake")
    markets = markets_of(lake, "short")
    for currency in ("EUR", "GBP"):
        parts = [m for m in markets if m.currency == currency and m.market != ALL]
        (whole,) = [m for m in markets if m.currency == currency and m.market == ALL]
        assert whole.bets == sum(m.bets for m in parts) > 0
        assert whole.margin_minor == sum(m.margin_minor for m in parts) >= whole.worst_minor


def test_an_exposure_that_the_bets_do_not_add_up_to_is_told(played: tuple[Path, Result]) -> None:
    markets = markets_of(open_lake(played[0] / "lake"), "short")
    told = {
        m.currency: ExposureChanged("short", m.currency, m.bets, m.turnover_minor, m.worst_minor)
        for m in markets
        if m.market == ALL
    }
    assert exposure_faults(markets, told) == []
    told["EUR"] = replace(told["EUR"], worst_minor=told["EUR"].worst_minor - 1)
    (fault,) = exposure_faults(markets, told)
    assert "EUR" in fault


def test_a_cent_that_only_an_account_has_is_told(played: tuple[Path, Result]) -> None:
    faults = check_ledger(open_lake(played[0] / "lake"), {"customer:ann:EUR": Balance(0, 0, 0, 1)})
    texts = " ".join(faults.faults)
    assert "the EUR ledger is not 0: accounts 1" in texts
    assert "accounts differ from their entries" in texts


def test_a_lake_that_is_not_empty_is_refused(played: tuple[Path, Result]) -> None:
    again = play(played[0])
    assert again.exit_code == 2
    assert "is not empty" in again.output


@pytest.mark.slow
def test_a_record_that_an_inbox_refuses_fails_the_demonstration(tmp_path: Path) -> None:
    # The whistle for full time at 89:59 cannot be: regular time ends at 90:00.
    match = write_short_match(tmp_path / "short.jsonl")
    text = match.read_text().replace('"clock_s": 5400', '"clock_s": 5399')
    early = tmp_path / "early.jsonl"
    early.write_text(text)
    result = play(tmp_path, "--match", str(early))
    assert result.exit_code == 1
    assert "dead letters" in result.stderr
    assert "clock_before_period" in result.stderr


def test_a_file_that_is_no_match_is_one_line_of_error(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text("{}\n")
    result = play(tmp_path, "--match", str(wrong))
    assert result.exit_code == 1
    assert "is no match in the partner format" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.slow
def test_without_java_the_other_engine_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("BOOTSTRAP_SERVERS", raising=False)
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    result = play(tmp_path, "--engine", "kafka")
    assert result.exit_code == 1
    assert "apt-get install" in result.stderr
    assert "make demo ENGINE=in-process" in result.stderr
    assert KafkaUnavailable.__name__ not in result.output
