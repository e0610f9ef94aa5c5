"""What alembic runs around the revisions: on the connection, and in the transaction, of `service.db.migrate`."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
