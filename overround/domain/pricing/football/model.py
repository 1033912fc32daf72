"""The pricing state of a match, and every figure that a price depends on."""

from __future__ import annotations

from dataclasses import dataclass

from overround.domain.kernel.market import MarketType
from overround.domain.kernel.match import BEFORE_FULL_TIME, Period, Side
from overround.domain.pricing.football.pull import DEFAULT_PULLING, Pull, Pulling
from overround.domain.pricing.football.tally import CARDS, CORNERS, Tally
from overround.domain.pricing.football.witness import MICROS as MICROS  # noqa: PLC0414 - its readers
from overround.domain.pricing.football.witness import Witness
from overround.domain.pricing.ladder import BETFAIR, Ladder
from overround.domain.pricing.margin import Method

# Law 3 of the game: a side with fewer than seven players cannot go on, so the fifth dismissal
# ends the match. More than that is a feed's mistake and must not move a price.
REDS_MAX = 5


@dataclass(frozen=True, slots=True)
class Score:
    """Goals of both sides."""

    home_goals: int
    away_goals: int

    @property
    def lead(self) -> int:
        """Goals that the home side is ahead."""
        return self.home_goals - self.away_goals


@dataclass(frozen=True, slots=True)
class Match:
    """A match as its prices see it; integers only, so that it is exact wherever it is read.

    `home_goals` and `away_goals` are those of play so far; `regular_*` are those of regular time,
    which stop at full time and are what every market is settled on. `*_reds` are the dismissals
    that are believed; what each provider has reported is in `witnesses`. `*_rate_micro` are the
    expected goals of regular time before kick-off, in millionths; 0 until they are known.
    `rho_micro` is the Dixon-Coles dependence before kick-off that the score's own effect on the
    rates leaves, in millionths. `before_goal` is the score before the newest goal of a priced
    match; None if there was none, or it was taken back.

    `half_*` are the goals of the first half, None unless somebody told of it while it was played.
    `*_yellows` are cautions that are believed. A match that `needs_winner` has extra time and a
    shoot-out if it is level; `*_kicks` are those taken in it, `*_kicks_scored` those scored.

    `pull` is what an exchange's offers do to the rates, None if none were heard, and `pull_before`
    what it was when the goal after `before_goal` fell.
    `scorers` are the sides that scored in regular time in their order (`scorers`), `*_cards` all
    cards that were shown in it.
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
    rho_micro: int = 0
    home_reds: int = 0
    away_reds: int = 0
    before_goal: Score | None = None
    half_home_goals: int | None = None
    half_away_goals: int | None = None
    home_yellows: int = 0
    away_yellows: int = 0
    needs_winner: bool = False
    home_kicks: int = 0
    away_kicks: int = 0
    home_kicks_scored: int = 0
    away_kicks_scored: int = 0
    pull: Pull | None = None
    pull_before: Pull | None = None
    scorers: tuple[Side | None, ...] = ()
    home_cards: int = 0
    away_cards: int = 0

    @property
    def lead(self) -> int:
        """Goals that the home side is ahead."""
        return self.home_goals - self.away_goals

    @property
    def is_priced(self) -> bool:
        """Whether there is regular time left to bet on and an opinion about it."""
        known = self.home_rate_micro > 0 and self.away_rate_micro > 0
        return known and not self.abandoned and self.period in BEFORE_FULL_TIME

    @property
    def half_goals(self) -> tuple[int, int] | None:
        """Goals of home and away in the first half so far, or as it ended; None if not known."""
        if self.half_home_goals is None or self.half_away_goals is None:
            return None
        return self.half_home_goals, self.half_away_goals

    @property
    def cards_so_far(self) -> tuple[int, int]:
        """A card is a card; a second yellow is told as a red, and counts as one more."""
        return self.home_yellows + self.home_reds, self.away_yellows + self.away_reds

    @property
    def shots(self) -> Witness | None:
        """The provider that has counted the most shots; None as long as there are none."""
        seen = [w for w in self.witnesses if w.home_shots_micro or w.away_shots_micro]
        return max(seen, key=lambda w: w.home_shots_micro + w.away_shots_micro, default=None)

    def heard_of(self, provider: str) -> int:
        """The newest record of a provider that told of the play, 0 for none."""
        return next((w.sequence for w in self.witnesses if w.provider == provider), 0)


# Compared by identity: tables derived from a set of parameters are cached under it, and hashing
# some sixty figures at each price would cost more than the look-up saves.
@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """The figures of the model. The defaults are measured unless their comment says otherwise.

    Sources: 4,103 matches of 2014-18 with closing odds, goals and shots (goals by time, score,
    shots), 1,929 with an event clock (stoppage), five leagues of 2017/18 (red cards).
    `benches/football_seasons` fits those of the first again, on any seasons, and scores the others.
    """

    # Goals of both sides in each five minutes of a half, and in its stoppage time. Only their
    # shares of the total count; stoppage is not the 45th minute's spike.
    # fmt: off
    first_half_goals: tuple[float, ...] = (
        0.098, 0.119, 0.120, 0.133, 0.139, 0.138, 0.137, 0.131, 0.140,
    )
    second_half_goals: tuple[float, ...] = (
        0.134, 0.159, 0.154, 0.156, 0.147, 0.160, 0.154, 0.158, 0.166,
    )
    # fmt: on
    first_stoppage_goals: float = 0.045
    second_stoppage_goals: float = 0.138

    # Length of stoppage: mean 1.3 and 3.7 minutes; the spread is the logistic scale that
    # reproduces the 90th percentiles of 3.0 and 5.5 minutes. Seasons since 2022/23 run longer.
    first_stoppage_s: float = 78.0
    second_stoppage_s: float = 222.0
    first_stoppage_spread_s: float = 46.0
    second_stoppage_spread_s: float = 52.0

    # How much more a side scores when it trails, and less when it leads, in log rate: the figure
    # with which 1X2 and totals prices agree about draws without any dependence besides (0.076 to
    # 0.086 on any three of four seasons). Goals by the minute alone say 0.060 +- 0.013.
    score_push: float = 0.083

    red_own: float = 0.64  # 95 % interval 0.53 to 0.79
    red_opponent: float = 1.61  # 1.41 to 1.84

    # Shots as evidence (102,000 shots of the same matches), each weighed by its expected goals; an
    # average one counts 1. A side that expects l goals has 9.8 l^0.54 in a match; they come a
    # little sooner than goals do. A side that trails shoots more; one that leads has had its
    # goals' own shots, which counts as expected, as they tell nothing that the score does not.
    shots: float = 9.8
    shots_by_rate: float = 0.54
    shots_by_lead: tuple[float, float, float] = (1.06, 1.0, 1.24)
    shots_by_share: float = 1.05
    # The prices before kick-off weigh as much as so many shots: 40 to 50 on any three of four
    # seasons. Only a side's own shots tell: the other side's add nothing.
    shots_prior: float = 45.0
    # A penalty says no more than a shot of 0.3.
    shot_alone: float = 0.67
    shot_by_xg: float = 4.0
    shot_xg_max: float = 0.3

    # How far an exchange's offers pull the rates: `exchange`.
    pulling: Pulling = DEFAULT_PULLING

    # Goals of a match of which only 1X2 is priced: log of the total by the square of the
    # favourite's lead over the other side, and by the draw. From 14,477 matches with both markets:
    # their totals are met within 0.17 goals, where an average of all would miss by 0.40. Without
    # totals over 2.5 then is 0.040 off the market's price on average, and 0.055 with an average.
    total_by_result: tuple[float, float, float] = (2.366, -0.859, -4.98)

    # Half an hour more is played as regular time is: 27 extra times of four World Cups had .85
    # goals each, a third of a match has .9. Three kicks in four are scored.
    extra_time_share: float = 1 / 3
    kick_scored: float = 0.75

    # Corners and cards: `tally`.
    corners: Tally = CORNERS
    cards: Tally = CARDS
    # Share of the cards still to come after 15, 30 and 45 minutes and the stoppage of each half;
    # 7,758 cards of 1,941 matches.
    cards_left: tuple[float, ...] = (0.940, 0.829, 0.668, 0.653, 0.493, 0.305, 0.085, 0.0)
    # The same of corners; 19,284 of the same matches.
    corners_left: tuple[float, ...] = (0.859, 0.701, 0.544, 0.526, 0.365, 0.202, 0.047, 0.0)

    # What the implied probabilities of a market sum to above one. A large bookmaker's 1X2
    # averages 5.0 %; two-way lines are tighter, and a correct score takes about 0.7 % a runner.
    # Double chance has no margin of its own: it is priced as the pairs of 1X2 that it is.
    margins: tuple[tuple[str, float], ...] = (
        (MarketType.RESULT, 0.05),
        (MarketType.DRAW_NO_BET, 0.05),
        (MarketType.TOTALS, 0.05),
        (MarketType.ASIAN_HANDICAP, 0.04),
        (MarketType.BOTH_SCORE, 0.06),
        (MarketType.CORRECT_SCORE, 0.18),
        (MarketType.WINNING_MARGIN, 0.10),
        (MarketType.HOME_TOTALS, 0.06),
        (MarketType.AWAY_TOTALS, 0.06),
        (MarketType.ODD_EVEN, 0.05),
        (MarketType.EXACT_GOALS, 0.10),
        # As a side's own line of half a goal, which is the same bet.
        (MarketType.HOME_CLEAN_SHEET, 0.06),
        (MarketType.AWAY_CLEAN_SHEET, 0.06),
        (MarketType.HOME_WIN_TO_NIL, 0.06),
        (MarketType.AWAY_WIN_TO_NIL, 0.06),
        # Side markets carry a point or two more: less is bet on them, by people who know more.
        ("half_1x2", 0.06),
        ("half_draw_no_bet", 0.06),
        ("half_totals", 0.06),
        ("half_asian_handicap", 0.05),
        ("half_both_teams_to_score", 0.07),
        ("half_correct_score", 0.20),
        ("half_time_full_time", 0.12),
        ("next_goal", 0.07),
        ("race", 0.07),
        ("to_qualify", 0.05),
        ("cards", 0.08),
        ("home_cards", 0.08),
        ("away_cards", 0.08),
        ("corners_1x2", 0.08),
        ("corners", 0.08),
        ("home_corners", 0.08),
        ("away_corners", 0.08),
    )

    # How a margin lies over a market's outcomes (`pricing.margin`); 0 is the power method. It
    # reproduces the average of bookmakers from a sharp book's prices within 0.1 % of the best
    # shape's error, and no other method makes results likelier (`benches/margin_shape`).
    margin_method: Method | float = 0.0

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
