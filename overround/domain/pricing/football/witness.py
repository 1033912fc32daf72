"""What one provider has told of a match, which is believed or not."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.match import WholePlay

MICROS = 1_000_000


@dataclass(frozen=True, slots=True)
class Witness:
    """What one provider has reported: its newest sequence, its cards, shots and corners.

    Cards, red and yellow, carry no running count as goals do, so each is known by its sequence:
    a repeated or late report counts once, and two providers that see the same card do not make
    it two.

    `*_shots_micro` are shots, each by its quality, and `*_expected_micro` how many the prices
    and the score led to expect until this provider was last heard of, when `left_micro` of the
    match's goals were still to come; all in millionths. Each provider is held against its own time
    alone: one that falls silent, or counts no shots, says nothing about the sides.
    `*_without_micro` are what would be expected if the newest goal (`Match.before_goal`) had not
    been.

    `whole` is its newest count of what a `STATUS` counts, None of a provider that tells incidents
    one by one. `signal_sequence` is its newest record that held bets back or let them go.

    `*_corners` are its running counts as of its record `corners_sequence`, None while it has told
    none; `corners_left_micro` of the match's corners came after that moment, in millionths. They
    are `corners_final` if they were told when regular time was over, and count no others.
    """

    provider: str
    sequence: int
    home_reds: tuple[int, ...] = ()
    away_reds: tuple[int, ...] = ()
    home_shots_micro: int = 0
    away_shots_micro: int = 0
    home_expected_micro: int = 0
    away_expected_micro: int = 0
    left_micro: int = MICROS
    home_without_micro: int = 0
    away_without_micro: int = 0
    home_yellows: tuple[int, ...] = ()
    away_yellows: tuple[int, ...] = ()
    home_corners: int | None = None
    away_corners: int | None = None
    corners_sequence: int = 0
    corners_left_micro: int = MICROS
    corners_final: bool = False
    whole: WholePlay | None = None
    signal_sequence: int = 0

    @property
    def dismissed(self) -> tuple[int, int]:
        """Red cards of home and away, by its count if it has one."""
        home, away = len(self.home_reds), len(self.away_reds)
        if self.whole is None:
            return home, away
        return _told(self.whole.home_reds, home), _told(self.whole.away_reds, away)

    @property
    def cautioned(self) -> tuple[int, int]:
        """Yellow cards of home and away, by its count if it has one."""
        home, away = len(self.home_yellows), len(self.away_yellows)
        if self.whole is None:
            return home, away
        return _told(self.whole.home_yellows, home), _told(self.whole.away_yellows, away)


def _told(count: int | None, otherwise: int) -> int:
    return otherwise if count is None else count
