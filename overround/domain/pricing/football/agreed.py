"""What a match decides when several providers tell of it: the facts on which they agree.

The quorum agrees on the score, its phase and dismissals, which prices rest on. Bets also rest on
the half-time score, the order of goals, who goes on and all cards; of these one provider's word
alone is not taken while another one that claims the same result says otherwise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from overround.domain.kernel.facts import NOTHING, Facts
from overround.domain.kernel.replace import replace
from overround.domain.pricing.football.facts import facts_of
from overround.domain.pricing.football.model import Match
from overround.domain.pricing.football.quorum import Quorum

Value = TypeVar("Value")


def agreed_facts(match: Match, quorum: Quorum) -> Facts:
    """The facts of a match, those that the score does not tell as all who know them have them.

    On what they differ nothing is decided. Who does not know has no say, and a source that was
    lost keeps the word that it gave.
    """
    facts = facts_of(match)
    if facts is NOTHING:
        return facts
    own = [
        facts_of(replace(each.match, needs_winner=match.needs_winner, period=match.period))
        for each in quorum.accounts
        if each.agrees
    ]
    if not own:
        return facts
    orders = [each.scorers for each in own if None not in each.scorers]
    return replace(
        facts,
        first_half=_agreed([each.first_half for each in own]),
        scorers=_agreed(orders) or () if orders else facts.scorers,
        through=_agreed([each.through for each in own]),
        cards=_agreed([each.cards for each in own]),
    )


def _agreed(values: Sequence[Value | None]) -> Value | None:
    """What all have that have it; None if two differ, or nobody has it."""
    known = [each for each in values if each is not None]
    return known[0] if known and known.count(known[0]) == len(known) else None
