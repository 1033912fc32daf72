"""What people and breakers did to a market that is explained."""

from __future__ import annotations

from dataclasses import dataclass

from cli.explain.history import Moment
from overround.domain.control.breaker import reasons
from overround.domain.pricing.football.layout import Layout


@dataclass(frozen=True, slots=True)
class MarketControl:
    """What people and breakers did to a market, besides the model.

    `parameters_version` is that of the parameters that it is priced with, `widening` what its
    margin is multiplied with. `held` says why it takes no bets while others may, `override` whose
    figure stands in the place of the model's; both are empty for none.
    """

    parameters_version: int
    widening: float
    held: str
    override: str


def control_of(now: Moment, market: str, layout: Layout) -> MarketControl:
    """What was done to a market of a layout at a moment."""
    wider, control = now.widening(layout), now.book.control
    set_ = [o for o in control.overrides if o.market == market and not o.is_waiting]
    return MarketControl(
        now.book.parameters_version,
        1.0 if wider is None else float(wider[layout.markets.index(market)]),
        reasons(control).get(market, ""),
        "".join(
            f"{each.trader_id}'s {each.override_id}: {each.adjustment.selection} "
            f"{each.adjustment.kind} {each.adjustment.value}"
            for each in set_
        ),
    )
