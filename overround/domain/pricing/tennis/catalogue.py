"""What a tennis match is bet on; the same list for every format, so that a place in it is stable.

Markets of one match only: selections that a format does not have are never offered in it.
"""

from __future__ import annotations

from overround.domain.pricing.sport import Offer

SETS_MAX = 5
RESULTS = ("2-0", "2-1", "1-2", "0-2", "3-0", "3-1", "3-2", "2-3", "1-3", "0-3")
SET_SCORES = (
    *("6-0", "6-1", "6-2", "6-3", "6-4", "7-5", "7-6"),
    *("0-6", "1-6", "2-6", "3-6", "4-6", "5-7", "6-7"),
)
# A tie-break is its set's 13th game; a set without one may be the third or the fifth.
GAMES_MAX = (13, 13, 30, 13, 30)
TOTAL_LINES = tuple(games + 0.5 for games in range(12, 61))
"""Games of the whole match."""
HANDICAP_LINES = tuple(games + 0.5 for games in range(-13, 13))
"""Games added to home's."""


def _two(market: str, outcomes: tuple[str, str] = ("home", "away")) -> list[Offer]:
    return [Offer(market, outcome) for outcome in outcomes]


def game_market(set_index: int, game_index: int) -> str:
    """The market of a game's winner, sets and games counted from 1 in the id."""
    return f"game_winner:{set_index + 1}.{game_index + 1}"


def _catalogue() -> list[Offer]:
    offers = _two("match_winner")
    for number in range(1, SETS_MAX + 1):
        offers += _two(f"set_winner:{number}")
    offers += [Offer("set_betting", result) for result in RESULTS]
    offers += [Offer("first_set_score", score) for score in SET_SCORES]
    offers += _two("tie_break", ("yes", "no"))
    for number in range(1, SETS_MAX + 1):
        offers += _two(f"set_tie_break:{number}", ("yes", "no"))
    for line in TOTAL_LINES:
        offers += _two(f"total_games:{line}", ("over", "under"))
    for line in HANDICAP_LINES:
        offers += _two(f"games_handicap:{line}")
    for set_index, games in enumerate(GAMES_MAX):
        for game_index in range(games):
            offers += _two(game_market(set_index, game_index))
    return offers


CATALOGUE: tuple[Offer, ...] = tuple(_catalogue())
"""Every selection of a tennis match; its place here is its index in arrays of shares."""

INDEX: dict[str, int] = {offer.id: index for index, offer in enumerate(CATALOGUE)}
"""Selection id to place in the catalogue."""
