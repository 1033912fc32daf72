"""The tables of the agent `accounts`: customers, balances, bets, holds and deposits."""

from __future__ import annotations

from overround.domain.betting.model import Bet
from overround.domain.ledger.model import Balance, Customer, DepositRecord, Hold
from overround.runtime.topology import Table

CUSTOMERS = Table("customers", Customer, key="customer_id")
"""Cost: about 30 bytes, one write for each account that is opened."""

BALANCES = Table("balances", Balance, key="account")
"""Key: account id, of a customer or of the house in this partition. Cost: about 60 bytes; two
writes for each ledger entry, which the changelog gets once a commit."""

BETS = Table("bets", Bet, key="customer_id/bet_id")
"""Cost: about 200 bytes; a write when placed, when answered and when settled. Bets stay: a
retry of any age must get its first answer."""

HOLDS = Table("holds", Hold, key="customer_id/bet_id")
"""Cost: about 120 bytes; a write when held, and its removal when posted or voided."""

DEPOSITS = Table("deposits", DepositRecord, key="customer_id/deposit_id")
"""Cost: about 40 bytes, one write for each deposit. They stay, as bets do."""
