"""Pricing: the state of a match becomes the price of every selection; a sport is one folder."""
