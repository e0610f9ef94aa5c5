"""What staff said of pieces that were read wrongly, kept by SKU until they undo it. Knows no index and no HTTP."""

from __future__ import annotations

import json
import secrets
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import func, select

from indexer.pipeline.corrections import Correction
from service.catalog.corrections import correction
from service.db.session import State, upsert, utc_now
from service.db.tables import CorrectionRow
from service.errors import ConflictError, InvalidError, NotFoundError
from service.polling import Pace

MAX_CORRECTIONS = 20_000
_LOOK_SECONDS = 1.0
"""How often a request looks whether another process has changed corrections."""


@dataclass(frozen=True, slots=True)
class CorrectedPiece:
    """A correction with the piece that it was made of: its SKUs then, what it was read as, and its words."""

    sku: str
    said: Correction
    skus: Sequence[str] = ()
    was: Mapping[str, object] = field(default_factory=dict)
    text: Mapping[str, object] = field(default_factory=dict)
    updated: str = ""


class CorrectionRepository:
    """The corrections of one state. Thread-safe. Raises UnavailableError when the database fails."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._lock = threading.Lock()
        self._stamp = ""
        self._pace = Pace(lambda: _LOOK_SECONDS)

    def stamp(self) -> str:
        """Another text after every change, here at once, of other processes a second later; "" without corrections."""
        with self._lock:
            if self._pace.due():
                query = select(func.count(), func.sum(CorrectionRow.stamp)).select_from(CorrectionRow)
                with self._state.session() as session:
                    count, total = session.execute(query).one()
                self._stamp = f"{count}-{total}" if count else ""
            return self._stamp

    def list(self) -> list[CorrectedPiece]:
        """All of them, in the order of SKUs. What a newer version of the service said otherwise is left out."""
        with self._state.session() as session:
            rows = session.scalars(select(CorrectionRow).order_by(CorrectionRow.sku)).all()
        return [piece for row in rows if (piece := _piece(row)) is not None]

    def all(self) -> Mapping[str, Correction]:
        """Every correction, by each SKU that its piece had: a size that is sold no more takes nothing with it."""
        pieces = self.list()
        by_size = {sku: piece.said for piece in pieces for sku in piece.skus}
        return by_size | {piece.sku: piece.said for piece in pieces}

    def lines(self) -> Iterator[str]:
        """All of them as JSON lines: what each piece is, the words that it is read from, and what was read in them."""
        for piece in self.list():
            said = {"kind": piece.said.kind, "slot": piece.said.slot, "department": piece.said.department}
            yield json.dumps({"sku": piece.sku, **said, **piece.text, "was": piece.was}, ensure_ascii=False)

    def get(self, sku: str) -> Correction | None:
        """What was said of the piece of this SKU, its own."""
        with self._state.session() as session:
            row = session.get(CorrectionRow, sku)
            piece = None if row is None else _piece(row)
        return None if piece is None else piece.said

    def put(self, piece: CorrectedPiece, key_id: str | None = None) -> None:
        """Keeps what is said of the piece, in place of what was; how it was read stays as it was found first.

        Raises ConflictError when there are `MAX_CORRECTIONS` already.
        """
        values = {
            "sku": piece.sku,
            "kind": piece.said.kind,
            "slot": piece.said.slot,
            "department": piece.said.department,
            "skus": json.dumps(list(piece.skus)),
            "updated": utc_now(),
            "key_id": key_id,
            "stamp": secrets.randbelow(2**31),
        }
        with self._state.session() as session:
            row = session.get(CorrectionRow, piece.sku)
            if row is not None:
                for name, value in values.items():
                    setattr(row, name, value)
            elif (session.scalar(select(func.count()).select_from(CorrectionRow)) or 0) >= MAX_CORRECTIONS:
                raise ConflictError(f"there are {MAX_CORRECTIONS} corrections already; undo some first")
            else:
                found = {"was": json.dumps(dict(piece.was)), "text": json.dumps(dict(piece.text))}
                upsert(session, CorrectionRow, values | found)  # another process may have come first
        self._pace.again()

    def delete(self, sku: str) -> None:
        """Undoes what was said of the piece. Raises NotFoundError."""
        with self._state.session() as session:
            row = session.get(CorrectionRow, sku)
            if row is None:
                raise NotFoundError(f"nobody has corrected {sku!r}")
            session.delete(row)
        self._pace.again()


def _piece(row: CorrectionRow) -> CorrectedPiece | None:
    try:
        said = correction(row.kind, row.slot, row.department)
    except InvalidError:
        return None
    skus, was, text = (json.loads(part) for part in (row.skus, row.was, row.text))
    return CorrectedPiece(row.sku, said, skus, was, text, row.updated)
