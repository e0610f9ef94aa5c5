"""The parts that a wish is read with: its words, what they may name, what numbers say, and the network that decides."""
