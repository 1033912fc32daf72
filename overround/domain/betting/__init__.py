"""Betting: a stake at a price is accepted whole, in part, or rejected with a reason."""
