"""Outfits that were given out, and events about them, for tests of feedback."""

from __future__ import annotations

from typing import Any

from fake_recommender import FakeRecommender

from service.db.session import State
from service.schemas.events import SentEvent
from service.schemas.outfits import OutfitRequest


def give_out(state: State, seed: int = 7, **request: Any) -> str:
    """The id of a stored outfit of the fake's shelf: T/1-M, B/1-M and S/1-M."""
    asked = OutfitRequest.model_validate({"vibe": "Rooftop jazz", "seed": seed, "count": 1, **request})
    response = FakeRecommender().compose(asked, f"r{seed}")
    state.save_response(asked, response)
    return response.outfits[0].id


def event(name: str, kind: str = "like", outfit_id: str = "7-0", **fields: Any) -> dict[str, Any]:
    """The event as a shop sends it."""
    return {"event_id": name, "type": kind, "outfit_id": outfit_id, **fields}


def sent(*events: dict[str, Any]) -> list[tuple[int, SentEvent]]:
    """The events as `EventRepository.record` takes them."""
    return [(index, SentEvent.model_validate(one)) for index, one in enumerate(events)]
