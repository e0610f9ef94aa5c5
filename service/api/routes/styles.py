"""Routes by which staff see and publish styles."""

from __future__ import annotations

from fastapi import APIRouter, Request, Security

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import Services, key_id, services
from service.api.errors import documented
from service.registry.publishing import Publication, StyleAdminView, StyleChange
from service.registry.style_key import BASE
from service.schemas.outfits import StyleView

router = APIRouter(
    prefix="/v1/admin", tags=["admin"], route_class=StaffRoute, dependencies=[Security(bearer)]
)


@router.get("/styles")
def all_styles(request: Request) -> list[StyleAdminView]:
    """Every style on the shelf, also what is retired or cannot be used, and why; and the query encoder of all of them.
    Reads all weights to check them.
    """
    app = services(request)
    return _publication(app, served := _served(app)).styles(_default(app, served))


@router.put("/styles", responses=documented(404, 409, 422))
def change_style(body: StyleChange, request: Request) -> StyleAdminView:
    """Publish a version, past the gate or by force; choose the default, retire a style or bring it back. Holds from
    the next request on; in other processes of the service within 2 seconds.
    """
    app = services(request)
    recommender = app.serving.get()
    served = recommender.styles()
    publication = _publication(app, served)
    publication.change(body, key_id(request) or "", _default(app, served), recommender.style_fault)
    recommender.follow_styles()
    (changed,) = (s for s in publication.styles(_default(app, _served(app))) if s.name == body.name)
    return changed


def _served(app: Services) -> list[StyleView]:
    """What shoppers may name now; nothing while there is nothing to compose with."""
    return app.serving.get().styles() if app.serving.not_ready() is None else []


def _publication(app: Services, served: list[StyleView]) -> Publication:
    base = next((style.digest for style in served if style.name == BASE and style.digest != "none"), None)
    return Publication(app.settings, app.styles, base)


def _default(app: Services, served: list[StyleView]) -> str:
    wanted = app.styles.choices().default or app.settings.default_style
    return next((style.name for style in served if style.default), wanted)
