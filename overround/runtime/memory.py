"""How a long-running worker treats Python's garbage collector."""

from __future__ import annotations

import gc

# Handlers and records make no cycles; the collector only looks for those of libraries. Its
# default looks after each 700 new objects, which is at every 50th event and takes 5 % of the
# time; a look at the whole heap (generation 2) stops the worker for tens of milliseconds.
_NEW_OBJECTS = 50_000
_LOOKS = 20


def settle_memory() -> None:
    """Leave what is loaded now out of collections, and look for garbage less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _LOOKS, _LOOKS)
