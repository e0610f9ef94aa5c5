"""`stylist critique`: what a stylist would say of pieces of the stock, and of pieces that somebody owns, together."""

from __future__ import annotations

import uuid
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from service.cli.failing import settings_of
from service.cli.options import DataDir, Texts

if TYPE_CHECKING:
    from service.schemas.critique import Critique


def critique(
    vibe: Annotated[str, typer.Argument(metavar="VIBE", help="What the outfit is for.")],
    sku: Annotated[Texts, typer.Option(metavar="SKU", help="A piece of the stock; repeatable.")] = None,
    own: Annotated[Texts, typer.Option(metavar="TEXT", help="A piece at home, in words; repeatable.")] = None,
    department: Annotated[str | None, typer.Option(help="women, men, unisex or kids.")] = None,
    json: Annotated[bool, typer.Option("--json", help="The body of POST /v1/outfits/critique.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Say what works of pieces that are worn together, what does not, and swaps that would help."""
    from pydantic import ValidationError

    from service.db.session import State
    from service.errors import InvalidError, UnavailableError
    from service.recommender.recommender import open_recommender
    from service.schemas.critique import CritiqueRequest

    given: dict[str, Any] = {"vibe": vibe, "skus": sku or [], "own": own or [], "department": department}
    try:
        body = CritiqueRequest.model_validate(given)
    except ValidationError as error:
        raise InvalidError.from_validation(error) from error
    settings = settings_of(data_dir)
    settings = settings.model_copy(update={"composer": "retrieval"})  # no language model has a say in it
    with closing(State.of(settings)), closing(open_recommender(settings)) as recommender:
        if (reason := recommender.not_ready()) is not None:
            raise UnavailableError(reason)
        found = recommender.critique(body, uuid.uuid4().hex)
    typer.echo(found.model_dump_json() if json else render(found))


def render(found: Critique) -> str:
    """The critique as lines of text."""
    lines = [f"grade {found.grade} of 5, signed with {found.signed:.0%}: {found.summary}"]
    lines += [f"  works     {piece.reason}" for piece in found.works]
    lines += [f"  does not  {piece.reason} ({piece.chance:.0%})" for piece in found.faults]
    lines += [f"  try       {swap.reason} ({swap.item.sku}): grade {swap.grade}" for swap in found.swaps]
    return "\n".join(lines)
