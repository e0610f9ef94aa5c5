"""The decision report: prompt or fine-tune, answered from an evaluation of this store's own data."""
