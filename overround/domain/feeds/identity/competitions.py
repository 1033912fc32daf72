"""How alike two names of competitions are: level by level, and with no word more or less."""

from __future__ import annotations

from functools import lru_cache

from overround.domain.feeds.identity.names import Similarity, contradict, words

# What numbers a league: `League One`, `2. Bundesliga`, `Serie B`, `Segunda Division`.
_LEVELS: dict[str, int] = {
    **dict.fromkeys(("1", "one", "first", "a", "i", "primera", "primeira", "erste", "prima"), 1),
    **dict.fromkeys(("2", "two", "second", "b", "ii", "segunda", "zweite", "seconda"), 2),
    **dict.fromkeys(("3", "three", "third", "c", "iii", "tercera", "terceira", "dritte"), 3),
    **dict.fromkeys(("4", "four", "fourth", "d", "iv", "cuarta", "vierte"), 4),
}
# A league that does not say its level is the first.
_TOP = 1
# A word more may be a sponsor, and may be a cup, a play-off or half of the country: a person knows.
_WORD_MORE_MAX = 0.75


def alike(left: str, right: str, similarity: Similarity) -> float:
    """How alike two competitions' names are, from 0 to 1; those of two levels are not at all."""
    (level, mine), (other, theirs) = _parted(left), _parted(right)
    if level != other:
        return 0.0
    if "".join(mine) == "".join(theirs):
        return 1.0
    score = similarity(" ".join(mine), " ".join(theirs))
    if contradict(left, right):
        return min(score, 0.5)
    return score if len(mine) == len(theirs) else min(score, _WORD_MORE_MAX)


@lru_cache(maxsize=4_096)
def _parted(name: str) -> tuple[int, tuple[str, ...]]:
    """The level of a competition, and the words that do not say it."""
    every = words(name)
    levels = [_LEVELS[word] for word in every if word in _LEVELS]
    kept = tuple(word for word in every if word not in _LEVELS)
    return max(levels, default=_TOP), kept or every
