"""From topics to files: every committed record once, in a form that analysts read."""
