"""One file per resource: thin endpoints."""
