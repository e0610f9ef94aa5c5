"""One request in, one answer out: the parts put together. Knows no HTTP."""
