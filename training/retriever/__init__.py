"""Tuning the query side of retrieval."""
