"""`overround ingest`: a provider's messages into the house."""
