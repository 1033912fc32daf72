"""Exposure: what the house wins or loses at every final score, and how much more it may risk."""
