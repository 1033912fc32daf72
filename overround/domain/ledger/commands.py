"""What moves money from outside the betting flow."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open a customer's account in one currency; again with the same currency changes nothing."""

    customer_id: str
    currency: str


@dataclass(frozen=True, slots=True)
class Deposit:
    """Credit a customer; `deposit_id` is the payer's own and makes a retry safe."""

    customer_id: str
    deposit_id: str
    currency: str
    amount_minor: int
