"""Looks that staff author or approve, as they are kept, and approved ones as lines that training reads.

Knows the table and the outfits that were given out; what an SKU is, somebody else says. Nothing of HTTP.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

from pydantic import ValidationError
from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from service.db.session import State, utc_now
from service.db.tables import LookRow, OutfitRow
from service.errors import FieldError, InvalidError, NotFoundError
from service.schemas.catalog import ItemView
from service.schemas.fields import NOT_KEPT
from service.schemas.looks import Look, LookBody, LookPage, LookStatus, SentLook
from service.schemas.outfits import Outfit, OutfitRequest

FindItem = Callable[[str], ItemView | None]
"""The item of an SKU in the current index; None when it has none."""

_CURSOR = re.compile(r"([0-9TZ:.-]{10,40})_([0-9a-f]{1,40})")


class LookRepository:
    """The looks of one state."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, sent: SentLook, find: FindItem, key_id: str | None) -> Look:
        """A new look. Raises NotFoundError for an outfit never given out, InvalidError naming the pieces that the
        index does not have in that slot.
        """
        with self._state.session() as session:
            body = _checked(_complete(session, sent), find)
            now = utc_now()
            row = LookRow(
                id=secrets.token_hex(8),
                status=sent.status or ("draft" if sent.outfit_id is None else "approved"),
                body=body.model_dump_json(),
                created=now,
                updated=now,
                key_id=key_id,
            )
            session.add(row)
        return _look(row)

    def replace(self, look_id: str, sent: SentLook, find: FindItem) -> Look:
        """The look says something else from now on; its status stays unless one is sent. Raises like `add`."""
        with self._state.session() as session:
            row = _row(session, look_id)
            row.body = _checked(_complete(session, sent), find).model_dump_json()
            row.status = sent.status or row.status
            row.updated = utc_now()
        return _look(row)

    def judge(self, look_id: str, status: LookStatus) -> Look:
        """Give the look this status. Raises NotFoundError."""
        with self._state.session() as session:
            row = _row(session, look_id)
            if row.status != status:
                row.status, row.updated = status, utc_now()
        return _look(row)

    def get(self, look_id: str) -> Look:
        """Raises NotFoundError."""
        with self._state.session() as session:
            return _look(_row(session, look_id))

    def delete(self, look_id: str) -> None:
        """Raises NotFoundError."""
        with self._state.session() as session:
            session.delete(_row(session, look_id))

    def page(self, status: LookStatus | None, cursor: str | None, limit: int) -> LookPage:
        """Looks, newest first, from the place that the cursor names. Raises InvalidError of `cursor`."""
        query = select(LookRow).order_by(LookRow.created.desc(), LookRow.id.desc()).limit(limit + 1)
        if status is not None:
            query = query.where(LookRow.status == status)
        if cursor is not None:
            place = _CURSOR.fullmatch(cursor)
            if place is None:
                raise InvalidError.at("cursor", "not one of ours")
            query = query.where(tuple_(LookRow.created, LookRow.id) < place.groups())
        with self._state.session() as session:
            rows = session.scalars(query).all()
        shown = [_look(row) for row in rows[:limit]]
        more = len(rows) > limit
        return LookPage(looks=shown, next_cursor=f"{shown[-1].created}_{shown[-1].id}" if more else None)

    def lines(self) -> Iterator[str]:
        """The approved looks, oldest first, as lines of a file of looks, without newline."""
        query = select(LookRow).where(LookRow.status == "approved").order_by(LookRow.created, LookRow.id)
        with self._state.session() as session:
            rows = session.scalars(query).all()
        return (LookBody.model_validate_json(row.body).line(row.id, row.created) for row in rows)


def _row(session: Session, look_id: str) -> LookRow:
    row = session.get(LookRow, look_id)
    if row is None:
        raise NotFoundError(f"no look {look_id!r}")
    return row


def _look(row: LookRow) -> Look:
    body = LookBody.model_validate_json(row.body)
    return Look.model_validate(
        body.model_dump()
        | {"id": row.id, "status": row.status, "created": row.created, "updated": row.updated}
    )


def _complete(session: Session, sent: SentLook) -> LookBody:
    """The look with what its outfit brings. Raises NotFoundError, and InvalidError for an outfit of one piece."""
    said = sent.model_dump(exclude={"outfit_id", "status"}, exclude_none=True)
    if sent.outfit_id is not None:
        row = session.get(OutfitRow, sent.outfit_id)
        if row is None:
            raise NotFoundError(f"no outfit {sent.outfit_id!r}")
        asked = OutfitRequest.model_validate_json(row.request)
        vibe = {} if asked.vibe == NOT_KEPT else {"vibe": asked.vibe}
        said = {
            **vibe,
            "department": asked.department,
            "season": asked.season,
            "occasion": asked.occasion,
            "pieces": {item.slot: item.sku for item in Outfit.model_validate_json(row.outfit).items},
        } | said
    try:
        return LookBody.model_validate(said)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error


def _checked(body: LookBody, find: FindItem) -> LookBody:
    """The body again. Raises InvalidError naming every SKU that is no piece of its slot."""
    errors: list[FieldError] = []
    for slot, sku in body.pieces.items():
        errors += _objections(f"pieces.{slot}", sku, slot, find)
    for slot, skus in body.near_misses.items():
        if slot not in body.pieces:
            errors.append(FieldError(f"near_misses.{slot}", "the look has no piece there"))
            continue
        for i, sku in enumerate(skus):
            if sku == body.pieces[slot]:
                errors.append(FieldError(f"near_misses.{slot}.{i}", "is the look's own piece"))
            else:
                errors += _objections(f"near_misses.{slot}.{i}", sku, slot, find)
    if errors:
        raise InvalidError.of(*errors)
    return body


def _objections(field: str, sku: str, slot: str, find: FindItem) -> Iterator[FieldError]:
    item = find(sku)
    if item is None:
        yield FieldError(field, f"no item with SKU {sku!r}")
    elif item.slot != slot:
        yield FieldError(field, f"SKU {sku!r} is no {slot}")
