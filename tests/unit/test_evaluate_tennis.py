"""`overround evaluate tennis`: rows in are matches used and rejects, and the figures are honest."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli.evaluate.point_strings import Recorded, Reject, read
from cli.evaluate.tennis_scores import Season, blocks
from cli.main import main
from overround.domain.kernel.match import Side
from overround.domain.pricing.tennis.model import (
    BEST_OF_THREE,
    TOUR,
    Belief,
    FinalSet,
    Format,
    Match,
)
from overround.domain.pricing.tennis.play import observe
from overround.domain.pricing.tennis.simulate import Simulated, draw_serves, simulate

COLUMNS = (
    *("pbp_id", "date", "tny_name", "tour", "draw", "server1", "server2", "winner", "pbp"),
    *("score", "adf_flag", "wh_minutes"),
)


def text_of(simulated: Simulated, index: int) -> tuple[str, str]:
    """A match as its row's points, and its winner."""
    before, text = Match(simulated.format), ""
    opener = Side.AWAY if simulated.openers[index] else Side.HOME
    for point in simulated.points(index):
        after = observe(before, point)
        text += "S" if point.winner is point.server else "R"
        if len(after.sets) > len(before.sets):
            text += "."
        elif after.games != before.games:
            text += ";"
        elif after.tie_break_to and sum(after.points) % 2:
            text += "/"
        before = after
    # The file's first player is who served first.
    return text[:-1], "1" if before.winner is opener else "2"


def rows_of(
    form: Format, count: int, tournament: str = "Anywhere", belief: Belief = TOUR
) -> list[dict[str, str]]:
    rng = np.random.default_rng(count)
    simulated = simulate(*draw_serves(belief, count, rng), rng, form)
    rows = []
    for index in range(count):
        text, winner = text_of(simulated, index)
        day = date(2017, 1, 2) + timedelta(days=index // 4)
        values = (f"{form.best_of}-{index}", day.strftime("%d %b %y"), tournament, "CH", "Main")
        players = ("A", "B", winner, text, "6-4 6-4", "1", "90")
        rows.append(dict(zip(COLUMNS, (*values, *players), strict=True)))
    return rows


def written(path: Path, rows: list[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def told(path: Path, *options: str) -> dict[str, object]:
    result = CliRunner().invoke(main, ["evaluate", "tennis", "--points", str(path), *options])
    assert result.exit_code == 0, result.output
    figures = json.loads(result.stdout)
    assert isinstance(figures, dict)
    return figures


def reasons(path: Path) -> list[str]:
    return [str(row) for row in read(path) if isinstance(row, Reject)]


@pytest.mark.slow
@pytest.mark.parametrize("final", list(FinalSet))
@pytest.mark.parametrize("to_win", [2, 3])
def test_matches_of_every_format_are_read_whole(
    tmp_path: Path, to_win: int, final: FinalSet
) -> None:
    path = written(tmp_path / "m.csv", rows_of(Format(to_win, final), 40))
    matches = [row for row in read(path) if isinstance(row, Recorded)]
    assert len(matches) == 40
    assert {match.format.sets_to_win for match in matches} == {to_win}


def test_the_last_set_is_what_its_points_show_and_else_what_the_tournament_has(
    tmp_path: Path,
) -> None:
    slam = written(tmp_path / "slam.csv", rows_of(Format(3, FinalSet.ADVANTAGE), 30, "Wimbledon"))
    assert {m.format.final_set for m in read(slam) if isinstance(m, Recorded)} == {
        FinalSet.ADVANTAGE
    }


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"date": "yesterday"}, "date_unreadable"),
        ({"winner": ""}, "winner_unknown"),
        ({"pbp": ""}, "points_missing"),
        ({"pbp": "SSXS"}, "unknown_letter"),
        ({"pbp": "SSS;SSSS"}, "games_differ"),
        ({"pbp": "SSSS;SSSS;SS"}, "unfinished"),
        ({"pbp": "SSSS;SSSS;SS", "score": "1-1 RET"}, "retired"),
        ({"pbp_id": "3-1"}, "id_repeated"),
    ],
)
def test_a_row_that_is_no_match_is_counted_by_its_reason(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    rows = rows_of(BEST_OF_THREE, 3)
    rows[2] |= change
    path = written(tmp_path / "m.csv", rows)
    assert reasons(path) == [reason]
    assert sum(isinstance(row, Recorded) for row in read(path)) == 2


def test_a_stray_quotation_mark_costs_one_row(tmp_path: Path) -> None:
    rows = rows_of(BEST_OF_THREE, 3)
    path = written(tmp_path / "m.csv", rows)
    lines = path.read_text().splitlines()
    lines[1] = lines[1].replace(",Anywhere", ',"Anywhere')
    lines[2] = lines[2][:20]
    path.write_text("\n".join(lines) + "\n")
    assert reasons(path) == ["winner_unknown"]
    assert sum(isinstance(row, Recorded) for row in read(path)) == 2


def test_a_winner_who_lost_is_counted(tmp_path: Path) -> None:
    rows = rows_of(BEST_OF_THREE, 1)
    rows[0]["winner"] = "1" if rows[0]["winner"] == "2" else "2"
    assert reasons(written(tmp_path / "m.csv", rows)) == ["winner_differs"]


def test_blocks_never_part_a_day_and_lose_no_match(tmp_path: Path) -> None:
    path = written(tmp_path / "m.csv", rows_of(BEST_OF_THREE, 60))
    matches = [row for row in read(path) if isinstance(row, Recorded)]
    parts = blocks(matches, 7)
    assert sum(map(len, parts)) == 60
    days = [{match.day for match in part} for part in parts]
    for place, mine in enumerate(days[1:], start=1):
        assert max(days[place - 1]) < min(mine)


def test_the_season_knows_only_the_days_before(tmp_path: Path) -> None:
    path = written(tmp_path / "m.csv", rows_of(BEST_OF_THREE, 40))
    matches = [row for row in read(path) if isinstance(row, Recorded)]
    day = matches[20].day
    before = Season([match for match in matches if match.day < day])
    assert Season(matches).moved(TOUR, matches[0].day) == TOUR
    assert Season(matches).moved(TOUR, day) == before.moved(TOUR, day)
    long_after = matches[-1].day + timedelta(days=31)
    assert Season(matches).moved(TOUR, long_after) == TOUR


@pytest.mark.slow
def test_the_filter_beats_constant_chances_where_players_differ(tmp_path: Path) -> None:
    apart = replace(TOUR, strength_micro=30_000_000)
    rows = rows_of(BEST_OF_THREE, 200, belief=apart)
    rows[5]["pbp"] = "SSS"
    figures = told(written(tmp_path / "m.csv", rows), "--json", "--blocks", "2")
    assert figures["rows"] == 200
    assert figures["matches_used"] == 199
    assert figures["rejects"] == {"unfinished": 1}
    table = {row["at"]: row for row in figures["match_win_log_loss"]}  # type: ignore[attr-defined]
    assert table["start"]["constant"] == pytest.approx(np.log(2))
    assert table["after set 1"]["matches"] == 199
    assert table["all points"]["gain_95"][0] > 0.0
    hold = figures["hold"]
    assert isinstance(hold, dict)
    assert hold["filter"] == pytest.approx(hold["observed"], abs=0.03)
    assert hold["constant"] > hold["prior"]


@pytest.mark.slow
def test_forward_scores_only_what_others_came_before(tmp_path: Path) -> None:
    path = written(tmp_path / "m.csv", rows_of(BEST_OF_THREE, 40))
    figures = told(path, "--json", "--forward", "--blocks", "2")
    assert figures["matches_used"] == 40
    assert figures["matches_scored"] == 20


def test_a_file_of_something_else_is_refused_in_words(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    result = CliRunner().invoke(main, ["evaluate", "tennis", "--points", str(path)])
    assert result.exit_code == 1
    assert "no column pbp_id, date" in result.output


@pytest.mark.slow
@pytest.mark.recordings
@pytest.mark.timeout(120)
def test_on_played_matches_the_filter_wins_and_holds_are_reproduced(
    recordings: Path, tmp_path: Path
) -> None:
    lines = (recordings / "tennis_pbp" / "pbp_matches_ch_main_current.csv").read_text().splitlines()
    path = tmp_path / "every_fourth.csv"
    path.write_text("\n".join([lines[0], *lines[1::4]]) + "\n")
    figures = told(path, "--json", "--blocks", "4")
    hold = figures["hold"]
    assert isinstance(hold, dict)
    assert hold["filter"] == pytest.approx(hold["observed"], abs=0.005)
    assert hold["prior"] == pytest.approx(hold["observed"], abs=0.005)
    assert hold["constant"] > hold["observed"] + 0.005
    table = {row["at"]: row for row in figures["match_win_log_loss"]}  # type: ignore[attr-defined]
    assert table["all points"]["gain_95"][0] > 0.0
