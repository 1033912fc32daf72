"""Control: what people change while the house runs, each with a name, a version and an end."""
