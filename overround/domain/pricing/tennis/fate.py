"""What becomes of each bet on a tennis match, from its score alone."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import NamedTuple

from overround.domain.kernel.market import LOSE, VOID, WIN, Factor
from overround.domain.kernel.match import Side
from overround.domain.pricing.sport import Offer
from overround.domain.pricing.tennis.chain import EXITS
from overround.domain.pricing.tennis.model import GAMES_TO_SET, Format, Match
from overround.domain.pricing.tennis.play import games_won

Score = tuple[int, int]

_TIE_BREAK_GAMES = 2 * GAMES_TO_SET + 1
# A set without a tie-break may last for ever: longer than any line that is offered.
_FOR_EVER = 1_000


def fate(match: Match, offer: Offer) -> Factor | None:
    """The fate of a bet once nothing that may still be played can change it; None before.

    A bet on a set or a game that is not played comes back. After a retirement what is decided
    stands, whoever retired, and the rest comes back, the winner of the match too: of the rules in
    use the one under which no bet is settled on something that was not played.
    """
    kind, _, line = offer.market.partition(":")
    found = _FATES[kind](match, line, offer.outcome)
    return VOID if found is None and match.is_over else found


def milestone(match: Match) -> Hashable:
    """The points of the games that are over, the games of the set, and who retired.

    The points and not the games alone: one that is taken back may change who won a game long ago.
    """
    return match.log[: len(match.log) - sum(match.points)], match.games, match.retired


def _won(outcome: str, winner: str) -> Factor:
    return WIN if outcome == winner else LOSE


def _match_winner(match: Match, _line: str, outcome: str) -> Factor | None:
    return None if match.winner is None else _won(outcome, match.winner)


def _set_winner(match: Match, line: str, outcome: str) -> Factor | None:
    index = int(line) - 1
    if index < len(match.sets):
        home, away = match.sets[index]
        return _won(outcome, Side.HOME if home > away else Side.AWAY)
    return VOID if index >= match.format.best_of else None


def _set_betting(match: Match, _line: str, outcome: str) -> Factor | None:
    wanted, sets = _score(outcome), match.sets_won
    if match.winner is not None:
        return WIN if wanted == sets else LOSE
    is_of_format = max(wanted) == match.format.sets_to_win
    return None if is_of_format and _may_become(sets, wanted) else LOSE


def _first_set_score(match: Match, _line: str, outcome: str) -> Factor | None:
    if match.sets:
        return WIN if _score(outcome) == match.sets[0] else LOSE
    return None if _score(outcome) in _endings(match.format, 0, match.games) else LOSE


def _set_tie_break(match: Match, line: str, outcome: str) -> Factor | None:
    index = int(line) - 1
    if index < len(match.sets):
        return _won(outcome, _yes_if(_had_tie_break(match.sets[index])))
    if index >= match.format.best_of:
        return VOID
    if index > len(match.sets) or match.winner is not None:
        return None
    may_have = {_had_tie_break(each) for each in _endings(match.format, index, match.games)}
    return None if len(may_have) > 1 else _won(outcome, _yes_if(may_have.pop()))


def _tie_break(match: Match, _line: str, outcome: str) -> Factor | None:
    ahead, had = _ahead(match), any(map(_had_tie_break, match.sets))
    if had or not ahead.without_tie_break:
        return _won(outcome, "yes")
    return None if ahead.with_tie_break else _won(outcome, "no")


def _total_games(match: Match, line: str, outcome: str) -> Factor | None:
    ahead, played = _ahead(match), sum(map(sum, match.sets))
    if played + ahead.games_min > float(line):
        return _won(outcome, "over")
    return _won(outcome, "under") if played + ahead.games_max < float(line) else None


def _games_handicap(match: Match, line: str, outcome: str) -> Factor | None:
    ahead = _ahead(match)
    lead = sum(home - away for home, away in match.sets) + float(line)
    if lead + ahead.lead_min > 0:
        return _won(outcome, Side.HOME)
    return _won(outcome, Side.AWAY) if lead + ahead.lead_max < 0 else None


def _game_winner(match: Match, line: str, outcome: str) -> Factor | None:
    index, game = (int(number) - 1 for number in line.split("."))
    played = games_won(match)
    if index < len(played) and game < len(played[index]):
        return _won(outcome, played[index][game])
    return VOID if index < len(match.sets) or index >= match.format.best_of else None


_FATES: dict[str, Callable[[Match, str, str], Factor | None]] = {
    "match_winner": _match_winner,
    "set_winner": _set_winner,
    "set_betting": _set_betting,
    "first_set_score": _first_set_score,
    "tie_break": _tie_break,
    "set_tie_break": _set_tie_break,
    "total_games": _total_games,
    "games_handicap": _games_handicap,
    "game_winner": _game_winner,
}


class _Ahead(NamedTuple):
    """What the rest of a match may bring, its running set included: bounds that are reached."""

    games_min: int = 0
    games_max: int = 0
    lead_min: int = 0
    lead_max: int = 0
    with_tie_break: bool = False
    without_tie_break: bool = True

    def after(self, ending: Score) -> _Ahead:
        """The same with a set that ends so before it."""
        games, lead, had = sum(ending), ending[0] - ending[1], _had_tie_break(ending)
        return _Ahead(
            self.games_min + games,
            self.games_max + games,
            self.lead_min + lead,
            self.lead_max + lead,
            self.with_tie_break or had,
            self.without_tie_break and not had,
        )


def _ahead(match: Match) -> _Ahead:
    return (
        _Ahead() if match.winner is not None else _rest(match.format, match.sets_won, match.games)
    )


@lru_cache(maxsize=1_024)
def _rest(form: Format, won: Score, games: Score) -> _Ahead:
    """What may come from these sets and games on."""
    ways = []
    for ending in _endings(form, sum(won), games):
        then = (won[0] + 1, won[1]) if ending[0] > ending[1] else (won[0], won[1] + 1)
        is_last = max(then) == form.sets_to_win
        ways.append((_Ahead() if is_last else _rest(form, then, (0, 0))).after(ending))
    return _Ahead(
        min(way.games_min for way in ways),
        max(way.games_max for way in ways),
        min(way.lead_min for way in ways),
        max(way.lead_max for way in ways),
        any(way.with_tie_break for way in ways),
        any(way.without_tie_break for way in ways),
    )


@lru_cache(maxsize=1_024)
def _endings(form: Format, set_index: int, games: Score) -> tuple[Score, ...]:
    """How a set may end from these games; of endings without end the nearest and a far one."""
    if form.tie_break_to(set_index):
        beyond = [(GAMES_TO_SET + 1, GAMES_TO_SET), (GAMES_TO_SET, GAMES_TO_SET + 1)]
    else:
        home_loses = max(GAMES_TO_SET, games[0], games[1] - 2)
        away_loses = max(GAMES_TO_SET, games[1], games[0] - 2)
        beyond = [(lost + 2, lost) for lost in (away_loses, _FOR_EVER)]
        beyond += [(lost, lost + 2) for lost in (home_loses, _FOR_EVER)]
    return tuple(each for each in (*EXITS[:-1], *beyond) if _may_become(games, each))


def _may_become(now: Score, then: Score) -> bool:
    return now[0] <= then[0] and now[1] <= then[1]


def _had_tie_break(games: Score) -> bool:
    return sum(games) == _TIE_BREAK_GAMES


def _yes_if(is_so: bool) -> str:
    return "yes" if is_so else "no"


def _score(outcome: str) -> Score:
    home, away = outcome.split("-")
    return int(home), int(away)
