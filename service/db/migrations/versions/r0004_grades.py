"""Grades: which of two outfits is better, and what is wrong with which piece."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "grades",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("created", sa.String, nullable=False, index=True),
        sa.Column("vibe", sa.String, nullable=False),
        sa.Column("department", sa.String),
        sa.Column("style_a", sa.String, nullable=False),
        sa.Column("style_b", sa.String, nullable=False),
        sa.Column("outfit_a", sa.String, nullable=False),
        sa.Column("outfit_b", sa.String, nullable=False),
        sa.Column("chosen", sa.String, nullable=False),
        sa.Column("grade", sa.Integer),
        sa.Column("faults", sa.String, nullable=False),
        sa.Column("shown", sa.String, nullable=False),
        sa.Column("grader", sa.String),
    )
