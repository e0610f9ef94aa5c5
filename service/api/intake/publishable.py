"""What a key in a web page may do: compose and look, from pages of its own origins. Everybody can read such a key.

A shopper's pseudonym is believed with such a key only when the store's server has signed it: else whoever reads the
page could ask, tell and learn in anybody's name. Knows no route beyond the names below.
"""

from __future__ import annotations

import hashlib
import hmac

from starlette.requests import Request

from service.db.repositories.keys import Principal
from service.errors import ForbiddenError, InvalidError
from service.settings import Settings

ALLOWED = frozenset(
    {
        ("POST", "/v1/outfits"),
        ("POST", "/v1/outfits/{outfit_id}/swap"),
        ("POST", "/v1/outfits/{outfit_id}/refine"),
        ("GET", "/v1/outfits/{outfit_id}/image"),
        ("GET", "/v1/items"),
        ("GET", "/v1/items/{sku}"),
        ("POST", "/v1/feedback"),
    }
)
_SIGNED = "."


def check_page(request: Request, principal: Principal | None, path: str) -> None:
    """Raises ForbiddenError where a publishable key is used for more than it is for, or from elsewhere."""
    if principal is None or principal.scope != "publishable":
        return
    if (request.method, path) not in ALLOWED:
        raise ForbiddenError("a publishable key is for composing and looking; this is not open to it")
    if request.headers.get("origin") not in principal.origins:
        raise ForbiddenError("this publishable key is not for pages of this origin")


def page_key(principal: Principal | None) -> str | None:
    """Id of the key where it is a publishable one."""
    return principal.key_id if principal is not None and principal.scope == "publishable" else None


def shopper_of(sent: str | None, principal: Principal | None, settings: Settings) -> str | None:
    """The pseudonym that a request is in the name of: as it was sent, or, with a publishable key, as it was signed.

    Raises InvalidError of `shopper` for one that is not signed.
    """
    if sent is None or page_key(principal) is None:
        return sent
    pseudonym, _, signature = sent.rpartition(_SIGNED)
    secret = settings.shopper_secret
    good = "" if secret is None or not pseudonym else sign(pseudonym, secret.get_secret_value())
    if not good or not hmac.compare_digest(good.encode(), signature.encode()):
        raise InvalidError.at(
            "shopper", "with a publishable key it must be signed by the shop's server: PSEUDONYM.SIGNATURE"
        )
    return pseudonym


def sign(pseudonym: str, secret: str) -> str:
    """What the shop's server puts behind a pseudonym and a dot: HMAC-SHA256 of it, in hexadecimal."""
    return hmac.new(secret.encode(), pseudonym.encode(), hashlib.sha256).hexdigest()
