"""What staff said of pieces that were read wrongly gets a table."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "corrections",
        sa.Column("sku", sa.String, primary_key=True),
        sa.Column("kind", sa.String),
        sa.Column("slot", sa.String),
        sa.Column("department", sa.String),
        sa.Column("skus", sa.String, nullable=False),
        sa.Column("was", sa.String, nullable=False),
        sa.Column("text", sa.String, nullable=False),
        sa.Column("updated", sa.String, nullable=False),
        sa.Column("key_id", sa.String),
        sa.Column("stamp", sa.Integer, nullable=False),
    )
