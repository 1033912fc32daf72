"""The demonstration: a match to feed, and the punters who bet on it."""
