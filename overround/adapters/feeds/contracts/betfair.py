"""The messages of Betfair's Exchange Stream that we read, as types; further fields are let through.

Source: Betfair, `ESASwaggerSchema.json`. `contracts/betfair-1.json` is these types as JSON Schema.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

# A decimal price of 1,000 is the ladder's end; sizes beyond a trillion are a broken feed.
Price = Annotated[float, Meta(ge=0, le=1_000)]
Size = Annotated[float, Meta(ge=0, le=1e12)]
Level = Annotated[int, Meta(ge=0, le=1_000)]
Whole = Annotated[int, Meta(ge=0, le=2**63 - 1)]
Name = Annotated[str, Meta(min_length=1)]

PriceStep = tuple[Price, Size]
LevelStep = tuple[Level, Price, Size]


class RunnerChange(Struct, gc=False):
    """What changed of a runner: offers by price, or by level; a size of 0 takes one away."""

    id: Whole
    hc: float | None = None
    atb: list[PriceStep] | None = None
    atl: list[PriceStep] | None = None
    batb: list[LevelStep] | None = None
    batl: list[LevelStep] | None = None
    bdatb: list[LevelStep] | None = None
    bdatl: list[LevelStep] | None = None


class RunnerDefinition(Struct, rename="camel", gc=False):
    """A runner of a market, with its handicap line where the market has lines.

    Names are in recordings only.
    """

    id: Whole
    status: Name
    hc: float | None = None
    sort_priority: int | None = None
    name: str | None = None


class MarketDefinition(Struct, rename="camel", gc=False):
    """A market, always told whole; a live stream does not name the event."""

    status: Literal["INACTIVE", "OPEN", "SUSPENDED", "CLOSED"]
    in_play: bool | None = None
    version: Whole = 0
    bet_delay: Whole = 0
    runners: list[RunnerDefinition] | None = None
    event_type_id: str | None = None
    market_type: str | None = None
    event_name: str | None = None
    open_date: str | None = None
    country_code: str | None = None


class MarketChange(Struct, rename="camel", gc=False):
    """What changed of a market; with `img` it is all that there is."""

    id: Name
    img: bool | None = None
    market_definition: MarketDefinition | None = None
    rc: list[RunnerChange] | None = None


class StreamMessage(Struct, gc=False):
    """A message by its operation; only `mcm` is about markets."""

    op: Literal["mcm", "connection", "status", "ocm", "ccm", "rcm"]
    ct: Literal["SUB_IMAGE", "RESUB_DELTA", "HEARTBEAT"] | None = None
    mc: list[MarketChange] | None = None
    pt: int | None = None
