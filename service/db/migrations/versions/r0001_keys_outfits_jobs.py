"""Keys, outfits and jobs: the layout from before revisions were kept."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "keys",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("digest", sa.String, nullable=False, unique=True),
        sa.Column("prefix", sa.String, nullable=False),
        sa.Column("scope", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("last_used", sa.String),
        sa.Column("revoked", sa.String),
    )
    op.create_table(
        "outfits",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("request_id", sa.String, nullable=False, index=True),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("request", sa.String, nullable=False),
        sa.Column("outfit", sa.String, nullable=False),
        sa.Column("composer", sa.String, nullable=False),
        sa.Column("style", sa.String, nullable=False),
        sa.Column("style_digest", sa.String, nullable=False),
        sa.Column("index_version", sa.String, nullable=False),
        sa.Column("seed", sa.BigInteger().with_variant(sa.Integer, "sqlite"), nullable=False),
    )
    op.create_table(
        "jobs",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("status", sa.String, nullable=False, index=True),
        sa.Column("stage", sa.String, nullable=False),
        sa.Column("counts", sa.String, nullable=False),
        sa.Column("created", sa.String, nullable=False),
        sa.Column("started", sa.String),
        sa.Column("finished", sa.String),
        sa.Column("report", sa.String),
        sa.Column("error", sa.String),
    )
