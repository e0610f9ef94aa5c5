"""The changes of the state's tables, as alembic revisions; `service.migrating` runs them."""
