"""A provider names a player: who is he among those of his team?"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from agents.identity import participants
from agents.identity.tables import IdentityTables, participant
from overround.adapters.feeds.aliases import aliases_of
from overround.domain.feeds.identity.commands import IdentifyPlayer
from overround.domain.feeds.identity.model import Kind, Place, Reason, Sought, listing_key
from overround.domain.kernel.match import Side
from overround.domain.kernel.refusal import Refusal
from overround.runtime.topology import Event, Outbox


def identify(event: Event, tables: IdentityTables, out: Outbox) -> None:
    """Say who a player is; of a fixture that is not known nothing can be said yet.

    Raises:
        Refusal: `name_missing` or `birth_date_malformed`.
    """
    command: IdentifyPlayer = event.value
    if not command.name.strip():
        raise Refusal("name_missing", listing_key(command.provider, command.match))
    _require_date(command.birth_date)
    listing = tables.listings.get(listing_key(command.provider, command.match))
    if listing is None:
        return  # he is named again with what he does next
    team_id = listing.home_id if command.side is Side.HOME else listing.away_id
    team = participant(tables, Place(listing.sport, listing.country), team_id)
    place = Place(team.sport, team.country, Kind.PLAYER, team.participant_id)
    more = (command.birth_date, command.shirt_number)
    sought = Sought(place, team.side, command.provider, command.name, *more)
    canonical = aliases_of(command.provider).player(team.country, command.name)
    if canonical == command.name or participants.find(tables, sought) is not None:
        participants.ensure(tables, out, sought)
        return
    # Incidents carry the name as it came, so that the link has to be told under that one.
    known = participants.ensure(tables, out, replace(sought, name=canonical))
    reason = Reason(f"{canonical} by the alias table", 100)
    participants.learn(tables, out, known, sought, reason)


def _require_date(text: str) -> None:
    try:
        if text and date.fromisoformat(text).isoformat() != text:
            raise ValueError(text)
    except ValueError as error:
        raise Refusal("birth_date_malformed", text) from error
