"""The bare counting job: read, count in a table, write one record; by several engines."""
