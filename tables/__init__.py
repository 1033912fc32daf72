"""The tables, one file an owner's: key, value, owner, and what it costs."""
