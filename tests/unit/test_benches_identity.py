"""The bench of players' names counts what is linked, rightly or wrongly, and what is not."""

from __future__ import annotations

import pytest

from benches.identity_players import forms, judged
from benches.played.players import Named

MINE = [
    Named("Spain", "Lionel Messi", "1"),
    Named("Spain", "Sergio Ramos", "2"),
    Named("Spain", "Kyle Walker-Peters", "3"),
]


@pytest.mark.slow
def test_links_doubts_and_misses_are_counted_apart() -> None:
    theirs = [
        Named("Spain", "L. Messi", "1"),
        Named("Spain", "S. Ramos", "9"),  # another one of that name
        Named("Spain", "Walker", "3"),
        Named("Spain", "Somebody Else", "2"),  # Sergio Ramos, and nobody could know
        Named("Spain", "Nobody Near", "7"),
    ]
    tally = judged(MINE, theirs)
    assert (tally.to_link, tally.not_to_link, tally.right) == (3, 2, 1)
    assert tally.wrong == ["Spain: S. Ramos (nobody)"]
    assert tally.doubts == ["Spain: Walker (Kyle Walker-Peters)"]
    assert tally.missed == ["Spain: Somebody Else (Sergio Ramos)"]
    assert (tally.precision, tally.recall) == (1 / 2, 1 / 3)


@pytest.mark.slow
def test_a_form_that_two_of_a_team_share_is_nobodys() -> None:
    two = [Named("Barcelona", "Luis Suárez", "1"), Named("Barcelona", "Denis Suárez", "2")]
    made = forms(two)
    assert made["surname"] == [Named("Barcelona", "Suárez", "")]
    assert [each.name for each in made["initial"]] == ["L. Suárez", "D. Suárez"]
    assert made["comma"][0] == Named("Barcelona", "Suárez, Luis", "1")
    assert made["plain"][0] == Named("Barcelona", "Luis Suarez", "1")
    tally = judged(two, made["surname"])
    assert (tally.not_to_link, tally.wrong, len(tally.doubts)) == (1, [], 1)
