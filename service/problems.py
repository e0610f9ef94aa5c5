"""Errors that know their HTTP status. Knows no web framework: the command line prints the same errors."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from indexer.errors import StylistError


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong value: `field` is its path in the request, such as "budget.max"."""

    field: str
    message: str


class ProblemError(StylistError):
    """An error of one request. `retry_after` is in seconds."""

    status: ClassVar[int] = 500
    title: ClassVar[str] = "Internal error"

    def __init__(
        self, detail: str, *, errors: Iterable[FieldError] = (), retry_after: int | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.errors = tuple(errors)
        self.retry_after = retry_after


class UnauthorizedError(ProblemError):
    """No key, or one that is not known."""

    status = 401
    title = "Unauthorized"


class ForbiddenError(ProblemError):
    """A good key of the wrong scope."""

    status = 403
    title = "Forbidden"


class NotFoundError(ProblemError):
    """Nothing has this name or id."""

    status = 404
    title = "Not found"


class ConflictError(ProblemError):
    """The request is fine, but not while something else goes on."""

    status = 409
    title = "Conflict"


class TooLargeError(ProblemError):
    """The body is larger than the service accepts."""

    status = 413
    title = "Content too large"


class InvalidError(ProblemError):
    """The request says something that cannot be meant; `errors` names the fields."""

    status = 422
    title = "Invalid request"

    @classmethod
    def of(cls, field: str, message: str) -> InvalidError:
        """The error of one field."""
        return cls(f"{field}: {message}", errors=[FieldError(field, message)])


class TooManyError(ProblemError):
    """This caller asks too often."""

    status = 429
    title = "Too many requests"


class UnavailableError(ProblemError):
    """Not now: starting, overloaded, or without an index."""

    status = 503
    title = "Service unavailable"
