"""`overround identity`: who a provider's fixtures and teams are."""
