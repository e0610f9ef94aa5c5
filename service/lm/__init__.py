"""The language model: text in, scores out. Knows no items and no catalogue."""
