"""A run of the indexer, stage by stage, under the names that the progress bar shows."""
