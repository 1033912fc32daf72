"""Matches that were played, all of them at once: what the benches of the football model share."""
