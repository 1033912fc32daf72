"""Measurements, one file a claim; `results/` keeps what they printed, with the conditions."""
