"""Defects put in on purpose: each must make a named test fail."""
