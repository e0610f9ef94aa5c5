"""Grades of two outfits against each other, as they are kept, and as lines that training reads. Nothing of HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.db.session import State, utc_now
from service.db.tables import GradeRow, OutfitRow
from service.errors import FieldError, InvalidError, NotFoundError
from service.schemas.events import ShownItem
from service.schemas.fields import NOT_KEPT
from service.schemas.grades import Grade, GradedOutfit, SentGrade
from service.schemas.outfits import Outfit, OutfitRequest


class GradeRepository:
    """The grades of one state. What was shown is kept with them, as outfits are not kept for ever."""

    def __init__(self, state: State) -> None:
        self._state = state

    def add(self, sent: SentGrade, grader: str | None) -> Grade:
        """A new grade. Raises NotFoundError for an outfit that was never given out, InvalidError where the two do not
        answer the same wish, or a fault is of a slot that an outfit does not have.
        """
        with self._state.session() as session:
            asked, first = _made(session, sent.outfits.a)
            other, second = _made(session, sent.outfits.b)
            _check(sent, asked, other, first, second)
            grade = Grade(
                id=secrets.token_hex(8),
                created=utc_now(),
                vibe=asked.vibe,
                department=asked.department,
                chosen=sent.chosen,
                grade=sent.grade,
                faults=sent.faults,
                a=first,
                b=second,
                grader=grader,
            )
            session.add(_row(grade))
        return grade

    def lines(self, since: str | None = None, until: str | None = None) -> Iterator[str]:
        """The grades from `since` on and before `until`, oldest first, as lines of JSON without newline."""
        query = select(GradeRow).order_by(GradeRow.created, GradeRow.id)
        if since is not None:
            query = query.where(GradeRow.created >= since)
        if until is not None:
            query = query.where(GradeRow.created < until)
        with self._state.session() as session:
            rows = session.scalars(query).all()
        return (_grade(row).model_dump_json() for row in rows)


def _made(session: Session, outfit_id: str) -> tuple[OutfitRequest, GradedOutfit]:
    row = session.get(OutfitRow, outfit_id)
    if row is None:
        raise NotFoundError(f"no outfit {outfit_id!r}")
    items = ShownItem.all_of(Outfit.model_validate_json(row.outfit))
    shown = GradedOutfit(outfit_id=row.id, style=row.style, composer=row.composer, items=items)
    return OutfitRequest.model_validate_json(row.request), shown


def _check(
    sent: SentGrade, asked: OutfitRequest, other: OutfitRequest, first: GradedOutfit, second: GradedOutfit
) -> None:
    if sent.outfits.a == sent.outfits.b:
        raise InvalidError.at("outfits.b", "is the same outfit as outfits.a")
    if NOT_KEPT in (asked.vibe, other.vibe):
        raise InvalidError.at("outfits", "the wish that they answer is not kept")
    if (asked.vibe, asked.department) != (other.vibe, other.department):
        raise InvalidError.at("outfits.b", "answers another wish than outfits.a")
    errors = [
        FieldError(f"faults.{side}.{slot}", "the outfit has no piece there")
        for side, slots in sent.faults.items()
        for slot in slots
        if slot not in {item.slot for item in (first if side == "a" else second).items}
    ]
    if errors:
        raise InvalidError.of(*errors)


def _row(grade: Grade) -> GradeRow:
    values = grade.model_dump(mode="json")
    return GradeRow(
        id=grade.id,
        created=grade.created,
        vibe=grade.vibe,
        department=grade.department,
        style_a=grade.a.style,
        style_b=grade.b.style,
        outfit_a=grade.a.outfit_id,
        outfit_b=grade.b.outfit_id,
        chosen=grade.chosen,
        grade=grade.grade,
        faults=json.dumps(values["faults"]),
        shown=json.dumps({side: values[side] for side in ("a", "b")}),
        grader=grade.grader,
    )


def _grade(row: GradeRow) -> Grade:
    kept = {
        name: getattr(row, name)
        for name in ("id", "created", "vibe", "department", "chosen", "grade", "grader")
    }
    return Grade.model_validate(kept | {"faults": json.loads(row.faults)} | json.loads(row.shown))
