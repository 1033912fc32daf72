"""How alike two names of players of one team are: whole, with initials, or the surname alone.

`Messi`, `L. Messi`, `Messi L.`, `Lionel Messi`, `Lionel Andrés Messi` and `Messi, Lionel` may be
one; `L. Messi` and `R. Messi` are not. A surname says little by itself: that it is only one
player's of the team is for who compares them all (`LEAD_MIN`).
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache

from overround.domain.feeds.identity.names import Similarity, words

# Another spelling of the same word: Oezil and Ozil have 0.89; Mendy and Mendes have 0.73.
_SPELT_MIN = 0.8
# A word that is spelt otherwise is that word, mostly.
_SPELT_WEIGHT = 0.5
# A short form of a given name, such as Alex or Dani, has so many letters at least.
_SHORT_CHARS_MIN = 3
# As much as the words of the shorter name say: two whole ones, one with initials, the surname.
_TWO_WORDS, _INITIALS, _SURNAME = 0.95, 0.90, 0.85
# A given name alone, one half of a double surname, or a single word spelt otherwise (Fernando is
# not Fernandinho): a person is to look.
_HALF = 0.70
_CONTRADICTED_MAX = 0.5
_SUFFIXES = frozenset({"jr", "junior", "sr", "senior"})


def alike(left: str, right: str, similarity: Similarity) -> float:
    """How alike two players' names are, from 0 to 1; names that contradict each other at most half.

    `similarity` is of whole names, and counts only where their words contradict each other.
    """
    mine, theirs = _forms(left), _forms(right)
    if _flat(mine) == _flat(theirs):
        return 1.0
    short, long = sorted((mine, theirs), key=lambda each: (len(each), each))
    told = _told(short, long)
    if told is None:
        return min(similarity(" ".join(mine), " ".join(theirs)), _CONTRADICTED_MAX)
    return told


def _told(short: tuple[str, ...], long: tuple[str, ...]) -> float | None:
    """What the shorter name says of the longer one; None if any word of it stands for nothing."""
    left, whole, initials, worst, is_half = list(long), 0, 0, 1.0, False
    for word in reversed(short):
        sort, score, meant = max(
            (*_compared(word, other, is_given=word != short[-1] and other != long[-1]), other)
            for other in left
        )
        if not score:
            return None
        left.remove(meant)
        whole += sort == _WHOLE
        initials += sort == _INITIAL
        is_half |= sort == _PART
        worst = min(worst, score)
    if not whole and not is_half:
        return None  # initials alone
    if is_half or (len(short) == 1 and (worst < 1.0 or left[-1:] == list(long[-1:]))):
        return min(worst, _HALF)
    told = _TWO_WORDS if whole > 1 else _INITIALS if initials else _SURNAME
    if not left and not initials:
        told = 1.0
    return told - _SPELT_WEIGHT * (1.0 - worst)


_NOTHING, _PART, _INITIAL, _WHOLE = range(4)


def _compared(left: str, right: str, *, is_given: bool) -> tuple[int, float]:
    """As what one word stands for the other, and how surely; `is_given`: both are given names."""
    short, long = sorted((left, right), key=len)
    if left == right:
        return (_WHOLE, 1.0) if len(left) > 1 else (_INITIAL, 1.0)
    if len(short) == 1:
        return (_INITIAL, 1.0) if long[0] == short else (_NOTHING, 0.0)
    if short in long.split("-"):
        return _PART, 1.0
    if is_given and len(short) >= _SHORT_CHARS_MIN and long.startswith(short):
        return _WHOLE, 1.0
    spelt = SequenceMatcher(None, short, long, autojunk=False).ratio()
    return (_WHOLE, spelt) if spelt >= _SPELT_MIN else (_NOTHING, 0.0)


def _flat(form: tuple[str, ...]) -> list[str]:
    return sorted(word for each in form for word in each.split("-"))


@lru_cache(maxsize=65_536)
def _forms(name: str) -> tuple[str, ...]:
    """The words of a name, the surname last; a double name is one word, `oxlade-chamberlain`."""
    last, comma, first = name.partition(",")
    every = [*_joined(first), *_joined(last)] if comma else _joined(name)
    kept = [word for word in every if word not in _SUFFIXES] or every
    while len(kept) > 1 and len(kept[-1]) == 1 < max(map(len, kept)):
        kept = [kept[-1], *kept[:-1]]  # `Messi L.`
    return tuple(kept)


def _joined(text: str) -> list[str]:
    # What an apostrophe parts is one word: N'Golo, O'Brien.
    whole = "".join(c for c in text if c not in "'\u2019`")
    return [joined for part in whole.split() if (joined := "-".join(words(part)))]
