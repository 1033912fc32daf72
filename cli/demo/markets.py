"""What each kind of market took, could have cost, and paid, from the bets in the lake."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb

from overround.domain.exposure.decide import take, worst_minor
from overround.domain.exposure.events import ExposureChanged
from overround.domain.exposure.model import EMPTY, Exposure
from overround.domain.kernel.market import INDEX, MarketType

# A repeated bet is answered again, so an answer may stand in the lake more than once.
_TAKEN = """\
SELECT DISTINCT customer_id, bet_id, currency, legs[1].selection, stake_minor, price_milli,
    payout_minor
FROM bets
WHERE outcome <> 'rejected' AND legs[1].event_id = ?
ORDER BY customer_id, bet_id
"""

ALL = "all markets"


@dataclass(slots=True)
class MarketSums:
    """The bets on one kind of market in one currency, all its lines together, in minor units.

    The exposure is counted over every final score; its worst is what the kind could have cost.
    """

    market: str
    currency: str
    bets: int = 0
    turnover_minor: int = 0
    payout_minor: int = 0
    exposure: Exposure = field(default_factory=lambda: EMPTY)

    @property
    def worst_minor(self) -> int:
        """Profit and loss of these bets alone at the final score that is worst for the house."""
        return worst_minor(self.exposure)

    @property
    def margin_minor(self) -> int:
        """What the house kept."""
        return self.turnover_minor - self.payout_minor

    def add(self, selection: str, stake_minor: int, price_milli: int, payout_minor: int) -> None:
        """Count one bet."""
        self.bets += 1
        self.turnover_minor += stake_minor
        self.payout_minor += payout_minor
        self.exposure = take(self.exposure, INDEX[selection], stake_minor, price_milli)


def markets_of(lake: duckdb.DuckDBPyConnection, event_id: str) -> list[MarketSums]:
    """By currency and kind of market; a last row of each currency sums its whole match."""
    sums: dict[tuple[str, str], MarketSums] = {}
    for row in lake.execute(_TAKEN, [event_id]).fetchall():
        _, _, currency, selection, stake_minor, price_milli, payout_minor = row
        for market in (selection.partition("/")[0].partition(":")[0], ALL):
            counted = sums.setdefault((currency, market), MarketSums(market, currency))
            counted.add(selection, stake_minor, price_milli, payout_minor or 0)
    kinds = [*(str(kind) for kind in MarketType), ALL]
    return [sums[key] for key in sorted(sums, key=lambda key: (key[0], kinds.index(key[1])))]


def exposure_faults(markets: list[MarketSums], told: dict[str, ExposureChanged]) -> list[str]:
    """Where the match's writer says another exposure than the bets in the lake add up to."""
    faults = []
    for counted in (m for m in markets if m.market == ALL):
        found = (counted.bets, counted.turnover_minor, counted.worst_minor)
        said = _told(told.get(counted.currency))
        if said != found:
            faults.append(
                f"the {counted.currency} exposure (legs, stake, worst) was told as {said}, "
                f"but the bets add up to {found}"
            )
    return faults


def _told(changed: ExposureChanged | None) -> tuple[int, int, int]:
    if changed is None:
        return (0, 0, 0)
    return (changed.legs, changed.stake_minor, changed.worst_minor)
