"""What every context shares: money, prices, time, ids, decisions, markets and the match."""
