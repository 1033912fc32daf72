"""The contracts with other services: topics, records and their wire form."""
