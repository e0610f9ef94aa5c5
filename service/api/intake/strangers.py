"""Who may reach a service that asks for no key: callers that name this machine, and no page of another site.

A page on the internet can make its visitor's browser send requests to loopback: by a name of its own that resolves
there (DNS rebinding), or across origins with a body that needs no permission. Neither can forge Host and Origin.
Plain ASGI; knows no route.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from anyio import to_thread
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from service.api.dependencies import Services
from service.api.errors import respond_to
from service.errors import ForbiddenError, ProblemError

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Strangers:
    """Turns away what another site's page may have sent, while no key was ever made. `hosts` are names that the service
    goes by besides its addresses and plain names without a dot; `origins` those of pages that may call it.
    """

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str]) -> None:
        self._app = app
        self._hosts = frozenset(name.lower() for name in hosts)
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (reason := self._suspicion(scope)) is not None:
            try:
                # Asked only of what looks strange: where keys are asked for, they decide.
                if not await to_thread.run_sync(_has_keys, scope["app"].state.services):
                    raise ForbiddenError(reason)
            except ProblemError as error:
                await respond_to(scope, error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _suspicion(self, scope: Scope) -> str | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        name = _name(host)
        if not (_is_ours(name) or name in self._hosts):
            return (
                "while no key is asked for, only requests to this machine by its own name or address are answered;"
                " STYLIST_ALLOWED_HOSTS names others"
            )
        origin = headers.get("origin")
        if origin is None or scope["method"] in _SAFE or origin in self._origins:
            return None
        if urlsplit(origin).netloc.lower() == host.lower():
            return None
        return "while no key is asked for, only pages of STYLIST_CORS_ORIGINS and its own may send anything"


def _has_keys(services: Services) -> bool:
    return services.keys.configured()


def _name(host: str) -> str:
    """The name in a Host header, without the port."""
    try:
        return (urlsplit(f"//{host}").hostname or "").rstrip(".")
    except ValueError:
        return "."


def _is_ours(name: str) -> bool:
    """An address, or a name without a dot: whoever rebinds a name needs one that the internet's DNS resolves."""
    if not name or name.endswith(".localhost"):
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return "." not in name
    return True
