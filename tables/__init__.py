"""The tables, one file each: key, value, owner, and what it costs."""
