"""The pricing state of a match, and every figure that a price depends on."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.market import MarketType
from overround.domain.kernel.match import BEFORE_FULL_TIME, Period, Side
from overround.domain.pricing.ladder import BETFAIR, Ladder

MICROS = 1_000_000

# Law 3 of the game: a side with fewer than seven players cannot go on, so the fifth dismissal
# ends the match. More than that is a feed's mistake and must not move a price.
REDS_MAX = 5


@dataclass(frozen=True, slots=True)
class Witness:
    """What one provider has reported: its newest sequence, and the sequences of its red cards.

    Cards carry no running count as goals do, so each is known by its sequence: a repeated or late
    report counts once, and two providers that see the same card do not make it two.
    """

    provider: str
    sequence: int
    home_reds: tuple[int, ...] = ()
    away_reds: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Match:
    """A match as its prices see it; integers only, so that it is exact wherever it is read.

    `home_goals` and `away_goals` are those of play so far; `regular_*` are those of regular time,
    which stop at full time and are what every market is settled on. `*_rate_micro` are the
    expected goals of regular time before kick-off, in millionths; 0 until they are known.
    `rho_micro` is the Dixon-Coles dependence before kick-off, in millionths.
    """

    period: Period = Period.NOT_STARTED
    clock_s: int = 0
    home_goals: int = 0
    away_goals: int = 0
    regular_home_goals: int = 0
    regular_away_goals: int = 0
    extra_time: bool = False
    abandoned: bool = False
    witnesses: tuple[Witness, ...] = ()
    home_rate_micro: int = 0
    away_rate_micro: int = 0
    # Best exact-score likelihood given closing odds lies between -0.06 and -0.09.
    rho_micro: int = -70_000

    @property
    def home_reds(self) -> int:
        """Dismissals of the home side: the most that any one provider has reported."""
        return self._reds(Side.HOME)

    @property
    def away_reds(self) -> int:
        """Dismissals of the away side: the most that any one provider has reported."""
        return self._reds(Side.AWAY)

    @property
    def is_priced(self) -> bool:
        """Whether there is regular time left to bet on and an opinion about it."""
        known = self.home_rate_micro > 0 and self.away_rate_micro > 0
        return known and not self.abandoned and self.period in BEFORE_FULL_TIME

    def heard_of(self, provider: str) -> int:
        """The newest sequence that a provider has reported, 0 for none."""
        return next((w.sequence for w in self.witnesses if w.provider == provider), 0)

    def _reds(self, side: Side) -> int:
        most = 0
        for witness in self.witnesses:
            cards = witness.home_reds if side is Side.HOME else witness.away_reds
            most = max(most, len(cards))
        return most


# Compared by identity: tables derived from a set of parameters are cached under it, and hashing
# some sixty figures at each price would cost more than the look-up saves.
@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The figures of the model. The defaults are measured unless their comment says otherwise.

    Sources: 1,929 matches with an event clock (goals by time, stoppage), 10,281 matches with
    closing odds and goal minutes (score state, rho), five leagues of 2017/18 (red cards).
    """

    # Goals of both sides in each five minutes of a half, and in its stoppage time. Only their
    # shares of the total count; stoppage is not the 45th minute's spike.
    # fmt: off
    first_half_goals: tuple[float, ...] = (
        0.102, 0.111, 0.118, 0.133, 0.143, 0.138, 0.130, 0.123, 0.128,
    )
    second_half_goals: tuple[float, ...] = (
        0.134, 0.165, 0.152, 0.152, 0.147, 0.169, 0.155, 0.143, 0.166,
    )
    # fmt: on
    first_stoppage_goals: float = 0.045
    second_stoppage_goals: float = 0.146

    # Length of stoppage: mean 1.3 and 3.7 minutes; the spread is the logistic scale that
    # reproduces the 90th percentiles of 3.0 and 5.5 minutes. Seasons since 2022/23 run longer.
    first_stoppage_s: float = 78.0
    second_stoppage_s: float = 222.0
    first_stoppage_spread_s: float = 46.0
    second_stoppage_spread_s: float = 52.0

    # A side's remaining goals against those at level scores, by its lead: -2 or less, -1, 0, 1,
    # 2 or more; each the mean of the ratios at minutes 30, 45, 60 and 75.
    score_state: tuple[float, ...] = (1.125, 1.165, 1.0, 0.975, 0.9725)
    # Those ratios are all taken against level scores, so their mean over the scores that occur is
    # above one and the clock's own totals would be overshot: by nothing at kick-off, by this much
    # late on. Chosen so that the expected total does not drift as a match goes by: walked
    # forward minute by minute, 2.70 goals at kick-off would become 2.79 without it.
    score_state_excess: float = 0.042

    red_own: float = 0.64  # 95 % interval 0.53 to 0.79
    red_opponent: float = 1.61  # 1.41 to 1.84

    # Goals of an average match, for a fit that has only 1X2 prices. Those alone would put it
    # about a tenth too low.
    total_goals: float = 2.6

    # What the implied probabilities of a market sum to above one. A large bookmaker's 1X2
    # averages 5.0 %; two-way lines are tighter, and a correct score takes about 0.7 % a runner.
    # Double chance has no margin of its own: it is priced as the pairs of 1X2 that it is.
    margins: tuple[tuple[MarketType, float], ...] = (
        (MarketType.RESULT, 0.05),
        (MarketType.DRAW_NO_BET, 0.05),
        (MarketType.TOTALS, 0.05),
        (MarketType.ASIAN_HANDICAP, 0.04),
        (MarketType.BOTH_SCORE, 0.06),
        (MarketType.CORRECT_SCORE, 0.18),
    )

    # How a margin lies over a market's outcomes (`pricing.margin`); 0 is the power method. It
    # reproduces the average of bookmakers from a sharp book's prices within 0.1 % of the best
    # shape's error, and no other method makes results likelier (`benches/margin_shape`).
    margin_shape: float = 0.0

    # The exchanges', so that a hedge can be laid at a quoted price.
    ladder: Ladder = BETFAIR

    # Outside these a selection is as good as decided: the model's own error is larger than what
    # is left, and only somebody who has seen the next incident first would bet.
    probability_min: float = 0.0005
    probability_max: float = 0.995
    # A bet that is almost surely refunded: its price is the ratio of two vanishing numbers.
    refunded_max: float = 0.995


DEFAULTS = Parameters()
"""The measured figures."""
