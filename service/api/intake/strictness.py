"""What a request must not leave in doubt: query parameters that nobody reads, names that stand twice in an object.

Both are ignored by most servers, so that a slip of the pen looks like a wish that was granted. Knows no route.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from fastapi.dependencies.models import Dependant
from starlette.requests import Request

from service.errors import FieldError, InvalidError

_SHOWN = 3


def queries_of(dependant: Dependant) -> frozenset[str]:
    """The query parameters that a route reads, those of its dependencies included."""
    own = {field.alias for field in dependant.query_params}
    return frozenset(own.union(*(queries_of(each) for each in dependant.dependencies)))


def refuse_unknown_queries(request: Request, known: Iterable[str]) -> None:
    """Raises InvalidError naming query parameters that mean nothing here."""
    unknown = dict.fromkeys(name for name in request.query_params if name not in known)
    if unknown:
        names = ", ".join(sorted(known)) or "none"
        raise InvalidError.of(
            *(
                FieldError(name[:100], f"no such query parameter; known: {names}")
                for name in [*unknown][:_SHOWN]
            )
        )


class StrictRequest(Request):
    """A request whose JSON is read once, and refused where an object has a name twice."""

    async def json(self) -> Any:
        if not hasattr(self, "_strict"):
            self._strict = read_json(await self.body())
        return self._strict


async def refuse_doubled_names(request: StrictRequest) -> None:
    """Raises InvalidError where the body is JSON with a name twice in an object; what is no JSON is left to others."""
    if await request.body():
        with _left_to_others():
            await request.json()


def check_names(body: bytes) -> None:
    """The same of a body that a route reads itself."""
    with _left_to_others():
        read_json(body)


@contextmanager
def _left_to_others() -> Iterator[None]:
    try:
        yield
    except RecursionError as error:
        raise InvalidError.at("body", "not JSON: nested too deeply") from error
    except ValueError:  # who reads the body says what is wrong with it
        pass


def read_json(body: bytes) -> Any:
    """JSON as Python has it. Raises InvalidError naming what stands twice, ValueError for what is no JSON."""
    return json.loads(body, object_pairs_hook=_object)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidError.at(twice[:100] or "body", "stands twice in one object: say it once")
    return found
