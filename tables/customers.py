"""The table `customers`: who may deposit and bet, and in which currency."""

from __future__ import annotations

from overround.domain.ledger.model import Customer
from overround.runtime.topology import Table

CUSTOMERS = Table("customers", Customer, key="customer_id")
"""Owner: the agent `accounts`. Cost: about 30 bytes, one write for each account opened."""
