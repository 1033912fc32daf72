"""How a long-running worker treats Python's garbage collector."""

from __future__ import annotations

import gc

# Handlers and records make no cycles; the collector only looks for those of libraries. Its
# default looks after each 700 new objects, which is at every 50th event and takes 5 % of the
# time. A look takes as long as there are objects younger than the last one, and states that take
# the place of others are young: after 50,000 it stops a busy worker for 15 to 20 ms, after 5,000
# for 2. A look at the whole heap (generation 2) takes tens of milliseconds.
_NEW_OBJECTS = 5_000
_LOOKS = 50


def settle_memory() -> None:
    """Leave what is loaded now out of collections, and look for garbage less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _LOOKS, _LOOKS)
