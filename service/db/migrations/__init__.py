"""The changes of the state's tables, as alembic revisions; `service.db.migrate` runs them."""
