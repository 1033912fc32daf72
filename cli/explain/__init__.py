"""`overround explain`: why a market is quoted as it is."""
