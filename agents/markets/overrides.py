"""Traders' overrides and suspensions of single markets: taken, ended by time, told to the audit."""

from __future__ import annotations

from dataclasses import replace

from agents.markets.books import MarketTables, known, put
from agents.markets.controls import controls_of
from agents.markets.prices import prices_milli
from overround.contracts import topics
from overround.domain.control import overrides
from overround.domain.control.commands import (
    ConfirmOverride,
    LiftOverride,
    OverrideMarket,
    ReopenMarket,
    SuspendMarket,
)
from overround.domain.control.model import Control
from overround.domain.control.overrides import Change, Move, Terms
from overround.domain.kernel.refusal import Refusal
from overround.domain.pricing.football.claim import scene
from overround.domain.pricing.football.layout import layout_with
from overround.domain.pricing.football.model import MICROS
from overround.runtime.topology import Event, Outbox
from tables.books import Book

Order = OverrideMarket | ConfirmOverride | LiftOverride | SuspendMarket | ReopenMarket


def take(event: Event, tables: MarketTables, out: Outbox) -> None:
    """Do as a trader orders; what is over by now ends first."""
    order: Order = event.value
    end(order.event_id, event.at_us, tables, out)
    book = known(tables, order.event_id)
    limits = controls_of(tables.parameters).overrides
    terms = Terms(scene(book.match), event.at_us, limits)
    changed(book, _decided(order, book, terms), tables, out)


def end(event_id: str, at_us: int, tables: MarketTables, out: Outbox) -> None:
    """End what a trader has set for a time that is over."""
    book = tables.books.get(event_id)
    if book is not None and book.control.is_over(at_us):
        changed(book, overrides.expired(book.control, event_id, at_us), tables, out)


def changed(book: Book, change: Change, tables: MarketTables, out: Outbox) -> None:
    """Store what was changed of a match, and tell it."""
    if change.state is book.control:
        return
    for told in change.events:
        out.send(topics.MARKET_EVENTS, book.event_id, told)
    put(tables, out, book, replace(book, control=change.state))


def _decided(order: Order, book: Book, terms: Terms) -> Change:
    control = book.control
    match order:
        case OverrideMarket():
            if not book.match.is_priced:
                raise Refusal("match_not_priced", order.event_id)
            move = _move(order.adjustment.selection, book)
            return overrides.ordered(control, order, terms, move)
        case ConfirmOverride():
            kept = {each.override_id: each.adjustment for each in control.overrides}
            waits = kept.get(order.override_id)
            move = _move(waits.selection if waits is not None else "", book)
            return overrides.confirmed(control, order, terms, move)
        case LiftOverride():
            return overrides.lifted(control, order)
        case SuspendMarket():
            return overrides.suspended(control, order, terms)
        case ReopenMarket():
            return overrides.reopened(control, order)


def _move(selection: str, book: Book) -> Move:
    """How far the newest override moves prices off the model's own: small steps add up."""
    layout = layout_with(selection)

    def moved(control: Control) -> int:
        newest = tuple(replace(each, is_waiting=False) for each in control.overrides[-1:])
        model = prices_milli(replace(book, control=Control()), layout)
        after = prices_milli(replace(book, control=Control(newest)), layout)
        if not model[layout.index[selection]]:
            raise Refusal("selection_not_offered", selection)
        if not after[layout.index[selection]]:
            raise Refusal("override_below_certainty", f"{selection}'s market sums to less than 1")
        both = (model > 0) & (after > 0)
        apart = abs(MICROS * 1_000 // model[both] - MICROS * 1_000 // after[both])
        return int(apart.max())

    return moved
