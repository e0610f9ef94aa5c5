"""Errors that know their HTTP status. Knows no web framework: the command line prints the same errors."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import ValidationError

from indexer.errors import StylistError
from service.localization.findings import finding
from service.localization.text import glued, phrase, series

_DETAILED = 3  # errors that the one-line detail repeats; the list has them all


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


class UriTooLongError(ProblemError):
    """The query is longer than any that means something."""

    status = 414
    title = "URI too long"


class InvalidError(ProblemError):
    """The request says something that cannot be meant; `errors` names the fields."""

    status = 422
    title = "Invalid request"

    @classmethod
    def of(cls, *errors: FieldError) -> Self:
        """The error of these fields."""
        detail = series((glued(e.field, ": ", e.message) for e in errors[:_DETAILED]), "semicolon")
        return cls(detail, errors=errors)

    @classmethod
    def at(cls, field: str, message: str) -> Self:
        """The error of one field."""
        return cls.of(FieldError(field, message))

    @classmethod
    def from_validation(cls, error: ValidationError) -> Self:
        """Pydantic's findings about a body."""
        return cls.of(*field_errors(error.errors()))


class TooManyError(ProblemError):
    """This caller asks too often."""

    status = 429
    title = "Too many requests"


class UnavailableError(ProblemError):
    """Not now: starting, overloaded, or without an index."""

    status = 503
    title = "Service unavailable"


def field_errors(errors: Sequence[Any], skip: int = 0) -> list[FieldError]:
    """Pydantic's errors with plain field paths: `budget.max`, `anchors.0`.

    `skip` is how many leading parts of each path are not the field's ("body" or "query", for a framework).
    """
    return [_field_error(e["loc"][skip:], str(e["type"]), str(e["msg"]), e.get("ctx", {})) for e in errors]


def _field_error(
    loc: tuple[int | str, ...], kind: str, message: str, context: Mapping[str, Any]
) -> FieldError:
    if kind == "json_invalid":
        return FieldError("body", f"not JSON: {context.get('error', message)}")
    path = ".".join(str(name) for name in loc if name != "[key]")
    message = message.removeprefix("Value error, ")
    field, colon, rest = message.partition(": ")
    if not path and colon and field.isidentifier():  # a check of the whole body names its field itself
        return FieldError(field, finding(kind, rest, context))
    if not path and kind == "model_attributes_type":
        return FieldError("body", phrase("must be a JSON object, sent as Content-Type: application/json"))
    return FieldError(path or "body", finding(kind, message, context))
