"""What the routes work with, in one typed place. Made when the app starts, closed when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from service.api.serving import Gate, Serving
from service.jobs import JobRunner
from service.keys import KeyRing
from service.settings import Settings
from service.state import State


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    state: State
    keys: KeyRing
    serving: Serving
    jobs: JobRunner
    gate: Gate


def services(request: Request) -> Services:
    """The running app's services."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found
