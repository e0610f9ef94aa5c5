"""Routes for the staff's merchandising rules."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from anyio import to_thread
from fastapi import APIRouter, Path, Request, Response, Security
from pydantic import BaseModel, ConfigDict

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import Services, services
from service.api.errors import documented, request_id
from service.errors import UnavailableError
from service.recommender.progress import ProgressListener, Stoppable
from service.retrieval.merchandising import Rule, RuleBody
from service.schemas.outfits import OutfitRequest, OutfitResponse

router = APIRouter(
    prefix="/v1/admin/rules", tags=["admin"], route_class=StaffRoute, dependencies=[Security(bearer)]
)

RuleId = Annotated[str, Path(min_length=1, max_length=64)]


class RuleView(RuleBody):
    """A rule as it is kept. `active` says whether it holds now; `matches` is how many pieces of the index it is
    about, null while there is none.
    """

    id: str
    created: str
    active: bool
    matches: int | None


class RuleTrial(BaseModel):
    """A rule that is tried on a wish, in place of the one whose id is `replaces`, or beside all others."""

    model_config = ConfigDict(extra="forbid")

    rule: RuleBody
    wish: OutfitRequest
    replaces: RuleId | None = None


class RulePreview(BaseModel):
    """Outfits for the same wish and seed as the rules are now, and as they would be; `matches` is how many pieces of
    the index the rule is about.
    """

    matches: int
    before: OutfitResponse
    after: OutfitResponse


@router.get("")
def rules(request: Request) -> list[RuleView]:
    """All rules, oldest first."""
    app = services(request)
    return _views(app, app.rules.list())


@router.post("", status_code=201, responses=documented(409, 422))
def add_rule(body: RuleBody, request: Request, response: Response) -> RuleView:
    """A new rule. It holds from the next request on, or from its `starts`."""
    app = services(request)
    rule = app.rules.add(body)
    response.headers["Location"] = f"{router.prefix}/{rule.id}"
    return _view(app, rule)


@router.post("/preview", responses=documented(404, 422))
async def preview(body: RuleTrial, request: Request) -> RulePreview:
    """What a rule would change: nothing is kept, counted or shown to anybody else. The rule is taken to hold, whatever
    its dates.
    """
    app = services(request)
    if body.replaces is not None:
        await to_thread.run_sync(app.rules.get, body.replaces)
    watch = Stoppable()
    try:
        return await app.gate.run(
            partial(_tried, app, body, request_id(request.scope), watch), request.receive
        )
    finally:
        watch.stop()


def _tried(app: Services, body: RuleTrial, request_id: str, watch: ProgressListener) -> RulePreview:
    recommender = app.serving.get()
    (matches,) = recommender.matches([body.rule.match])
    before = recommender.compose(body.wish, request_id, watch)
    wish = body.wish.model_copy(update={"seed": before.seed})
    with app.rules.trying(body.rule, body.replaces):
        after = recommender.compose(wish, request_id, watch)
    return RulePreview(matches=matches, before=before, after=after)


@router.get("/{rule_id}", responses=documented(404, 422))
def rule(rule_id: RuleId, request: Request) -> RuleView:
    """One rule."""
    app = services(request)
    return _view(app, app.rules.get(rule_id))


@router.put("/{rule_id}", responses=documented(404, 422))
def replace_rule(rule_id: RuleId, body: RuleBody, request: Request) -> RuleView:
    """The rule says this from now on, and nothing of what it said before."""
    app = services(request)
    return _view(app, app.rules.replace(rule_id, body))


@router.delete("/{rule_id}", status_code=204, responses=documented(404, 422))
def delete_rule(rule_id: RuleId, request: Request) -> None:
    """The rule is gone for good."""
    services(request).rules.delete(rule_id)


def _view(app: Services, rule: Rule) -> RuleView:
    return _views(app, [rule])[0]


def _views(app: Services, rules: Sequence[Rule]) -> list[RuleView]:
    counts: Sequence[int | None]
    try:
        counts = app.serving.get().matches([rule.body.match for rule in rules])
    except UnavailableError:
        counts = [None] * len(rules)
    return [
        RuleView(
            **rule.body.model_dump(),
            id=rule.id,
            created=rule.created,
            active=app.rules.active(rule),
            matches=count,
        )
        for rule, count in zip(rules, counts, strict=True)
    ]
