"""What traders have changed of a match, as its writer keeps it."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.adjustment import Adjustment


@dataclass(frozen=True, slots=True)
class Override:
    """An override of a match; `confirmed_by` is empty while it waits, or if it needs nobody.

    `scene` is the state of play that it was set for, as a word.
    """

    override_id: str
    adjustment: Adjustment
    trader_id: str
    reason: str
    expires_at_us: int
    scene: str
    move_micro: int = 0
    is_waiting: bool = False
    confirmed_by: str = ""

    @property
    def market(self) -> str:
        """The market that it is of."""
        return self.adjustment.selection.partition("/")[0]


@dataclass(frozen=True, slots=True)
class HeldMarket:
    """A market on which no bet is taken, by whom, and until when (0: until somebody says so)."""

    market: str
    trader_id: str
    reason: str
    ends_at_us: int = 0


@dataclass(frozen=True, slots=True)
class ApartMarket:
    """A market on which the model is apart from a provider's book, by thousandths of a sigma.

    `near` counts the updates on end since in which it was not.
    """

    market: str
    provider: str
    sigmas_milli: int
    near: int = 0


@dataclass(frozen=True, slots=True)
class HeardBook:
    """The newest prices of a provider that were heard in play, by its own order.

    They are of a state of play, the `scene`, and the first of it was heard at `since_us`.
    """

    provider: str
    sequence: int
    scene: str = ""
    since_us: int = 0


@dataclass(frozen=True, slots=True)
class Control:
    """What traders have changed of a match, and what is held back market by market.

    `ended` are the ids of overrides that are over, newest last: a command that comes again late
    must not begin one anew. `depth_minor` is the size on the best offers of 1X2 on an exchange, as
    far as one has told it.
    """

    overrides: tuple[Override, ...] = ()
    held: tuple[HeldMarket, ...] = ()
    ended: tuple[str, ...] = ()
    apart: tuple[ApartMarket, ...] = ()
    heard: tuple[HeardBook, ...] = ()
    depth_minor: int | None = None

    @property
    def adjustments(self) -> tuple[Adjustment, ...]:
        """What stands in the place of the model's figures now."""
        return tuple(each.adjustment for each in self.overrides if not each.is_waiting)

    @property
    def is_holding(self) -> bool:
        """Whether any market is held back."""
        return bool(self.held or self.apart)

    def heard_of(self, provider: str) -> int:
        """The newest prices of a provider that were heard in play, 0 for none."""
        return next((each.sequence for each in self.heard if each.provider == provider), 0)

    def is_over(self, at_us: int) -> bool:
        """Whether the time of anything is over."""
        return any(each.expires_at_us <= at_us for each in self.overrides) or any(
            0 < each.ends_at_us <= at_us for each in self.held
        )


UNTOUCHED = Control()
"""No trader has changed anything."""
