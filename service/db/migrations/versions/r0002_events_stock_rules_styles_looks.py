"""Events, stock, rules, styles, looks and requests; names and expiry of keys; jobs that can be taken up again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _widen_keys_and_jobs()
    _create_events()
    _create_stock_and_rules()
    _create_styles_and_looks()
    _create_requests()


def _widen_keys_and_jobs() -> None:
    op.add_column("keys", sa.Column("expires", sa.String))
    op.add_column("keys", sa.Column("name", sa.String))
    with op.batch_alter_table("jobs") as jobs:  # SQLite adds a constraint only by copying the table
        jobs.add_column(sa.Column("order", sa.String))
        jobs.add_column(sa.Column("dry_run", sa.Boolean, nullable=False, server_default=sa.false()))
        jobs.add_column(sa.Column("idempotency_key", sa.String))
        jobs.create_unique_constraint("jobs_idempotency_key_key", ["idempotency_key"])


def _create_events() -> None:
    op.create_table(
        "events",
        sa.Column("event_id", sa.String, primary_key=True),
        sa.Column("type", sa.String, nullable=False),
        sa.Column("at", sa.String, nullable=False),
        sa.Column("received", sa.String, nullable=False, index=True),
        sa.Column("outfit_id", sa.String, nullable=False, index=True),
        sa.Column("sku", sa.String),
        sa.Column("shopper", sa.String, index=True),
        sa.Column("style", sa.String),
        sa.Column("experiment", sa.String),
        sa.Column("position", sa.Integer),
        sa.Column("index_version", sa.String),
        sa.Column("adapter_digest", sa.String),
        sa.Column("key_id", sa.String),
        sa.Column("body", sa.String, nullable=False),
    )


def _create_stock_and_rules() -> None:
    op.create_table(
        "stock",
        sa.Column("sku", sa.String, primary_key=True),
        sa.Column("size", sa.String, primary_key=True),
        sa.Column("quantity", sa.Integer),
        sa.Column("price", sa.Double),
        sa.Column("updated", sa.String, nullable=False, index=True),
    )
    op.create_table(
        "rules",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("match", sa.String, nullable=False),
        sa.Column("strength", sa.Double, nullable=False),
        sa.Column("starts", sa.String),
        sa.Column("ends", sa.String),
        sa.Column("note", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
    )


def _create_styles_and_looks() -> None:
    op.create_table(
        "styles",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("is_default", sa.Boolean, nullable=False),
        sa.Column("updated", sa.String, nullable=False),
    )
    op.create_table(
        "looks",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("status", sa.String, nullable=False, index=True),
        sa.Column("body", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("updated", sa.String, nullable=False),
        sa.Column("key_id", sa.String),
    )


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("request_id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False, index=True),
        sa.Column("vibe", sa.String),
        sa.Column("wanted", sa.Integer, nullable=False),
        sa.Column("outfits", sa.Integer, nullable=False),
        sa.Column("unmet", sa.String, nullable=False),
        sa.Column("composer", sa.String, nullable=False),
        sa.Column("style", sa.String, nullable=False),
        sa.Column("experiment", sa.String),
        sa.Column("ms", sa.Double, nullable=False),
    )
