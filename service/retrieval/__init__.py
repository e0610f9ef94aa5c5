"""Which pieces may come, and which of them suit a wish best. Knows no outfit as a whole."""
