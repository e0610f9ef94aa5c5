"""Orders of the store, as CSV or JSON lines -> looks without a wish: what one customer bought together and kept.

The format: docs/training-data.md. Weak evidence beside a stylist's look, and plentiful. Knows no model.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from indexer.item import DEPARTMENTS, Department
from indexer.storage.catalogue import Catalogue
from service.schemas.fields import Id, Pseudonym, Strict, When
from training.data.looks import StyledLook
from training.importers.catalog import ImportReport, Stock, StockPiece, one_per_slot
from training.importers.rows import ImportFileError, read_rows

_LEAST = 2


class OrderLine(Strict):
    """One row: one SKU of one order. `returned` says that it came back."""

    order_id: Id
    sku: Id
    ordered_at: When
    customer: Pseudonym | None = None
    returned: bool | None = None


@dataclass(slots=True)
class _Order:
    line: int
    at: str
    customer: str | None = None
    kept: list[str] = field(default_factory=list)


def read_orders(path: Path, catalogue: Catalogue) -> tuple[list[StyledLook], ImportReport]:
    """A look per order and department with two slots or more. Grouped by customer, else by order.

    Where an order holds pieces for several departments, nobody knows whose its unisex pieces are: they are left
    out. Rows of one order need not stand together. Raises ImportFileError naming file, line and field.
    """
    stock, report = Stock(catalogue), ImportReport()
    looks = []
    for name, order in _orders(path, report).items():
        found = stock.resolve(order.kept, report)
        for department, pieces in _by_department(found, report):
            labels = one_per_slot(pieces, report)
            if len(labels) < _LEAST:
                report.dropped["fewer than two slots"].append(name)
                continue
            looks.append(
                StyledLook(
                    id=f"order/{name}" + (f"/{department}" if department else ""),
                    group=group_of(order.customer) if order.customer else f"order/{name}",
                    source="order",
                    pieces=labels,
                    department=department,
                    created=order.at,
                )
            )
    report.looks = len(looks)
    return looks, report


def group_of(person: str) -> str:
    """The group of one shopper, in orders as in feedback. A hash, so that not even the pseudonym goes further."""
    return f"shopper/{hashlib.sha256(person.encode()).hexdigest()[:16]}"


def _orders(path: Path, report: ImportReport) -> dict[str, _Order]:
    orders: dict[str, _Order] = {}
    for line, row in read_rows(path, OrderLine):
        report.rows += 1
        order = orders.setdefault(row.order_id, _Order(line, row.ordered_at))
        order.at = min(order.at, row.ordered_at)
        if row.customer is not None:
            if order.customer not in (None, row.customer):
                raise ImportFileError(
                    f"{path}: line {line}: customer: order {row.order_id!r} at line {order.line} is another's"
                )
            order.customer = row.customer
        if row.returned:
            report.ignored["returned"] += 1
        else:
            order.kept.append(row.sku)
    return orders


def _by_department(
    found: list[tuple[str, StockPiece]], report: ImportReport
) -> Iterator[tuple[Department | None, list[tuple[str, StockPiece]]]]:
    present = {piece.department for _, piece in found}
    owners = [d for d in DEPARTMENTS if d in present and d != "unisex"]
    if len(owners) <= 1:
        yield (owners[0] if owners else None), found
        return
    report.ignored["unisex pieces of an order for several"] += sum(
        piece.department == "unisex" for _, piece in found
    )
    for owner in owners:
        yield owner, [(sku, piece) for sku, piece in found if piece.department == owner]
