"""The evaluation: the same cases for every system, chance and plain baselines beside it, intervals around it."""
