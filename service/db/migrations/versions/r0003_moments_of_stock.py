"""Stock's quantity and price get a moment each, which one text held; the clock and the moments of index versions,
which were rows of no SKU, get a table of their own.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_FORMER = sa.table("stock", *(sa.column(name) for name in ("sku", "size", "quantity", "price", "updated")))


def upgrade() -> None:
    rows = op.get_bind().execute(sa.select(_FORMER)).all()
    op.drop_table("stock")
    stock = op.create_table(
        "stock",
        sa.Column("sku", sa.String, primary_key=True),
        sa.Column("size", sa.String, primary_key=True),
        sa.Column("quantity", sa.Integer),
        sa.Column("quantity_at", sa.String, nullable=False, index=True),
        sa.Column("price", sa.Double),
        sa.Column("price_at", sa.String, nullable=False, index=True),
    )
    moments = op.create_table(
        "stock_moments",
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("at", sa.String, nullable=False),
    )
    op.bulk_insert(stock, [_note(*row) for row in rows if row.sku])
    op.bulk_insert(moments, [{"name": row.size or "clock", "at": row.updated} for row in rows if not row.sku])


def _note(sku: str, size: str, quantity: int | None, price: float | None, updated: str) -> dict[str, object]:
    """`updated` was the later moment; behind it came the earlier one, where there were two, with what it was of."""
    last, *earlier = updated.split(" ")
    moments = {"quantity": last, "price": last}
    if earlier:
        part, moment = earlier
        moments[part] = moment
    return {
        "sku": sku,
        "size": size,
        "quantity": quantity,
        "quantity_at": "" if quantity is None else moments["quantity"],
        "price": price,
        "price_at": "" if price is None else moments["price"],
    }
