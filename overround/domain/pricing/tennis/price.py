"""Expected shares of a stake on every selection, from the score and what is believed of serves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from overround.domain.pricing.tennis.ahead import Layout, Tables, layout
from overround.domain.pricing.tennis.belief import grid_tables, weights
from overround.domain.pricing.tennis.catalogue import (
    CATALOGUE,
    GAMES_MAX,
    HANDICAP_LINES,
    INDEX,
    RESULTS,
    SET_SCORES,
    SETS_MAX,
    TOTAL_LINES,
    game_market,
)
from overround.domain.pricing.tennis.chain import EXITS
from overround.domain.pricing.tennis.model import DEFAULTS, Match, Parameters
from overround.domain.pricing.tennis.running import Running, next_game, running, servers

Floats = NDArray[np.float64]

# Rounding leaves a decided selection this near to sure; nothing in play is so near.
_SURE = 1e-12

_FIRST_SET = INDEX[f"first_set_score/{SET_SCORES[0]}"]
_RESULT = INDEX[f"set_betting/{RESULTS[0]}"]
_SET_WINNER = INDEX["set_winner:1/home"]
_TIE_BREAK = INDEX["tie_break/yes"]
_SET_TIE_BREAK = INDEX["set_tie_break:1/yes"]
_TOTALS = slice(_SET_TIE_BREAK + 2 * SETS_MAX, _SET_TIE_BREAK + 2 * (SETS_MAX + len(TOTAL_LINES)))
_HANDICAPS = slice(_TOTALS.stop, _TOTALS.stop + 2 * len(HANDICAP_LINES))
# The fewest games, and the smallest lead of home, that win over and the handicap at home.
_OVER_FROM = np.ceil(TOTAL_LINES).astype(np.intp)
_HOME_FROM = np.ceil(-np.array(HANDICAP_LINES)).astype(np.intp)
_TO_SCORE = [SET_SCORES.index(f"{h}-{a}") for h, a in (*EXITS[:-1], (7, 6), (6, 7))]


def probabilities(match: Match, parameters: Parameters = DEFAULTS) -> tuple[Floats, Floats]:
    """Expected won and refunded shares of a stake on each selection, in catalogue order.

    Bets on a set or a game that is not played come back; of games, the running one and the next
    of its set are priced. After a retirement what no continuation could have changed stands, and
    the rest comes back.
    """
    return shares(match, grid_tables(match.format), weights(match, parameters))


def shares(match: Match, tables: Tables, chances: Floats) -> tuple[Floats, Floats]:
    """The same for given chances of the pairs of serves that the tables are of, shape (n,)."""
    won, refunded = np.zeros(len(CATALOGUE)), np.zeros(len(CATALOGUE))
    plan = layout(match.format)
    if match.winner is not None:
        row = plan.over(match.sets_won, np.array(1.0))
    else:
        row, openers = np.zeros(plan.size), servers(match)
        for server in openers:
            now = running(match, tables, server)
            weighted = chances / len(openers)
            row += _rest(match, tables, now, weighted)
            if not match.sets:
                _add_first_set(won, now.set_ways @ weighted)
            _add_games(won, refunded, match, tables, now, weighted)
    _put_sets(won, refunded, match, row, plan)
    _put_games_of_match(won, match, row, plan)
    if match.retired is not None:
        _void_undecided(won, refunded)
    return won, refunded


def _rest(match: Match, tables: Tables, now: Running, weighted: Floats) -> Floats:
    ways = now.set_ways * weighted
    return tables.after(match.sets_won, now.opener, ways, now.past, is_summed=True)


def _add_first_set(won: Floats, chances: Floats) -> None:
    won[_FIRST_SET : _FIRST_SET + len(SET_SCORES)][_TO_SCORE] += chances


def _add_games(  # noqa: PLR0917 - the two arrays that are filled come first
    won: Floats,
    refunded: Floats,
    match: Match,
    tables: Tables,
    now: Running,
    weighted: Floats,
) -> None:
    index, game = len(match.sets), sum(match.games)
    pairs = [(now.game, 1.0 - now.game), next_game(match, tables, now)]
    for number, (home, away) in enumerate(pairs, start=game):
        if number < GAMES_MAX[index]:
            place = INDEX[f"{game_market(index, number)}/home"]
            shares_of = np.array([home @ weighted, away @ weighted])
            won[place : place + 2] += shares_of
            refunded[place : place + 2] += weighted.sum() - shares_of.sum()


def _put_sets(won: Floats, refunded: Floats, match: Match, row: Floats, plan: Layout) -> None:
    for (home, away), chance in zip(plan.results, row, strict=False):
        won[_RESULT + RESULTS.index(f"{home}-{away}")] = chance
    home_sum = row[plan.home_results].sum()
    won[:2] = home_sum, row[: len(plan.results)].sum() - home_sum
    for index in range(SETS_MAX):
        home_wins, away_wins, tie_break = _set(match, index, row, plan)
        played = home_wins + away_wins
        for place, pair in (
            (_SET_WINNER + 2 * index, (home_wins, away_wins)),
            (_SET_TIE_BREAK + 2 * index, (tie_break, played - tie_break)),
        ):
            won[place : place + 2] = pair
            refunded[place : place + 2] = 1.0 - played
    no_tie_break = 0.0 if any(map(_had_tie_break, match.sets)) else row[plan.no_tie_break]
    won[_TIE_BREAK : _TIE_BREAK + 2] = 1.0 - no_tie_break, no_tie_break
    if match.sets:
        score = "-".join(map(str, match.sets[0]))
        won[_FIRST_SET + SET_SCORES.index(score)] = 1.0


def _set(match: Match, index: int, row: Floats, plan: Layout) -> tuple[float, float, float]:
    """The chances that home wins a set, that away does, and that it has a tie-break."""
    if index < len(match.sets):
        home, away = match.sets[index]
        return float(home > away), float(away > home), float(_had_tie_break((home, away)))
    if index >= match.format.best_of:
        return 0.0, 0.0, 0.0
    places = (plan.set_home, plan.set_away, plan.set_tie_break)
    home_wins, away_wins, tie_break = (float(row[place + index]) for place in places)
    return home_wins, away_wins, tie_break


def _had_tie_break(games: tuple[int, int]) -> bool:
    return sum(games) == 13


def _put_games_of_match(won: Floats, match: Match, row: Floats, plan: Layout) -> None:
    total = sum(map(sum, match.sets))
    lead = sum(home - away for home, away in match.sets)
    over = _at_least(row[plan.total], _OVER_FROM - total)
    home = _at_least(row[plan.lead], _HOME_FROM - lead + plan.lead_max)
    won[_TOTALS] = np.stack([over, 1.0 - over], axis=1).ravel()
    won[_HANDICAPS] = np.stack([home, 1.0 - home], axis=1).ravel()


def _at_least(chances: Floats, places: NDArray[np.intp]) -> Floats:
    """The chance to be at or above each place, also of places outside of the row."""
    tails = np.append(chances[::-1].cumsum()[::-1], 0.0)
    return tails[np.clip(places, 0, len(chances))]


def _void_undecided(won: Floats, refunded: Floats) -> None:
    undecided = (won > _SURE) & (won < 1.0 - _SURE) | (refunded > _SURE)
    won[:], refunded[:] = np.where(undecided, 0.0, np.rint(won)), undecided
