"""The table `holds`: stakes set aside for bets that wait for their match's answer."""

from __future__ import annotations

from overround.domain.ledger.model import Hold
from overround.runtime.topology import Table

HOLDS = Table("holds", Hold, key="customer_id/bet_id")
"""Owner: the agent `accounts`.

Cost: about 120 bytes; a write when held, and its removal when posted or voided, which is within
one or two commits: most of them never reach the changelog.
"""
