"""The table `balances`: what every account holds, pending and posted."""

from __future__ import annotations

from overround.domain.ledger.model import Balance
from overround.runtime.topology import Table

BALANCES = Table("balances", Balance, key="account")
"""Owner: the agent `accounts`.

Key: account id, of a customer or of the house in this partition. Cost: about 60 bytes; two
writes for each ledger entry, which the changelog gets once a commit.
"""
