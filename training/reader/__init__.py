"""The reader of wishes: gold readings, training, and how well it reads."""
