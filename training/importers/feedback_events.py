"""The events of shoppers as training sees them: whose they are, and what was asked for. The format is the service's."""

from __future__ import annotations

from service.lm.prompt import Context
from service.schemas.events import StoredEvent
from training.importers.orders import group_of


class FeedbackEvent(StoredEvent):
    """One event of an export."""

    @property
    def group(self) -> str:
        """One shopper's events belong together; where no shopper is known, those of one outfit do."""
        return group_of(self.shopper) if self.shopper else f"outfit/{self.outfit_id}"

    @property
    def context(self) -> Context:
        return Context(vibe=self.vibe, department=self.department, season=self.season)
