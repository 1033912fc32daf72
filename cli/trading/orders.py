"""What a trader orders about one match: overrides and suspensions."""

from __future__ import annotations

import re
from secrets import token_hex
from typing import Any

import click

from cli.trading.desk import order
from overround.domain.betting.commands import ReopenTrading, SuspendTrading
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SuspendMarket,
)
from overround.domain.kernel.adjustment import Adjustment, AdjustmentKind
from overround.domain.kernel.time import MICROS_PER_SECOND

_SECONDS = {"s": 1, "m": 60, "h": 3_600}


class _Duration(click.ParamType):
    """`90s`, `10m` or `2h`, as microseconds."""

    name = "duration"

    def convert(self, value: Any, param: Any, ctx: Any) -> int:
        """Read it; fails with what it may look like."""
        found = re.fullmatch(r"(\d+)([smh])", value)
        if found is None:
            self.fail(f"{value!r} is no time such as 90s, 10m or 2h", param, ctx)
        return int(found[1]) * _SECONDS[found[2]] * MICROS_PER_SECOND


_event = click.argument("event_id", metavar="EVENT")
_override_id = click.argument("override_id", metavar="OVERRIDE")
_reason = click.option("--reason", default="", help="Why; it is kept.")
_market = click.option("--market", metavar="MARKET", help="One market (1x2, totals:2.5) alone.")


@order("override", "override m1 1x2/home --probability 0.47 --for 10m --by ann --reason 'line-up'")
@_event
@click.argument("selection", metavar="SELECTION")
@click.option("--price", type=float, help="Decimal price that stands as it is: 2.10.")
@click.option("--probability", type=float, help="Fair probability, on which the margin goes: 0.47.")
@click.option("--shift", type=float, help="On the log-odds of the model's probability: 0.15.")
@click.option("--for", "for_us", type=_Duration(), required=True, help="90s, 10m or 2h.")
@click.option("--id", "override_id", help="The override's id; one is made up otherwise.")
@_reason
def override(
    event_id: str, selection: str, trader_id: str, override_id: str | None, **given: Any
) -> OverrideMarket:
    """Put your own figure for SELECTION (1x2/home) in the place of the model's on EVENT.

    Give one of --price, --probability and --shift. A price and a probability end when the score,
    the cards or the period change, a shift goes on with the match. A large move waits until
    somebody else confirms it. The market is never offered below certainty, and nothing that holds
    bets back is lifted.
    """
    figures = {kind: given[kind] for kind in AdjustmentKind if given[kind] is not None}
    if len(figures) != 1:
        raise click.UsageError("give one of --price, --probability and --shift")
    ((kind, figure),) = figures.items()
    scale = 1_000_000 if kind is AdjustmentKind.PROBABILITY else 1_000
    adjustment = Adjustment(selection, kind, round(figure * scale))
    name = override_id or f"o-{token_hex(4)}"
    return OverrideMarket(event_id, name, trader_id, adjustment, given["for_us"], given["reason"])


@order("confirm", "confirm m1 o-4f1c22ab --by bob")
@_event
@_override_id
def confirm(**given: Any) -> ConfirmOverride:
    """Agree to OVERRIDE of EVENT, which waits; who has set it cannot."""
    return ConfirmOverride(**given)


@order("lift", "lift m1 o-4f1c22ab --by ann")
@_event
@_override_id
def lift(**given: Any) -> LiftOverride:
    """End OVERRIDE of EVENT: the model's prices stand again."""
    return LiftOverride(**given)


@order("suspend", "suspend m1 --market totals:2.5 --for 5m --by ann --reason 'weather'")
@_event
@_market
@click.option("--for", "for_us", type=_Duration(), help="90s, 10m or 2h; with --market.")
@_reason
def suspend(market: str | None, for_us: int | None, **given: Any) -> SuspendTrading | SuspendMarket:
    """Take no bets on EVENT, or on one market of it, until somebody reopens it."""
    if market is not None:
        return SuspendMarket(market=market, for_us=for_us or 0, **given)
    if for_us is not None:
        raise click.UsageError("a whole match opens by itself at no time: leave --for out")
    return SuspendTrading(**given)


@order("reopen", "reopen m1 --by ann")
@_event
@_market
@click.option(
    "--believe", default="", metavar="PROVIDER", help="Who is right where providers disagree."
)
def reopen(market: str | None, believe: str, **given: Any) -> ReopenTrading | ReopenMarket:
    """Take bets on EVENT, or on one market of it, again; what else holds them back stays."""
    if market is None:
        return ReopenTrading(believe=believe, **given)
    if believe:
        raise click.UsageError("--believe is about the whole match: leave --market out")
    return ReopenMarket(market=market, **given)
