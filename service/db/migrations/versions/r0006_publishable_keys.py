"""Keys for web pages: the origins that a key is good from, and which key an outfit was composed with."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("keys", sa.Column("origins", sa.String))
    op.add_column("outfits", sa.Column("key_id", sa.String))
