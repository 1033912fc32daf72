"""What bets are settled on: the final score, and whatever else of a match is asked."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.match import Side


@dataclass(frozen=True, slots=True)
class BySide:
    """How often something was counted for home and for away."""

    home: int
    away: int

    @property
    def total(self) -> int:
        """Both sides' together."""
        return self.home + self.away


@dataclass(frozen=True, slots=True)
class Facts:
    """What is decided of a match; None, of a scorer as well: not decided yet, or never known.

    `regular` are the goals of regular time, `first_half` those of its first half. `scorers` are
    the sides that have scored in regular time, in their order. `through` is the side that goes on
    in the competition, `cards` are those shown in regular time and `corners` those kicked in it. A
    match `is_over` when nothing of it is still to be played, extra time and a shoot-out included.
    """

    first_half: BySide | None = None
    regular: BySide | None = None
    scorers: tuple[Side | None, ...] = ()
    through: Side | None = None
    cards: BySide | None = None
    is_over: bool = False
    corners: BySide | None = None

    def of_half(self, half: int) -> BySide | None:
        """The goals of the first half or of the second."""
        if half == 1 or self.first_half is None or self.regular is None:
            return self.first_half if half == 1 else None
        home = self.regular.home - self.first_half.home
        away = self.regular.away - self.first_half.away
        return BySide(home, away) if min(home, away) >= 0 else None


NOTHING = Facts()
"""Nothing is decided."""
