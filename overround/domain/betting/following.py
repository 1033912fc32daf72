"""Whose account of a match's play is followed, whether it is whole, and what that means for bets.

For the sports whose incidents tell points and baskets one by one (`kernel.play`). One provider's
account is followed, the first one's that tells of the play itself: two accounts of points cannot
be added up, and which of two is right is not decided here. Bets are held back whenever the score
that is priced may not be the one that is played.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

from overround.domain.betting.trading import Trading
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.play import PlaySignalled, Signal, Told


@dataclass(frozen=True, slots=True)
class Following:
    """An account of a match as far as it was told.

    `provider` tells it (empty: nobody yet), up to its `sequence`; `has_played` says whether it has
    told of more than signals. `early_to` is the newest of its records that came before their turn.
    `lost` of them were given up, of which traders have put up with `lost_accepted`. `refused` is
    why the play as told is not possible.
    """

    provider: str = ""
    sequence: int = 0
    has_played: bool = False
    early_to: int = 0
    lost: int = 0
    lost_accepted: int = 0
    refused: str = ""
    is_reviewed: bool = False
    is_abandoned: bool = False

    def held_back(self) -> str:
        """The first reason why the priced score may not be the played one, empty if there is none.

        Missing records are waited for; lost ones and a refused one are for a trader to look at.
        """
        reasons = (
            f"play_refused: {self.refused}" if self.refused else "",
            "records_missing" if self.early_to > self.sequence else "",
            "records_lost" if self.lost > self.lost_accepted else "",
            "under_review" if self.is_reviewed else "",
        )
        return next(filter(None, reasons), "")


def follow(following: Following, told: Told, announced_by: Collection[str]) -> Following:
    """The account after a record; the same one if it is another provider's, or was told before.

    Who has not announced the match here may be in the middle of it: what it told before, it told
    of another event.
    """
    is_play = not isinstance(told, PlaySignalled)
    if following.provider not in {"", told.provider}:
        if following.has_played or not is_play:
            return following
        following = Following()
    order, has_played = told.order, following.has_played or is_play
    heard = replace(following, provider=told.provider, has_played=has_played)
    if order.is_early:
        return replace(heard, early_to=max(following.early_to, told.sequence))
    if order.is_late:
        return replace(heard, lost=order.lost_before)
    if told.sequence <= following.sequence:
        return following
    begins = following.sequence == 0 and told.provider not in announced_by
    after = replace(
        heard,
        sequence=told.sequence,
        lost=order.lost_before,
        refused="beginning_unknown" if begins else following.refused,
    )
    return _signalled(after, told.signal) if isinstance(told, PlaySignalled) else after


def _signalled(following: Following, signal: Signal) -> Following:
    if signal is Signal.ABANDONED:
        return replace(following, is_abandoned=True)
    if signal is Signal.HEARD:
        return following
    return replace(following, is_reviewed=signal is Signal.UNDER_REVIEW)


def accepted(following: Following) -> Following:
    """A trader has looked at the score and puts up with what is missing."""
    return replace(following, lost_accepted=following.lost, refused="")


def status(
    trading: Trading, following: Following, *, is_over: bool, is_priced: bool
) -> tuple[TradingStatus, str]:
    """Whether bets would be taken now, and the first reason why not."""
    if trading.merged_into:
        return TradingStatus.CLOSED, f"merged into {trading.merged_into}"
    if following.is_abandoned:
        return TradingStatus.CLOSED, "abandoned"
    if is_over:
        return TradingStatus.CLOSED, "match_over"
    reason = following.held_back() or trading.held_back(is_priced)
    return (TradingStatus.SUSPENDED if reason else TradingStatus.OPEN), reason
