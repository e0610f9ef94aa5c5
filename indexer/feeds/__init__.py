"""Readers of store feeds: each turns one file format into the same stream of records."""
