"""Retrieval, prompt, stylist and recommender, with HTTP on top. Imports `indexer`, never `training`."""
