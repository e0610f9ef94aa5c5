"""The tables of the service's state: keys, outfits, jobs, events, stock, corrections, rules, styles, looks, requests,
grades.

Definitions only: `service.db.session` says which database they live in, `service.db.migrations` how they change.
Times are ISO 8601 text in UTC, which sorts by time. JSON is text, so that every database keeps it alike.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Integer
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Table(DeclarativeBase):
    """Base of the tables."""


class KeyRow(Table):
    """An API key: only its hash is kept. `prefix` is its first characters, to tell keys apart.

    `origins`, separated by spaces, are the web pages' that a publishable key is good from.
    """

    __tablename__ = "keys"

    id: Mapped[str] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(unique=True)
    prefix: Mapped[str]
    scope: Mapped[str]
    created: Mapped[str]
    last_used: Mapped[str | None]
    revoked: Mapped[str | None]
    expires: Mapped[str | None]
    name: Mapped[str | None]
    origins: Mapped[str | None]


class OutfitRow(Table):
    """One composed outfit, with what was asked and what answered; `request` and `outfit` are JSON."""

    __tablename__ = "outfits"

    id: Mapped[str] = mapped_column(primary_key=True)
    request_id: Mapped[str] = mapped_column(index=True)
    created: Mapped[str]
    request: Mapped[str]
    outfit: Mapped[str]
    composer: Mapped[str]
    style: Mapped[str]
    style_digest: Mapped[str]
    index_version: Mapped[str]
    seed: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"))
    key_id: Mapped[str | None]


class JobRow(Table):
    """One index build. `status` is queued, running, done, failed or cancelled; `counts`, `report` and `order`, by
    which it can be taken up again, are JSON.
    """

    __tablename__ = "jobs"

    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(index=True)
    stage: Mapped[str]
    counts: Mapped[str]
    created: Mapped[str]
    started: Mapped[str | None]
    finished: Mapped[str | None]
    report: Mapped[str | None]
    error: Mapped[str | None]
    order: Mapped[str | None]
    dry_run: Mapped[bool] = mapped_column(default=False)
    idempotency_key: Mapped[str | None] = mapped_column(unique=True)


class EventRow(Table):
    """One feedback event; `event_id` is the client's, so that one sent twice counts once. `body` is its JSON as
    training reads it, `key_id` the key that sent it.
    """

    __tablename__ = "events"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    at: Mapped[str]
    received: Mapped[str] = mapped_column(index=True)
    outfit_id: Mapped[str] = mapped_column(index=True)
    sku: Mapped[str | None]
    shopper: Mapped[str | None] = mapped_column(index=True)
    style: Mapped[str | None]
    experiment: Mapped[str | None]
    position: Mapped[int | None]
    index_version: Mapped[str | None]
    adapter_digest: Mapped[str | None]
    key_id: Mapped[str | None]
    body: Mapped[str]


class StockRow(Table):
    """What staff said of the stock of a size since the index was built; `size` is "" for every size of the SKU.

    Quantity and price have moments of their own, "" where nothing was said.
    """

    __tablename__ = "stock"

    sku: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[str] = mapped_column(primary_key=True)
    quantity: Mapped[int | None]
    quantity_at: Mapped[str] = mapped_column(index=True)
    price: Mapped[float | None]
    price_at: Mapped[str] = mapped_column(index=True)


class StockMomentRow(Table):
    """Moments in the order of changes of stock: the clock's last one, and when feeds were last found to hold just
    what the index of a version has; `name` is "clock" or that version. Beside them,
    when the state was last seen, and since when its clock is doubted.
    """

    __tablename__ = "stock_moments"

    name: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[str]


class CorrectionRow(Table):
    """What staff said of a piece that was read wrongly; null: as it was read. `skus` are all that it had then, `was`
    how it was read, `text` its words: JSON. `stamp` is another number after every change.
    """

    __tablename__ = "corrections"

    sku: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str | None]
    slot: Mapped[str | None]
    department: Mapped[str | None]
    skus: Mapped[str]
    was: Mapped[str]
    text: Mapped[str]
    updated: Mapped[str]
    key_id: Mapped[str | None]
    stamp: Mapped[int]


class RuleRow(Table):
    """A merchandising rule. `action` is boost, bury, pin or exclude; `match` is JSON; dates are null when open."""

    __tablename__ = "rules"

    id: Mapped[str] = mapped_column(primary_key=True)
    action: Mapped[str]
    match: Mapped[str]
    strength: Mapped[float]
    starts: Mapped[str | None]
    ends: Mapped[str | None]
    note: Mapped[str]
    created: Mapped[str]


class StyleRow(Table):
    """What staff decided of a style: whether shoppers may ask for it, and whether it is the default."""

    __tablename__ = "styles"

    name: Mapped[str] = mapped_column(primary_key=True)
    retired: Mapped[bool]
    is_default: Mapped[bool]
    updated: Mapped[str]


class LookRow(Table):
    """A look that staff authored; `body` is its JSON, `status` is draft, approved or rejected."""

    __tablename__ = "looks"

    id: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(index=True)
    body: Mapped[str]
    created: Mapped[str]
    updated: Mapped[str]
    key_id: Mapped[str | None]


class RequestRow(Table):
    """One answered outfit request, for the staff's summary. `vibe` is null unless a setting lets it be kept;
    `unmet` is a JSON list of constraint names.
    """

    __tablename__ = "requests"

    request_id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str] = mapped_column(index=True)
    vibe: Mapped[str | None]
    wanted: Mapped[int]
    outfits: Mapped[int]
    unmet: Mapped[str]
    composer: Mapped[str]
    style: Mapped[str]
    experiment: Mapped[str | None]
    ms: Mapped[float]


class GradeRow(Table):
    """Two outfits for one wish, held against each other. `chosen` is a, b or neither; `faults`, by side and slot, and
    `shown`, what the outfits were, are JSON.
    """

    __tablename__ = "grades"

    id: Mapped[str] = mapped_column(primary_key=True)
    created: Mapped[str] = mapped_column(index=True)
    vibe: Mapped[str]
    department: Mapped[str | None]
    style_a: Mapped[str]
    style_b: Mapped[str]
    outfit_a: Mapped[str]
    outfit_b: Mapped[str]
    chosen: Mapped[str]
    grade: Mapped[int | None]
    faults: Mapped[str]
    shown: Mapped[str]
    grader: Mapped[str | None]
