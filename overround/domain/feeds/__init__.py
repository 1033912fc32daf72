"""Feeds: a provider's record becomes the match's fixtures, incidents and prices."""
