"""Providers of match feeds: one file a format, pure functions from bytes to the house's terms."""
