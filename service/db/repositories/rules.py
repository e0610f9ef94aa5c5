"""The store's rules as they are kept, and those that hold now as a nudge. Knows the table, not what rules do."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Callable, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.db.session import State, utc_now
from service.db.tables import RuleRow
from service.errors import ConflictError, NotFoundError
from service.polling import Pace
from service.retrieval.adjustments import ScoreAdjustment
from service.retrieval.merchandising import Merchandising, Rule, RuleBody
from service.schemas.outfits import OutfitRequest

MAX_RULES = 500
_LOOK_SECONDS = 1.0
"""How often a request looks what other processes have made of the rules."""


class RuleRepository:
    """The rules of one state. Changes made here hold at the next request, those of other processes a second later.

    `now` gives the time as the tables keep it. Safe to use from several threads.
    """

    def __init__(self, state: State, now: Callable[[], str] = utc_now) -> None:
        self._state = state
        self._now = now
        self._lock = threading.Lock()
        self._rules: tuple[Rule, ...] = ()
        self._pace = Pace(lambda: _LOOK_SECONDS)
        self._active = Merchandising(())

    def nudges(self, request: OutfitRequest) -> Sequence[ScoreAdjustment]:  # noqa: ARG002 - rules are alike for everyone
        """The rules that hold now, as at most one nudge."""
        active = self._holding()
        return (active,) if active.rules else ()

    def list(self) -> list[Rule]:
        """All rules, oldest first."""
        with self._state.session() as session:
            rows = session.scalars(select(RuleRow).order_by(RuleRow.created, RuleRow.id)).all()
        return [_rule(row) for row in rows]

    def get(self, rule_id: str) -> Rule:
        """Raises NotFoundError."""
        with self._state.session() as session:
            return _rule(_row(session, rule_id))

    def add(self, body: RuleBody) -> Rule:
        """Raises ConflictError when there are `MAX_RULES` already."""
        rule = Rule(secrets.token_hex(8), utc_now(), body)
        with self._state.session() as session:
            if (session.scalar(select(func.count()).select_from(RuleRow)) or 0) >= MAX_RULES:
                raise ConflictError(f"there are {MAX_RULES} rules already; delete one first")
            session.add(RuleRow(id=rule.id, created=rule.created, **_values(body)))
        self._pace.again()
        return rule

    def replace(self, rule_id: str, body: RuleBody) -> Rule:
        """The rule of this id says something else from now on. Raises NotFoundError."""
        with self._state.session() as session:
            row = _row(session, rule_id)
            for name, value in _values(body).items():
                setattr(row, name, value)
        self._pace.again()
        return Rule(rule_id, row.created, body)

    def delete(self, rule_id: str) -> None:
        """Raises NotFoundError."""
        with self._state.session() as session:
            row = _row(session, rule_id)
            session.delete(row)
        self._pace.again()

    def active(self, rule: Rule) -> bool:
        """Whether the rule holds now."""
        return rule.active(self._now())

    def _holding(self) -> Merchandising:
        with self._lock:
            if self._pace.due():
                fresh = tuple(self.list())
                if fresh != self._rules:
                    self._rules = fresh
            now = self._now()
            holding = tuple(rule for rule in self._rules if rule.active(now))
            if holding != self._active.rules:  # the same rules keep the masks that were made of them
                self._active = Merchandising(holding)
            return self._active


def _values(body: RuleBody) -> dict[str, object]:
    match = body.match.model_dump(mode="json", exclude_defaults=True)  # an older version reads what it knows
    return body.model_dump(mode="json", exclude={"match"}) | {"match": json.dumps(match)}


def _rule(row: RuleRow) -> Rule:
    body = {name: getattr(row, name) for name in RuleBody.model_fields}
    return Rule(row.id, row.created, RuleBody.model_validate(body | {"match": json.loads(row.match)}))


def _row(session: Session, rule_id: str) -> RuleRow:
    row = session.get(RuleRow, rule_id)
    if row is None:
        raise NotFoundError(f"no rule {rule_id!r}")
    return row
