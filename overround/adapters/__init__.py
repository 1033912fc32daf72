"""The outside's formats and connections."""
