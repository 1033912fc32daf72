"""IDENTITY: which fixtures of providers are one event, and which names one participant."""

from __future__ import annotations

from collections.abc import Callable

from agents.identity import players, review
from agents.identity.fixtures import identify
from agents.identity.tables import IdentityTables
from overround.contracts import topics
from overround.domain.feeds.identity.commands import (
    ConfirmLink,
    IdentifyFixture,
    IdentifyPlayer,
    MergeEvents,
    MergeParticipants,
    RejectLink,
    RejectParticipant,
    SplitEvent,
    SplitParticipant,
)
from overround.domain.kernel.decision import Tick
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Agent, Event, Outbox
from tables.calendar import CALENDAR
from tables.events import EVENTS
from tables.listings import LISTINGS
from tables.participants import PARTICIPANTS


def handle(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """Carry one record of the inbox to the rule that decides it."""
    if isinstance(event.value, Tick):
        return  # who is who does not change with time
    step = _STEPS.get(type(event.value))
    if step is None:
        raise Refusal("unexpected_record", type(event.value).__name__)
    if event.key != event.value.sport:
        raise Refusal("key_is_not_sport", str(event.key))
    step(event, tables, out)


_STEPS: dict[type, Callable[[Event, IdentityTables, Outbox], None]] = {
    IdentifyFixture: identify,
    IdentifyPlayer: players.identify,
    ConfirmLink: review.confirm,
    RejectLink: review.reject,
    MergeEvents: review.merge,
    SplitEvent: review.split,
    MergeParticipants: review.merge_participants,
    RejectParticipant: review.reject_participant,
    SplitParticipant: review.split_participant,
}

IDENTITY = Agent(
    "identity",
    inbox=topics.IDENTITY_INBOX,
    handle=handle,
    tables=IdentityTables,
    owns=(LISTINGS, EVENTS, CALENDAR, PARTICIPANTS),
    sends=(
        topics.IDENTITIES,
        topics.UNRESOLVED,
        topics.PARTICIPANTS,
        topics.FEEDS_INBOX,
        topics.MARKETS_INBOX,
    ),
)
