"""What the routes work with, in one typed place. Made when the app starts, closed when it stops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Header, Request, Response

from service.api.concurrency import Gate
from service.api.intake.idempotency import Replies
from service.api.metrics import Metrics
from service.api.rate_limit import Limits
from service.db.repositories.corrections import CorrectionRepository
from service.db.repositories.events import EventRepository
from service.db.repositories.grades import GradeRepository
from service.db.repositories.keys import KeyRepository, Principal
from service.db.repositories.looks import LookRepository
from service.db.repositories.requests import RequestRepository
from service.db.repositories.rules import RuleRepository
from service.db.repositories.styles import StylePolicyRepository
from service.db.session import State
from service.indexing.runner import JobRunner
from service.recommender.handle import RecommenderHandle
from service.recommender.localization import Tongue, language, tongue
from service.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    state: State
    keys: KeyRepository
    rules: RuleRepository
    corrections: CorrectionRepository
    styles: StylePolicyRepository
    requests: RequestRepository
    feedback: EventRepository
    looks: LookRepository
    grades: GradeRepository
    serving: RecommenderHandle
    jobs: JobRunner
    gate: Gate
    limits: Limits
    metrics: Metrics
    replies: Replies


def services(request: Request) -> Services:
    """The running app's services."""
    found = request.app.state.services
    assert isinstance(found, Services)
    return found


def key_id(request: Request) -> str | None:
    """Id of the key that sent the request; None where none was asked for."""
    principal: Principal | None = request.state.principal
    return None if principal is None else principal.key_id


VARY = "Accept-Language"


def _language(response: Response, accept_language: Annotated[str | None, Header()] = None) -> str:
    chosen = language(accept_language or "")
    for name, value in language_headers(chosen).items():
        response.headers[name] = value
    return chosen


def answering(request: Request, response: Response, *words: str) -> Tongue:
    """What to answer a wish in, given what it says; problems of the request are told in it from here on."""
    chosen = tongue(request.headers.get("accept-language", ""), *words)
    request.state.language = chosen.language
    for name, value in language_headers(chosen.tags).items():
        response.headers[name] = value
    return chosen


def language_headers(chosen: str) -> dict[str, str]:
    """The headers of an answer in this language; routes that make a response of their own set them by hand."""
    return {"Content-Language": chosen, "Vary": VARY}


Language = Annotated[str, Depends(_language)]
"""The caller's language, as a BCP 47 tag; English where the header is missing, broken or names none that is known."""
