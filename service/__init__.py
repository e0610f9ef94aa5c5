"""Retrieval, prompt, stylist and recommender, with HTTP on top. Imports `indexer`; nothing here imports `training`."""
