"""What the routes work with, in one typed place. Made when the app starts, closed when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from service.api.concurrency import Gate
from service.api.metrics import Metrics
from service.api.rate_limit import Limits
from service.db.repositories.events import FeedbackBook
from service.db.repositories.keys import KeyRing, Principal
from service.db.repositories.looks import LookBook
from service.db.repositories.requests import RequestsLog
from service.db.repositories.rules import RuleBook
from service.db.repositories.styles import StyleBook
from service.db.session import State
from service.indexing.runner import JobRunner
from service.recommender.handle import Serving
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    state: State
    keys: KeyRing
    rules: RuleBook
    styles: StyleBook
    requests: RequestsLog
    feedback: FeedbackBook
    looks: LookBook
    serving: Serving
    jobs: JobRunner
    gate: Gate
    limits: Limits
    metrics: Metrics


def services(request: Request) -> Services:
    """The running app's services."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


def key_id(request: Request) -> str | None:
    """Id of the key that sent the request; None where none was asked for."""
    principal: Principal | None = request.state.principal
    return None if principal is None else principal.key_id
