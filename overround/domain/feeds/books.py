"""An exchange's market rebuilt from images and deltas: ladders, status, version.

The rules are those of Betfair's Exchange Stream API (specification and schema of 2023): an image
replaces, a delta patches, a size of zero removes, a market definition always comes whole.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from overround.domain.kernel.refusal import Refusal
from overround.domain.kernel.time import MICROS_PER_SECOND

CLOSED = "CLOSED"

# Results are corrected within the hour, under definitions that bring everything anew; recordings
# that keep a market for longer have nothing to say of it. Kept for ever, a season's markets would
# be all that the memory holds.
KEPT_CLOSED_US = 3_600 * MICROS_PER_SECOND

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


Step = tuple[int, int, int]
"""One change of a ladder: its key (the price, or the level), price and size; size 0: gone."""


# Here and below not frozen, though nobody changes them: several are made for each message, and a
# frozen dataclass takes three times as long to make.
@dataclass(slots=True)
class Ladder:
    """Offers sorted by key, in three tuples of one length; by price, keys and prices are one."""

    keys: tuple[int, ...] = ()
    prices_milli: tuple[int, ...] = ()
    sizes_minor: tuple[int, ...] = ()

    def put(self, steps: Sequence[Step]) -> Ladder:
        """The ladder after some changes, in their order."""
        keys, sizes = self.keys, list(self.sizes_minor)
        prices = (
            None if self.prices_milli is keys or self.prices_milli == keys else self.prices_milli
        )
        for key, price_milli, size_minor in steps:
            place = bisect_left(keys, key)
            after = place + (place < len(keys) and keys[place] == key)
            if prices is None and key != price_milli:
                prices = keys
            if size_minor == 0:
                keys = keys[:place] + keys[after:]
                sizes[place:after] = ()
                prices = prices and prices[:place] + prices[after:]
                continue
            if after == place:
                keys = (*keys[:place], key, *keys[place:])
            sizes[place:after] = (size_minor,)
            if prices is not None:
                prices = (*prices[:place], price_milli, *prices[after:])
        return Ladder(keys, keys if prices is None else prices, tuple(sizes))

    def at(self, place: int) -> tuple[int | None, int | None]:
        """Price and size at a place, nothing if the ladder is empty."""
        if not self.keys:
            return None, None
        return self.prices_milli[place], self.sizes_minor[place]


_EMPTY = (Ladder(),) * len(LadderKind)

# Where the best offer of each ladder is: backers want the highest price, layers the lowest, and
# level 0 is the best by definition.
_BEST_AT = (-1, 0, 0, 0, 0, 0)


@dataclass(slots=True)
class Runner:
    """One selection: its status and its six ladders, by `LadderKind`."""

    status: str = UNKNOWN
    ladders: tuple[Ladder, ...] = _EMPTY

    def has_moved(self, before: Runner, *, is_virtual: bool) -> bool:
        """Whether the best place of a ladder that counts is another than before."""
        for kind in _COUNT_VIRTUAL if is_virtual else _COUNT_OFFERED:
            ladder, old = self.ladders[kind], before.ladders[kind]
            if ladder is not old and ladder.at(_BEST_AT[kind]) != old.at(_BEST_AT[kind]):
                return True
        return False

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
# As plain numbers: an IntEnum's member takes twice as long to index with.
_COUNT_OFFERED = (0, 1, 2, 3)
_COUNT_VIRTUAL = (4, 5)


RunnerUpdate = tuple[str, Sequence[tuple[LadderKind, Sequence[Step]]]]
"""What a message changes: the selection, and the steps of each of its ladders."""


@dataclass(frozen=True, slots=True)
class RunnerSelection:
    """Which of the house's selections (`1x2/home`) a runner of the exchange is."""

    runner: str
    selection: str


@dataclass(frozen=True, slots=True)
class Definition:
    """A market's definition, which always comes whole; `runners` are selections and statuses.

    `selections` are all of its runners or none.
    """

    status: str
    in_play: bool
    version: int
    bet_delay_s: int
    runners: tuple[tuple[str, str], ...]
    selections: tuple[RunnerSelection, ...] = ()


@dataclass(slots=True)
class MarketUpdate:
    """What a message says of one market."""

    market_id: str
    is_image: bool
    definition: Definition | None
    runners: Sequence[RunnerUpdate]


@dataclass(slots=True)
class MarketBook:
    """A market as it stands.

    `has_offers`: not only virtual (cross-matched) prices were seen. `closed_at_us` is 0 while it
    is not closed. `selections` are those of its definition.
    """

    market_id: str
    status: str
    in_play: bool
    version: int
    bet_delay_s: int
    has_offers: bool
    runners: dict[str, Runner]
    closed_at_us: int = 0
    selections: tuple[RunnerSelection, ...] = ()


def evolve(book: MarketBook | None, update: MarketUpdate, at_us: int = 0) -> MarketBook:
    """The market after an update that the log took at `at_us`.

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
        book = _defined(book, update.market_id, definition, at_us)
    assert book is not None, "a market without a definition was refused above"
    # Most messages tell of trades only.
    moved = [each for each in update.runners if each[1] or each[0] not in book.runners]
    if not (moved or update.is_image):
        return book
    runners = _wiped(book.runners) if update.is_image else dict(book.runners)
    for selection, changes in moved:
        runners[selection] = _moved(runners.get(selection), changes)
    return MarketBook(
        book.market_id,
        book.status,
        book.in_play,
        book.version,
        book.bet_delay_s,
        book.has_offers or any(map(_offers, moved)),
        runners,
        book.closed_at_us,
        book.selections,
    )


def is_over(book: MarketBook, now_us: int) -> bool:
    """Whether a market has been closed for so long that nothing more will be said of it."""
    return book.status == CLOSED and now_us - book.closed_at_us > KEPT_CLOSED_US


def _defined(
    book: MarketBook | None, market_id: str, definition: Definition, at_us: int
) -> MarketBook:
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
        _closed_at_us(book, definition, at_us),
        definition.selections,
    )


def _closed_at_us(book: MarketBook | None, definition: Definition, at_us: int) -> int:
    if definition.status != CLOSED:
        return 0
    return book.closed_at_us if book is not None and book.status == CLOSED else at_us


def _wiped(runners: dict[str, Runner]) -> dict[str, Runner]:
    return {selection: Runner(runner.status) for selection, runner in runners.items()}


def _moved(runner: Runner | None, changes: Sequence[tuple[LadderKind, Sequence[Step]]]) -> Runner:
    runner = runner or Runner()
    if not changes:
        return runner
    ladders = list(runner.ladders)
    for kind, steps in changes:
        ladders[kind] = ladders[kind].put(steps)
    return Runner(runner.status, tuple(ladders))


def _offers(update: RunnerUpdate) -> bool:
    return any(kind < LadderKind.VIRTUAL_BACK for kind, _ in update[1])
