"""Overround: the backend of a sportsbook as a stream-processing pipeline."""

__version__ = "0.1.0"
