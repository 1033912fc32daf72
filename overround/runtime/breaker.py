"""When to try a failing source again: backoff with full jitter, and a circuit breaker.

By the monotonic clock only: purgatory times its open state by the wall clock, which a step of an
hour would hold open for that hour.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from overround.domain.feeds.commands import BreakerState


@dataclass(frozen=True, slots=True)
class Backoff:
    """Exponential, capped, with full jitter, so that those who lost one source do not come at once.

    Source: M. Brooker, Exponential Backoff And Jitter (AWS Architecture Blog, 2015).
    """

    base_s: float = 0.5
    cap_s: float = 30.0
    uniform: Callable[[float, float], float] = random.uniform

    def pause_s(self, failures: int) -> float:
        """How long to wait after the given number of failures in a row, from 1; in seconds."""
        # Past 2**32 the cap holds anyway, and a float would overflow in the end.
        return self.uniform(0.0, min(self.cap_s, self.base_s * 2.0 ** min(failures, 32)))


@dataclass(slots=True)
class Breaker:
    """Closed: try at will. Open: do not, for `open_s`. Half open: one try decides.

    Source: M. Nygard, Release It! (2007), ch. 5.
    """

    failures_max: int = 5
    open_s: float = 30.0
    clock: Callable[[], float] = time.monotonic
    failures: int = field(default=0, init=False)
    _is_trying: bool = field(default=False, init=False)
    _opened_s: float | None = field(default=None, init=False)

    @property
    def state(self) -> BreakerState:
        """As it stands now."""
        if self._opened_s is None:
            return BreakerState.CLOSED
        return BreakerState.HALF_OPEN if self._is_trying else BreakerState.OPEN

    def closed_for_s(self) -> float:
        """How long a try has to wait, in seconds; 0 if it may begin, which `begin` then says."""
        if self._opened_s is None:
            return 0.0
        return max(0.0, self._opened_s + self.open_s - self.clock())

    def begin(self) -> None:
        """A try begins; of an open breaker it is the one that decides."""
        assert self.closed_for_s() <= 0.0, "a try while the breaker is open"
        self._is_trying = True

    def succeeded(self) -> None:
        """The try was good."""
        self.failures, self._opened_s, self._is_trying = 0, None, False

    def failed(self) -> None:
        """The try was not."""
        self.failures += 1
        if self._opened_s is not None or self.failures >= self.failures_max:
            self._opened_s = self.clock()
        self._is_trying = False
