"""Every format that a provider may speak: how its records are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from overround.adapters.feeds import betfair, footballdata, partner, uof
from overround.domain.feeds.commands import RecordFeed
from overround.domain.feeds.events import Message
from overround.domain.kernel.refusal import Refusal

Read = Callable[[RecordFeed], Message]

FORMATS: Mapping[str, Read] = {
    partner.FORMAT: partner.decode,
    betfair.FORMAT: betfair.decode,
    footballdata.FORMAT: footballdata.decode,
    uof.FORMAT: uof.decode,
}
"""By the name that `RecordFeed.format` gives it; a new version of a format is a new name."""


def decode(command: RecordFeed) -> Message:
    """Decode a record by the format that it names.

    Raises:
        Refusal: `unknown_format`, and every reason of that format.
    """
    read = FORMATS.get(command.format)
    if read is None:
        raise Refusal("unknown_format", command.format)
    return read(command)
