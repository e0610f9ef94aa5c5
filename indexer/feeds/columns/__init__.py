"""Which column of a table feeds which field."""
