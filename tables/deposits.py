"""The table `deposits`: every deposit as it was answered, so that a repeat credits nothing."""

from __future__ import annotations

from overround.domain.ledger.model import DepositRecord
from overround.runtime.topology import Table

DEPOSITS = Table("deposits", DepositRecord, key="customer_id/deposit_id")
"""Owner: the agent `accounts`. Cost: about 40 bytes, one write for each deposit. They stay."""
