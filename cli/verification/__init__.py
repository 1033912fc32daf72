"""Counts the house's books again from its topics, and says where they differ."""
