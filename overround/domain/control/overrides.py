"""Traders' overrides of a match: set, agreed to by a second person, ended by time or by the match.

They change prices and nothing else. Whether bets are taken is decided elsewhere, and what holds
them back there holds them back on a price that a trader has set as well.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from overround.domain.control.breaker import changes, concerned
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SuspendMarket,
)
from overround.domain.control.events import (
    MarketTradingChanged,
    OverrideChanged,
    OverrideStatus,
)
from overround.domain.control.limits import OverrideLimits
from overround.domain.control.model import Control, HeldMarket, Override
from overround.domain.kernel.adjustment import AdjustmentKind
from overround.domain.kernel.decision import Decision
from overround.domain.kernel.ids import require_id
from overround.domain.kernel.market import TradingStatus
from overround.domain.kernel.odds import PRICE_MILLI_MAX
from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.traded import TRADED_INDEX, TRADED_MARKET_IDS

Happened = OverrideChanged | MarketTradingChanged
Change = Decision[Control, Happened]

Move = Callable[[Control], int]
"""By how much the overrides of a control move an implied probability, in millionths, at the most.
Raises a Refusal for those with which a market could not be offered."""


class Terms(NamedTuple):
    """Under what an order is taken: the state of play, the log's time, and a trader's limits."""

    scene: str
    at_us: int
    limits: OverrideLimits


# So many can have ended while a command that began one of them was still on its way.
_ENDED_KEPT = 16
# A probability nearer to 0 or 1 is as good as decided, and a price shorter is no offer.
_PROBABILITIES = range(5_000, 995_001)
_PRICES = range(1_010, PRICE_MILLI_MAX + 1)
# Odds times twenty either way: no information that a trader has is worth more.
_SHIFTS = range(-3_000, 3_001)
_VALUES = {
    AdjustmentKind.PRICE: _PRICES,
    AdjustmentKind.PROBABILITY: _PROBABILITIES,
    AdjustmentKind.SHIFT: _SHIFTS,
}


def ordered(control: Control, command: OverrideMarket, terms: Terms, move: Move) -> Change:
    """Set an override: in force at once, or waiting for a second trader if it moves much.

    The same command again changes nothing.

    Raises:
        Refusal: `malformed_id`; `override_id_used` by another body; `override_ended`;
            `unknown_selection`; `market_follows_another` (double chance is priced from 1X2);
            `override_out_of_range`; `override_time_out_of_range`; or what `move` raises.
    """
    require_id("override_id", command.override_id)
    require_id("trader_id", command.trader_id)
    known = _find(control, command.override_id)
    if known is not None:
        if (known.adjustment, known.trader_id) == (command.adjustment, command.trader_id):
            return Decision(control)
        raise Refusal("override_id_used", command.override_id)
    if command.override_id in control.ended:
        raise Refusal("override_ended", command.override_id)
    _check(command, terms.limits)
    override = Override(
        command.override_id,
        command.adjustment,
        command.trader_id,
        command.reason,
        terms.at_us + command.for_us,
        terms.scene,
    )
    moved = move(_with(control, override))
    override = replace(override, move_micro=moved, is_waiting=moved > terms.limits.alone_move_micro)
    return _put(control, command.event_id, override, command.trader_id)


def confirmed(control: Control, command: ConfirmOverride, terms: Terms, move: Move) -> Change:
    """A second trader agrees; an override that is in force already is left as it is.

    Raises:
        Refusal: `malformed_id`; `unknown_override`; `same_trader`; `override_ended`; or what `move`
            raises, as the model may have moved meanwhile.
    """
    require_id("trader_id", command.trader_id)
    override = _known(control, command.override_id)
    if not override.is_waiting:
        return Decision(control)
    if command.trader_id == override.trader_id:
        raise Refusal("same_trader", command.trader_id)
    if override.expires_at_us <= terms.at_us:
        raise Refusal("override_ended", command.override_id)
    agreed = replace(override, is_waiting=False, confirmed_by=command.trader_id)
    agreed = replace(agreed, move_micro=move(_with(control, agreed)))
    return _put(control, command.event_id, agreed, command.trader_id)


def lifted(control: Control, command: LiftOverride) -> Change:
    """A trader, the same or another, ends an override.

    Raises:
        Refusal: `malformed_id` or `unknown_override`.
    """
    require_id("trader_id", command.trader_id)
    override = _known(control, command.override_id)
    return _without(
        control, command.event_id, (override,), OverrideStatus.LIFTED, command.trader_id
    )


def suspended(
    control: Control,
    command: SuspendMarket,
    terms: Terms,
    markets: Collection[str] = TRADED_MARKET_IDS,
) -> Change:
    """A trader holds one of the match's `markets` back; the next takes the first one's place.

    Raises:
        Refusal: `malformed_id`, `unknown_market` or `override_time_out_of_range`.
    """
    require_id("trader_id", command.trader_id)
    if command.market not in markets:
        raise Refusal("unknown_market", command.market)
    if not 0 <= command.for_us <= terms.limits.for_us_max:
        raise Refusal("override_time_out_of_range", f"{command.for_us} us")
    ends_at_us = terms.at_us + command.for_us if command.for_us else 0
    held = HeldMarket(command.market, command.trader_id, command.reason, ends_at_us)
    others = tuple(each for each in control.held if each.market != command.market)
    told = MarketTradingChanged(
        command.event_id,
        command.market,
        TradingStatus.SUSPENDED,
        f"trader: {command.reason}",
        command.trader_id,
    )
    return Decision(replace(control, held=(*others, held)), (told,))


def reopened(
    control: Control, command: ReopenMarket, markets: Collection[str] = TRADED_MARKET_IDS
) -> Change:
    """A trader has looked, and lets bets on one of the match's `markets` through again.

    So are all that were held back with it as the model was apart from another's book. If it still
    is, the next prices say so.

    Raises:
        Refusal: `malformed_id` or `unknown_market`.
    """
    require_id("trader_id", command.trader_id)
    if command.market not in markets:
        raise Refusal("unknown_market", command.market)
    state = replace(
        control,
        held=tuple(each for each in control.held if each.market != command.market),
        apart=tuple(e for e in control.apart if command.market not in concerned(e.market)),
    )
    return Decision(state, changes(control, state, command.event_id, command.trader_id))


def expired(control: Control, event_id: str, at_us: int) -> Change:
    """Time went by: what it was set for is over."""
    over = tuple(each for each in control.overrides if each.expires_at_us <= at_us)
    ended = _without(control, event_id, over, OverrideStatus.EXPIRED, "")
    held = tuple(each for each in control.held if not 0 < each.ends_at_us <= at_us)
    state = replace(ended.state, held=held)
    return Decision(state, (*ended.events, *changes(control, state, event_id)))


def moved_on(control: Control, event_id: str, scene: str) -> Change:
    """The match is in another state: prices and probabilities that were set for one end."""
    over = tuple(
        each
        for each in control.overrides
        if each.scene != scene and each.adjustment.kind is not AdjustmentKind.SHIFT
    )
    return _without(control, event_id, over, OverrideStatus.MOVED_ON, "")


def _check(command: OverrideMarket, limits: OverrideLimits) -> None:
    selection, kind, value = (
        command.adjustment.selection,
        command.adjustment.kind,
        command.adjustment.value,
    )
    if selection not in TRADED_INDEX:
        raise Refusal("unknown_selection", selection)
    if "double_chance" in selection.partition("/")[0]:
        raise Refusal("market_follows_another", "override 1x2, of the match or the half, instead")
    if value not in _VALUES[kind]:
        bounds = _VALUES[kind]
        raise Refusal(
            "override_out_of_range", f"{kind} {value} is not in {bounds.start} to {bounds.stop - 1}"
        )
    if not 0 < command.for_us <= limits.for_us_max:
        raise Refusal("override_time_out_of_range", f"{command.for_us} us")


def _find(control: Control, override_id: str) -> Override | None:
    return next((each for each in control.overrides if each.override_id == override_id), None)


def _known(control: Control, override_id: str) -> Override:
    override = _find(control, override_id)
    if override is None:
        raise Refusal("unknown_override", override_id)
    return override


def _gives_way(each: Override, to: Override) -> bool:
    """Whether an override ends when another is put: of its market, in force only to one that is."""
    return each.market == to.market and (each.is_waiting or not to.is_waiting)


def _with(control: Control, override: Override) -> Control:
    kept = tuple(each for each in control.overrides if not _gives_way(each, override))
    return replace(control, overrides=(*kept, override))


def _put(control: Control, event_id: str, override: Override, trader_id: str) -> Change:
    over = tuple(
        each
        for each in control.overrides
        if _gives_way(each, override) and each.override_id != override.override_id
    )
    ended = _without(control, event_id, over, OverrideStatus.REPLACED, trader_id)
    status = OverrideStatus.WAITING if override.is_waiting else OverrideStatus.IN_FORCE
    told = _told(event_id, override, status, trader_id)
    return Decision(_with(ended.state, override), (*ended.events, told))


def _without(
    control: Control,
    event_id: str,
    over: Sequence[Override],
    status: OverrideStatus,
    trader_id: str,
) -> Change:
    if not over:
        return Decision(control)
    kept = tuple(each for each in control.overrides if each not in over)
    ended = (*control.ended, *(each.override_id for each in over))[-_ENDED_KEPT:]
    told = tuple(_told(event_id, each, status, trader_id) for each in over)
    return Decision(replace(control, overrides=kept, ended=ended), told)


def _told(
    event_id: str, override: Override, status: OverrideStatus, trader_id: str
) -> OverrideChanged:
    return OverrideChanged(
        event_id,
        override.override_id,
        status,
        override.adjustment,
        override.trader_id,
        trader_id,
        override.reason,
        override.move_micro,
        override.expires_at_us,
    )
