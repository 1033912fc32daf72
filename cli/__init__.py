"""The command line: the operators' way in."""
