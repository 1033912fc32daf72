"""A second provider that speaks the partner's format, connected as the command connects one.

python -m tests.kit.second_partner URL BOOTSTRAP TOKEN SILENT_AFTER_S
"""

from __future__ import annotations

import sys
from dataclasses import replace

from cli.ingest.live import run_live
from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.connector import Patience
from overround.adapters.feeds.providers import PROVIDERS
from overround.runtime.breaker import Breaker
from tests.kit.match import wire

SECOND = replace(PROVIDERS["partner"], name="second")

if __name__ == "__main__":
    _, url, bootstrap, token, silent_after_s = sys.argv
    run_live(
        SECOND,
        Target(url, {"token": token}),
        bootstrap,
        wire(),
        patience=Patience(float(silent_after_s)),
        breaker=Breaker(),
    )
