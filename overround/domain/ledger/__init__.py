"""Ledger: double entry with pending and posted amounts; nothing moves without its counter-entry."""
