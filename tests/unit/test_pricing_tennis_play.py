"""The score of a tennis match as its points come in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.tennis.model import (
    FinalSet,
    Format,
    Match,
    Point,
    PointCancelled,
    Retired,
)
from overround.domain.pricing.tennis.play import observe

HOME, AWAY = Side.HOME, Side.AWAY


def play(match: Match, winners: str) -> Match:
    """Points in a row: H or A won it; whoever's turn it is serves, home first."""
    for letter in winners:
        sequence = match.log[-1] // 4 + 1 if match.log else 1
        winner = HOME if letter == "H" else AWAY
        match = observe(match, Point(sequence, match.server or HOME, winner))
    return match


def games(match: Match, winners: str) -> Match:
    return play(match, "".join(letter * 4 for letter in winners))


SIX_ALL = "HA" * 6


def test_a_game_is_four_points_and_two_ahead() -> None:
    deuce = play(Match(), "HHHAAA")
    assert (deuce.points, deuce.games) == ((3, 3), (0, 0))
    assert play(deuce, "HAHAHA").games == (0, 0)
    won = play(deuce, "HAAA")
    assert (won.games, won.points, won.server) == ((0, 1), (0, 0), AWAY)


def test_points_on_serve_are_counted_for_the_server() -> None:
    match = play(Match(), "HHAHH" + "AAHAHHH")
    assert match.served == (5, 7)
    assert match.won == (4, 3)


def test_a_set_needs_two_games_ahead_or_a_tie_break() -> None:
    assert games(Match(), "HHHHHH").sets == ((6, 0),)
    assert games(Match(), "HAHAHAHAHAH").games == (6, 5)
    assert games(Match(), "HAHAHAHAHAHH").sets == ((7, 5),)
    assert games(Match(), SIX_ALL).tie_break_to == 7


def test_service_in_a_tie_break_is_one_point_and_then_two_each() -> None:
    match, servers = games(Match(), SIX_ALL), []
    for letter in "HAHAHAHAHAHAHH":
        servers.append(match.server)
        match = play(match, letter)
    assert servers == [
        *(HOME, AWAY, AWAY, HOME, HOME, AWAY, AWAY),
        *(HOME, HOME, AWAY, AWAY, HOME, HOME, AWAY),
    ]
    assert match.sets == ((7, 6),)


@pytest.mark.parametrize("points", ["HHHHHHH", "AAAAAAA", "HAHAHAHAHAHAHH", "HAHAHAHAHAHAHAHH"])
def test_who_received_first_in_a_tie_break_serves_first_in_the_next_set(points: str) -> None:
    tied = games(Match(), SIX_ALL)
    assert tied.server is HOME
    assert play(tied, points).server is AWAY


def test_the_last_set_ends_as_its_format_says() -> None:
    before = "HHHHHH" + "AAAAAA"
    assert games(Match(Format(2)), before + SIX_ALL).tie_break_to == 7
    ten = games(Match(Format(2, FinalSet.TIE_BREAK_10)), before + SIX_ALL)
    assert play(ten, "H" * 7).winner is None
    assert play(ten, "H" * 10).winner is HOME
    long = games(Match(Format(2, FinalSet.ADVANTAGE)), before + SIX_ALL + "HAHAH")
    assert (long.games, long.winner) == ((9, 8), None)
    assert games(long, "H").sets[-1] == (10, 8)


@pytest.mark.parametrize(("sets_to_win", "games_won"), [(2, 12), (3, 18)])
def test_a_match_ends_with_its_last_set(sets_to_win: int, games_won: int) -> None:
    match = games(Match(Format(sets_to_win)), "H" * (games_won - 1))
    assert not match.is_over
    over = games(match, "H")
    assert (over.winner, over.is_over) == (HOME, True)
    with pytest.raises(Refusal, match="match_is_over"):
        play(over, "H")


def test_the_same_point_again_changes_nothing() -> None:
    match = play(Match(), "HAH")
    assert observe(match, Point(2, HOME, AWAY)) == match


def test_another_point_of_the_same_sequence_is_refused() -> None:
    with pytest.raises(Refusal, match="sequence_reused"):
        observe(play(Match(), "HAH"), Point(2, HOME, HOME))


def test_a_server_out_of_turn_is_refused() -> None:
    with pytest.raises(Refusal, match="server_out_of_turn"):
        observe(play(Match(), "HAH"), Point(4, AWAY, HOME))


def test_a_cancelled_point_never_was() -> None:
    match = play(Match(), "HHHA")
    cancelled = observe(match, PointCancelled(3))
    assert cancelled.points == (2, 1)
    assert (cancelled.served, cancelled.won) == ((3, 0), (2, 0))
    with pytest.raises(Refusal, match="unknown_point"):
        observe(cancelled, PointCancelled(3))


def test_a_correction_in_an_earlier_game_comes_to_the_score_of_the_right_points() -> None:
    wrong = play(Match(), "HHHAH" + "AAHAA" + "HHA")
    corrected = observe(observe(wrong, PointCancelled(2)), Point(2, HOME, AWAY))
    right = play(Match(), "HAHAH" + "AAHAA" + "HHA")
    # Only who was reported to serve, which the feed told of the score as it stood then, differs.
    assert replace(corrected, log=()) == replace(right, log=())
    assert corrected.games == (0, 1)


def test_a_late_point_is_put_in_its_place() -> None:
    match = Match()
    for sequence, winner in ((1, HOME), (3, AWAY), (4, AWAY), (2, HOME)):
        match = observe(match, Point(sequence, HOME, winner))
    assert match == play(Match(), "HHAA")


def test_a_retirement_ends_the_match_without_a_winner_and_outlives_a_correction() -> None:
    retired = observe(play(Match(), "HHA"), Retired(AWAY))
    assert (retired.is_over, retired.winner) == (True, None)
    assert observe(retired, Retired(AWAY)) == retired
    with pytest.raises(Refusal, match="match_is_over"):
        observe(retired, Point(9, HOME, HOME))
    with pytest.raises(Refusal, match="match_is_over"):
        observe(retired, Retired(HOME))
    assert observe(retired, PointCancelled(3)).retired is AWAY
