"""What the routes work with, in one typed place. Made when the app starts, closed when it stops."""

from __future__ import annotations

from dataclasses import dataclass

from fastapi import Request

from service.api.gate import Gate
from service.api.limits import Limits
from service.api.metrics import Metrics
from service.api.serving import Serving
from service.feedback import FeedbackBook
from service.jobs import JobRunner
from service.keys import KeyRing, Principal
from service.looks import LookBook
from service.requests_log import RequestsLog
from service.rulebook import RuleBook
from service.settings import Settings
from service.state import State
from service.stylebook import StyleBook


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
