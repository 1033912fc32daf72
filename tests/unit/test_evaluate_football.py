"""Matches of two kinds of files joined, played again and scored."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from cli.evaluate import football_scores, reference
from cli.evaluate.evaluate import evaluate
from cli.evaluate.football_scores import MINUTES, replayed
from cli.evaluate.seasons import PlayedMatch, Shot, joined
from overround.domain.pricing.football.model import Match

ODDS_HEAD = "Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,PSCH,PSCD,PSCA,BbAv>2.5,BbAv<2.5"
SHOT_HEAD = "minute,result,xG,h_a,match_id,h_team,a_team,date"
TOWNS = ("North", "South", "East", "West")
TEAMS = [f"{town} {kind}" for town in TOWNS for kind in ("Town", "Rovers")]
PLAYED = ((10, "MissedShots", "h"), (30, "Goal", "h"), (70, "OwnGoal", "h"))


def write_season(folder: Path) -> tuple[Path, Path]:
    """Everybody plays everybody at home and away; the home side scores at 30', the guest at 70'."""
    odds, shots = folder / "odds", folder / "shots"
    odds.mkdir()
    shots.mkdir()
    priced, told = [ODDS_HEAD], [SHOT_HEAD]
    pairs = [(home, away) for home in TEAMS for away in TEAMS if home != away]
    for number, (home, away) in enumerate(pairs):
        day = f"{1 + number % 28:02}"
        month = 9 + number // 28 % 3
        priced.append(f"E0,{day}/{month:02}/17,{home},{away},1,1,2.1,3.4,3.7,1.95,1.9")
        of_match = f"{number},{home},{away},2017-{month:02}-{day} 15:00:00"
        told += [f"{minute},{result},0.1,{side},{of_match}" for minute, result, side in PLAYED]
    (odds / "E0_2017-18.csv").write_text("\n".join(priced) + "\n", "latin-1")
    (shots / "shots_epl_17-18.csv").write_text("\n".join(told) + "\n")
    return odds, shots


@pytest.mark.slow
def test_a_season_is_joined_played_and_scored(tmp_path: Path) -> None:
    odds, shots = write_season(tmp_path)
    run = CliRunner().invoke(
        evaluate, ["football", "--odds", str(odds), "--shots", str(shots), "--json"]
    )
    assert run.exit_code == 0, run.output
    figures = json.loads(run.stdout)
    assert figures["matches_joined"] == 56
    assert figures["left_out"] == {}
    assert [row["minute"] for row in figures["in_play_log_loss"]] == list(MINUTES)
    # Every match was a draw, so that a model that follows the goals is surer of it at the end.
    losses = [row["model"]["mean"] for row in figures["in_play_log_loss"]]
    assert losses[-1] < losses[0] < losses[3]


def test_what_cannot_be_joined_is_counted_by_reason(tmp_path: Path) -> None:
    odds, shots = write_season(tmp_path)
    path = odds / "E0_2017-18.csv"
    rows = path.read_text().splitlines()
    rows[1] = rows[1].replace(",1,1,", ",2,1,", 1)
    rows[2] = rows[2].replace("2.1,3.4,3.7", ",,")
    rows += ["E1,01/09/17,A,B,0,0,2,3,4,2,2", "E0,31/12/17,A,B,,,2,3,4,2,2"]
    path.write_text("\n".join(rows) + "\n")
    found = joined(odds, shots, lambda _name: None)
    assert len(found.matches) == 54
    assert {name: count for name, count in found.left_out.items() if count} == {
        "scores differ": 1,
        "odds: no prices of 1X2": 1,
        "odds: a division without shots": 1,
        "odds: still to be played": 1,
        "shots without odds": 1,
    }


def test_a_file_of_another_layout_is_named(tmp_path: Path) -> None:
    odds, shots = write_season(tmp_path)
    (shots / "shots_epl_18-19.csv").write_text("a,b\n1,2\n")
    run = CliRunner().invoke(evaluate, ["football", "--odds", str(odds), "--shots", str(shots)])
    assert run.exit_code == 1
    assert "shots_epl_18-19.csv is no shot file" in run.output


def test_goals_count_from_the_minute_after_theirs() -> None:
    shots = (Shot(30, True, True, False, 100), Shot(70, False, True, True, 0))
    match = PlayedMatch("E0", 2017, "A", "B", 1, 1, {}, shots)
    start = Match(home_rate_micro=1_500_000, away_rate_micro=1_200_000)
    for with_shots in (False, True):
        scores = [
            (state.home_goals, state.away_goals)
            for state in replayed(start, match, with_shots=with_shots)
        ]
        assert scores == [(0, 0), (0, 0), (0, 0), (1, 0), (1, 0), (1, 1), (1, 1)]


def test_the_reference_finds_the_rates_behind_its_own_prices() -> None:
    rates = np.array([[1.4, 1.1], [0.4, 2.9], [3.2, 0.5], [0.8, 0.8]])
    fair = reference.in_play(rates, np.ones(4), np.zeros(4, dtype=np.int64))
    np.testing.assert_allclose(reference.rates(fair), rates, rtol=1e-9)


@pytest.mark.slow
@pytest.mark.recordings
def test_the_model_beats_the_reference_on_played_matches(recordings: Path) -> None:
    # One league of one season: enough for the sign of the larger effects, in some seconds.
    odds, shots = recordings / "football_odds", recordings / "understat_shots"
    found = joined(odds, shots, lambda _name: None)
    assert len(found.matches) >= 4_100
    chosen = [match for match in found.matches if (match.division, match.season) == ("E0", 2016)]
    scored, unexplained = football_scores.score(chosen, lambda: None)
    assert (len(scored.matches), unexplained) == (380, 0)
    losses = football_scores.log_losses(scored)
    assert losses[1, 1:].mean() < losses[0, 1:].mean()
    assert abs((losses[1, 0] - losses[0, 0]).mean()) < 0.001
