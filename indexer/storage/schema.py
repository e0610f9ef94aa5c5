"""The catalogue's tables, portable between SQLite and PostgreSQL. Knows columns, not how they are used.

A snapshot never changes, so a column that is added later is missing in older ones, and older readers pass it over in
newer ones: they name the columns that they read.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, Double, ForeignKey, Integer, MetaData, String, Table, Text

METADATA = MetaData()

ITEMS = Table(
    "items",
    METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, nullable=False, unique=True),
    Column("group_id", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("slot", String(16), index=True),
    Column("kind", Text, nullable=False),
    Column("department", String(16), nullable=False),
    Column("brand", Text, nullable=False),
    Column("description", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("kids_line", String(8), nullable=False),
    Column("colors", JSON, nullable=False),
    Column("material", Text, nullable=False),
    Column("pattern", Text, nullable=False),
    Column("seasons", JSON, nullable=False),
    Column("formality", Integer, nullable=False),
    Column("warmth", Integer, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("image_url", Text, nullable=False),
    Column("url", Text, nullable=False),
    Column("slot_confidence", Double, nullable=False),
    Column("slot_source", String(16), nullable=False),
    Column("derived", JSON, nullable=False),
    Column("text_hash", String(64), nullable=False, index=True),
    # Not in catalogues of before these were read:
    Column("materials", JSON, nullable=False),
    Column("attributes", JSON, nullable=False),
    Column("covers", JSON, nullable=False),
    Column("doubtful", Boolean, nullable=False),
    Column("nearest", JSON, nullable=False),
)
VARIANTS = Table(
    "variants",
    METADATA,
    Column("position", Integer, ForeignKey("items.position"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("sku", Text, nullable=False, index=True),
    Column("size", Text),
    Column("quantity", Integer),
    Column("price", Double),
    Column("cost", Double),  # not in catalogues of before costs were read
)
