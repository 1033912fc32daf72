"""The table `bets`: every bet with its answer, so that a repeat gets the same one."""

from __future__ import annotations

from overround.domain.betting.model import Bet
from overround.runtime.topology import Table

BETS = Table("bets", Bet, key="customer_id/bet_id")
"""Owner: the agent `accounts`.

Cost: about 200 bytes; a write when placed, when answered and when settled. Bets stay: a retry
of any age must get its first answer.
"""
