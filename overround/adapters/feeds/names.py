"""How alike two names are, by RapidFuzz."""

from __future__ import annotations

from rapidfuzz import fuzz


def similarity(left: str, right: str) -> float:
    """From 0 to 1: the words of one within the other, or the letters, whichever is more alike."""
    return max(fuzz.token_set_ratio(left, right), fuzz.WRatio(left, right)) / 100
