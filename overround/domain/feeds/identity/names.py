"""What a team's name says: its words, and whether it is a youth, reserve or women's team."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from difflib import SequenceMatcher
from functools import lru_cache

Similarity = Callable[[str, str], float]
"""How alike two plain names are, from 0 to 1."""

# Words that a club's name may have or not, in the languages of the larger leagues.
_CLUB_WORDS = frozenset(
    {
        *("ac", "acf", "afc", "as", "asd", "bc", "bsc", "ca", "calcio", "cd", "cf", "club", "de"),
        *("fc", "fsv", "hsc", "losc", "ogc", "rc", "rcd", "sc", "sd", "sm", "spal", "ssc"),
        *("sv", "tsg", "ud", "us", "vfb", "vfl"),
    }
)
# Words that many clubs share: alike in these alone, Newcastle United would be Manchester United.
_SHARED_WORDS = frozenset(
    {
        *("united", "utd", "city", "town", "albion", "wanderers", "rovers", "county", "hotspur"),
        *("athletic", "atletico", "deportivo", "sporting", "racing", "olympique", "stade", "real"),
        *("borussia", "eintracht", "fortuna", "dynamo"),
    }
)
# What has no decomposition into a letter and an accent.
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "ı": "i"}
)
# Munich and Munchen have 0.77; of other teams' words Nantes and Rennes have 0.67.
_SAME_WORD_MIN = 0.75
# Too little for a link, and enough to ask a person if the other team is sure.
_CONTRADICTED_MAX = 0.5
_AGE = re.compile(r"\b(?:u|under|sub) ?(1[5-9]|2[0-3])\b")
_YOUTH = frozenset({"youth", "juvenil", "primavera"})
_WOMEN = frozenset(
    {
        *("women", "womens", "ladies", "femenino", "femenina", "femeni", "feminin", "feminine"),
        *("feminines", "femminile", "frauen", "damen", "dames", "vrouwen", "kvinner", "wfc"),
    }
)
_RESERVES_LAST = frozenset({"ii", "iii", "b", "res", "castilla"})
_RESERVES = frozenset({"reserve", "reserves"})


@lru_cache(maxsize=65_536)
def words(name: str) -> tuple[str, ...]:
    """The words of a name without case, accents and punctuation."""
    folded = unicodedata.normalize("NFKD", name.lower().translate(_LETTERS))
    kept = (c for c in folded if not unicodedata.combining(c))
    return tuple("".join(c if c.isalnum() else " " for c in kept).split())


@lru_cache(maxsize=65_536)
def plain(name: str) -> str:
    """A name without case, accents, punctuation and the words that clubs may have or not."""
    every = words(name)
    kept = [word for word in every if word not in _CLUB_WORDS and not word.isdigit()]
    return " ".join(kept or every)


def slug(*names: str) -> str:
    """Names as a part of an id: `football-england-manchester-united`; empty ones are left out."""
    return "-".join(word for name in names for word in words(name))


def alike(left: str, right: str, similarity: Similarity) -> float:
    """How alike two teams' names are, in whole and in the words that few clubs share.

    Names that contradict each other are half alike at most, however much they share.
    """
    whole = similarity(plain(left), plain(right))
    score = min(whole, similarity(_rare(left), _rare(right)))
    return min(score, _CONTRADICTED_MAX) if contradict(left, right) else score


@lru_cache(maxsize=65_536)
def contradict(left: str, right: str) -> bool:
    """Whether each of two names has a word that nothing in the other stands for.

    `West Ham` and `West Bromwich` do. `Man United` and `Manchester United` do not, as one word is
    short for the other, nor `Paris SG` and `Paris Saint-Germain`, nor `Lyon` and `Olympique Lyon`.
    """
    mine, theirs = plain(left).split(), plain(right).split()
    ours = [word for word in mine if word not in theirs]
    others = [word for word in theirs if word not in mine]
    for word in list(ours):
        meant = next((other for other in others if _is_same_word(word, other)), None)
        if meant is not None:
            ours.remove(word)
            others.remove(meant)
    return bool(ours and others) and not (
        _are_initials(ours, others) or _are_initials(others, ours)
    )


def _is_same_word(left: str, right: str) -> bool:
    short, long = sorted((left, right), key=len)
    letters = iter(long)
    if short[0] == long[0] and all(letter in letters for letter in short):
        return True
    return SequenceMatcher(None, short, long, autojunk=False).ratio() >= _SAME_WORD_MIN


def _are_initials(short: list[str], long: list[str]) -> bool:
    return "".join(short) == "".join(word[0] for word in long)


@lru_cache(maxsize=65_536)
def side_of(name: str) -> str:
    """What must be equal for two teams to be one: `u19`, `reserves`, `women`, or empty.

    Read from a team's name, or from that of its competition.
    """
    every = words(name)
    is_women = not _WOMEN.isdisjoint(every) or every[-1:] == ("w",)
    age = _AGE.search(" ".join(every))
    is_youth = age is None and not _YOUTH.isdisjoint(every)
    # What comes after the mark of a reserve team is another mark: `Barcelona B (W)`.
    rest = [word for word in every if word != "w" and word not in _WOMEN]
    is_reserve = (
        not _RESERVES.isdisjoint(every)
        or (len(rest) > 1 and rest[-1] in _RESERVES_LAST)
        or every[:1] == ("jong",)
    )
    marks = (
        (f"u{age.group(1)}" if age else "", age is not None),
        ("youth", is_youth),
        ("reserves", is_reserve),
        ("women", is_women),
    )
    return " ".join(sorted(mark for mark, is_on in marks if is_on))


def _rare(name: str) -> str:
    every = plain(name).split()
    return " ".join([word for word in every if word not in _SHARED_WORDS] or every)
