"""Building the index anew in the background: orders, runs, progress, history."""
