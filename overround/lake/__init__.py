"""The lake as analysts see it: views over the sink's files, in SQL, one file a context."""

from overround.lake.views import open_lake, view_notes

__all__ = ["open_lake", "view_notes"]
