"""Which of a match's sources can be relied on, and whether those that can are enough to offer it.

A match depends on what its providers gave it, and on nothing else:

- before kick-off on prices, and on somebody who will tell of its kick-off: who announced it or has
  told of its play. Prices alone do not keep it open, because it would be offered as not begun
  while it is played;
- in play on its incidents. Another provider keeps it open only if it has told of the play itself
  and stands where the match stands: the same period, score and cards. Whose prices opened it
  counts no more.

It is held back while every provider of one of these is lost. A provider counts as lost while any
part of its feed that told of the match is, and until that part is restored: what comes from it
meanwhile is taken down, but neither opens the match nor keeps it open.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from overround.domain.feeds.events import SourceLost, SourceRestored


@dataclass(frozen=True, slots=True)
class Standing:
    """A source as the match last heard of it, by the count of its changes."""

    provider: str
    producer: str
    change: int
    is_lost: bool


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the newest fixture of a provider, by its sequence, says of how the match ends."""

    provider: str
    sequence: int
    needs_winner: bool


@dataclass(frozen=True, slots=True)
class OpeningRates:
    """What a provider's newest prices imply: goals of both sides and their dependence, in 10^-6.

    In a sport without goals they are 0, and its own table has what the prices imply. They came in
    its record `sequence`, and have an order of their own beside that of incidents: neither makes
    the other late.
    """

    provider: str
    home_rate_micro: int
    away_rate_micro: int
    rho_micro: int = 0
    sequence: int = 0


@dataclass(frozen=True, slots=True)
class Reliance:
    """What each provider gave a match, and which sources are lost; `openings` newest last."""

    announced_by: tuple[str, ...] = ()
    told_by: tuple[str, ...] = ()
    openings: tuple[OpeningRates, ...] = ()
    standings: tuple[Standing, ...] = ()
    announcements: tuple[Announcement, ...] = ()

    @property
    def needs_winner(self) -> bool:
        """Whether anybody says so: not to say it is no denial."""
        return any(each.needs_winner for each in self.announcements)

    @property
    def lost(self) -> frozenset[str]:
        """The providers that cannot be relied on."""
        return frozenset(each.provider for each in self.standings if each.is_lost)

    def is_lost(self, provider: str) -> bool:
        """Whether a provider cannot be relied on."""
        return any(each.is_lost and each.provider == provider for each in self.standings)

    def priced_in(self, provider: str) -> int:
        """The record that a provider's newest opening prices came in, 0 if it has given none."""
        return next((each.sequence for each in self.openings if each.provider == provider), 0)

    def opened_by(self) -> OpeningRates:
        """The newest opening of a provider that is not lost, else the newest; there must be one."""
        lost = self.lost
        healthy = [each for each in self.openings if each.provider not in lost]
        return (healthy or self.openings)[-1]

    def rates_micro(self) -> tuple[int, int, int]:
        """The rates and dependence of that opening."""
        newest = self.opened_by()
        return newest.home_rate_micro, newest.away_rate_micro, newest.rho_micro

    def lost_before_kick_off(self) -> str:
        """The lost providers without which a match that has not begun is not offered."""
        prices = _all_lost((each.provider for each in self.openings), self.lost)
        return prices or _all_lost((*self.announced_by, *self.told_by), self.lost)

    def lost_in_play(self, current: Iterable[str]) -> str:
        """The same for a match in play; `current` are the providers that stand where it stands."""
        return _all_lost(current, self.lost)


def announced(reliance: Reliance, said: Announcement) -> Reliance:
    """A provider says that the match will be played; one older than its last changes nothing."""
    others = []
    for each in reliance.announcements:
        if each.provider != said.provider:
            others.append(each)
        elif each == said or said.sequence < each.sequence:
            return reliance
    announcements = sorted([*others, said], key=lambda each: each.provider)
    return replace(
        reliance,
        announced_by=tuple(sorted({*reliance.announced_by, said.provider})),
        announcements=tuple(announcements),
    )


def told(reliance: Reliance, provider: str) -> Reliance:
    """A provider tells of the play."""
    if provider in reliance.told_by:
        return reliance
    return replace(reliance, told_by=tuple(sorted({*reliance.told_by, provider})))


def priced(
    reliance: Reliance, provider: str, sequence: int, rates_micro: tuple[int, int, int]
) -> Reliance:
    """A provider gives prices; its older ones are forgotten."""
    others = [each for each in reliance.openings if each.provider != provider]
    return replace(reliance, openings=(*others, OpeningRates(provider, *rates_micro, sequence)))


def without(reliance: Reliance, provider: str) -> Reliance:
    """What a provider gave turns out to be of another match."""
    return replace(
        reliance,
        announced_by=tuple(each for each in reliance.announced_by if each != provider),
        told_by=tuple(each for each in reliance.told_by if each != provider),
        openings=tuple(each for each in reliance.openings if each.provider != provider),
        announcements=tuple(each for each in reliance.announcements if each.provider != provider),
    )


def source_changed(reliance: Reliance, change: SourceLost | SourceRestored) -> Reliance:
    """A source was lost or restored; a change that was heard of before, or an older one, is none.

    A change without a number (0) comes from one who counts none, and is always taken.
    """
    others = []
    for each in reliance.standings:
        if (each.provider, each.producer) != (change.provider, change.producer):
            others.append(each)
        elif 0 < change.change <= each.change:
            return reliance
    is_lost = isinstance(change, SourceLost)
    now = Standing(change.provider, change.producer, change.change, is_lost)
    standings = sorted([*others, now], key=lambda each: (each.provider, each.producer))
    return replace(reliance, standings=tuple(standings))


def _all_lost(providers: Iterable[str], lost: frozenset[str]) -> str:
    needed = frozenset(providers)
    return ", ".join(sorted(needed)) if needed and needed <= lost else ""
