"""What becomes of each bet on a basketball match, from its points alone."""

from __future__ import annotations

from collections.abc import Hashable

from overround.domain.kernel.market import LOSE, PUSH, WIN, Factor
from overround.domain.pricing.basketball.model import Match
from overround.domain.pricing.sport import Offer

_OF_PERIOD = "period_"


def fate(match: Match, offer: Offer) -> Factor | None:
    """The fate of a bet once nothing that may still be played can change it; None before.

    A whole line that is met exactly is a push. Points are never taken away by play, so a total is
    over as soon as it is passed. A period is over when its clock is; a free throw that is told
    after it counts, and changes what was decided.
    """
    kind, _, rest = offer.market.partition(":")
    number, _, line = rest.partition(":") if kind.startswith(_OF_PERIOD) else ("", "", rest)
    home, away = _points(match, int(number)) if number else (match.home_points, match.away_points)
    is_over = _has_ended(match, int(number)) if number else match.is_over
    if offer.outcome in {"over", "under"}:
        return _of_total(home + away - float(line), offer.outcome, is_over=is_over)
    if not is_over:
        return None
    lead = home - away + float(line or 0)
    if line and lead == 0:
        return PUSH
    return WIN if offer.outcome == _winner(lead) else LOSE


def milestone(match: Match) -> Hashable:
    """The points of the periods that are over, and whether there are no more of them."""
    ended = [period for period in range(1, match.period + 1) if _has_ended(match, period)]
    return tuple(_points(match, period) for period in ended), match.is_over


def _of_total(above: float, outcome: str, *, is_over: bool) -> Factor | None:
    if above < 0 and not is_over:
        return None
    if above == 0:
        return PUSH if is_over else None
    return WIN if outcome == ("over" if above > 0 else "under") else LOSE


def _winner(lead: float) -> str:
    return "home" if lead > 0 else "away" if lead < 0 else "draw"


def _points(match: Match, period: int) -> tuple[int, int]:
    return match.scores[period - 1] if period <= len(match.scores) else (0, 0)


def _has_ended(match: Match, period: int) -> bool:
    """Whether a period's clock has run down; one that is never played ends with the match."""
    is_past = match.period > period or (match.period == period and match.left_s == 0)
    return is_past or match.is_over
