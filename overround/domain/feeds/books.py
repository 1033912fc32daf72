"""An exchange's market rebuilt from images and deltas: ladders, status, version.

The rules are those of Betfair's Exchange Stream API (specification and schema of 2023): an image
replaces, a delta patches, a size of zero removes, a market definition always comes whole.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

from overround.domain.kernel.refusal import Refusal

# What a runner is called before a definition has named it.
UNKNOWN = "UNKNOWN"


class LadderKind(IntEnum):
    """Which ladder of a runner; the value is its place in `Runner.ladders`."""

    BACK = 0
    LAY = 1
    BACK_LEVELS = 2
    LAY_LEVELS = 3
    VIRTUAL_BACK = 4
    VIRTUAL_LAY = 5


class Step(NamedTuple):
    """One change of a ladder: its key (the price, or the level), price and size; size 0: gone."""

    key: int
    price_milli: int
    size_minor: int


@dataclass(frozen=True, slots=True)
class Ladder:
    """Offers sorted by key: three tuples of one length, so that a change copies no objects."""

    keys: tuple[int, ...] = ()
    prices_milli: tuple[int, ...] = ()
    sizes_minor: tuple[int, ...] = ()

    def put(self, step: Step) -> Ladder:
        """The ladder after one change."""
        keys, prices, sizes = self.keys, self.prices_milli, self.sizes_minor
        place = bisect_left(keys, step.key)
        after = place + (place < len(keys) and keys[place] == step.key)
        if step.size_minor == 0:
            return Ladder(
                keys[:place] + keys[after:],
                prices[:place] + prices[after:],
                sizes[:place] + sizes[after:],
            )
        return Ladder(
            (*keys[:place], step.key, *keys[after:]),
            (*prices[:place], step.price_milli, *prices[after:]),
            (*sizes[:place], step.size_minor, *sizes[after:]),
        )

    def at(self, place: int) -> tuple[int | None, int | None]:
        """Price and size at a place, nothing if the ladder is empty."""
        if not self.keys:
            return None, None
        return self.prices_milli[place], self.sizes_minor[place]


_EMPTY = (Ladder(),) * len(LadderKind)

# Where the best offer of each ladder is: backers want the highest price, layers the lowest, and
# level 0 is the best by definition.
_BEST_AT = (-1, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Runner:
    """One selection: its status and its six ladders, by `LadderKind`."""

    status: str = UNKNOWN
    ladders: tuple[Ladder, ...] = _EMPTY

    def best(self, *, back: bool, is_virtual: bool) -> tuple[int | None, int | None]:
        """The best price and its size: of the full ladder, else of the levels, else virtual."""
        kinds = _VIRTUAL[back] if is_virtual else _OFFERED[back]
        for kind in kinds:
            if self.ladders[kind].keys:
                return self.ladders[kind].at(_BEST_AT[kind])
        return None, None


_OFFERED = (
    (LadderKind.LAY, LadderKind.LAY_LEVELS),
    (LadderKind.BACK, LadderKind.BACK_LEVELS),
)
_VIRTUAL = ((LadderKind.VIRTUAL_LAY,), (LadderKind.VIRTUAL_BACK,))


class RunnerUpdate(NamedTuple):
    """What a message changes of a selection."""

    selection: str
    changes: tuple[tuple[LadderKind, tuple[Step, ...]], ...]


@dataclass(frozen=True, slots=True)
class Definition:
    """A market's definition, which always comes whole; `runners` are selections and statuses."""

    status: str
    in_play: bool
    version: int
    bet_delay_s: int
    runners: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MarketUpdate:
    """What a message says of one market."""

    market_id: str
    is_image: bool
    definition: Definition | None
    runners: tuple[RunnerUpdate, ...]


@dataclass(frozen=True, slots=True)
class MarketBook:
    """A market as it stands. `has_offers`: not only virtual (cross-matched) prices were seen."""

    market_id: str
    status: str
    in_play: bool
    version: int
    bet_delay_s: int
    has_offers: bool
    runners: dict[str, Runner]


def evolve(book: MarketBook | None, update: MarketUpdate) -> MarketBook:
    """The market after an update.

    An older version than the one held changes nothing: images are known to arrive out of order.

    Raises:
        Refusal: `market_unknown` for a delta before any definition of the market, and
            `definition_missing` for an image of a market that was never defined.
    """
    definition = update.definition
    if book is None and definition is None:
        reason = "definition_missing" if update.is_image else "market_unknown"
        raise Refusal(reason, update.market_id)
    if book is not None and definition is not None and definition.version < book.version:
        return book
    if definition is not None:
        book = _defined(book, update.market_id, definition)
    assert book is not None, "a market without a definition was refused above"
    # Most messages tell of trades only.
    moved = [each for each in update.runners if each.changes or each.selection not in book.runners]
    if not (moved or update.is_image):
        return book
    runners = _wiped(book.runners) if update.is_image else dict(book.runners)
    for changed in moved:
        runners[changed.selection] = _moved(runners.get(changed.selection), changed)
    return MarketBook(
        book.market_id,
        book.status,
        book.in_play,
        book.version,
        book.bet_delay_s,
        book.has_offers or any(map(_offers, moved)),
        runners,
    )


def _defined(book: MarketBook | None, market_id: str, definition: Definition) -> MarketBook:
    before = {} if book is None else book.runners
    runners = dict(before)
    for selection, status in definition.runners:
        known = before.get(selection)
        if known is None:
            runners[selection] = Runner(status)
        elif known.status != status:
            runners[selection] = Runner(status, known.ladders)
    return MarketBook(
        market_id,
        definition.status,
        definition.in_play,
        definition.version,
        definition.bet_delay_s,
        book is not None and book.has_offers,
        runners,
    )


def _wiped(runners: dict[str, Runner]) -> dict[str, Runner]:
    return {selection: Runner(runner.status) for selection, runner in runners.items()}


def _moved(runner: Runner | None, update: RunnerUpdate) -> Runner:
    runner = runner or Runner()
    if not update.changes:
        return runner
    ladders = list(runner.ladders)
    for kind, steps in update.changes:
        ladder = ladders[kind]
        for step in steps:
            ladder = ladder.put(step)
        ladders[kind] = ladder
    return Runner(runner.status, tuple(ladders))


def _offers(update: RunnerUpdate) -> bool:
    return any(kind < LadderKind.VIRTUAL_BACK for kind, _ in update.changes)
