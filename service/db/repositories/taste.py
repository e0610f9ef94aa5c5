"""The events of one shopper as a taste. Knows no catalogue and no HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from service.catalog.columns import CatalogColumns
from service.db.session import State
from service.db.tables import EventRow
from service.policy.policy import policy
from service.retrieval.adjustments import ScoreAdjustment
from service.retrieval.personalization import VERDICTS, PersonalTaste, Ties, taste_of
from service.schemas.events import StoredEvent
from service.schemas.outfits import OutfitRequest


class TasteRepository:
    """The tastes of one state's shoppers, read anew for each request: an event counts from the next one on."""

    def __init__(self, state: State, enabled: bool = True) -> None:
        self._state = state
        self._enabled = enabled
        self._latest: Ties | None = None

    def nudges(self, request: OutfitRequest) -> Sequence[ScoreAdjustment]:
        """The nudge of who asks; none where nobody is named, or does not want it, or has said nothing yet."""
        if not (self._enabled and request.personalise and request.shopper):
            return ()
        query = select(EventRow.body).where(EventRow.shopper == request.shopper, EventRow.type.in_(VERDICTS))
        newest = policy().weights.taste.newest  # older ones are forgotten
        query = query.order_by(EventRow.at.desc(), EventRow.received.desc()).limit(newest)
        with self._state.session() as session:
            bodies = session.scalars(query).all()
        taste = taste_of([StoredEvent.model_validate_json(body) for body in reversed(bodies)])
        return (PersonalTaste(taste, self._ties),) if taste.weights else ()

    def _ties(self, columns: CatalogColumns) -> Ties:
        """Made once per catalogue, not per shopper; changes of stock do not touch them."""
        latest = self._latest
        if latest is None or latest.source is not columns.inverted["group"]:
            self._latest = latest = Ties.of(columns)
        return latest
