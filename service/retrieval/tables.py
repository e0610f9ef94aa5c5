"""The tables beside this module, read once: what attributes mean for pieces, and which shades a colour takes in."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from indexer.item import SLOTS, Slot


class Signs(BaseModel):
    """By what a piece tells that it has an attribute, or has it not: any one of them will do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kinds: tuple[str, ...] = ()
    attributes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    materials: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    words: tuple[str, ...] = ()


class AttributeRule(BaseModel):
    """What an attribute means for pieces. See `attributes.toml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    slots: Annotated[tuple[Slot, ...], Field(min_length=1)]
    ask: Literal["has", "not-lacks"]
    has: Signs
    lacks: Signs = Signs()
    faux: tuple[str, ...] = ()
    unknown_material: tuple[Slot, ...] = ()
    """Slots whose pieces must say what they are made of, to be believed."""


@lru_cache(maxsize=1)
def attribute_rules() -> Mapping[str, AttributeRule]:
    """Attribute -> rule. Raises ValueError naming the file, the row and the field that is wrong."""
    rules: dict[str, AttributeRule] = {}
    for name, row in _table("attributes.toml").items():
        try:
            rules[name] = AttributeRule.model_validate(row)
        except ValidationError as error:
            first = error.errors()[0]
            field = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"attributes.toml: {name}: {field}: {first['msg']}") from error
    return rules


@lru_cache(maxsize=1)
def shades() -> Mapping[str, tuple[str, ...]]:
    """Colour -> the shades that it takes in, itself not among them."""
    return {name: tuple(row) for name, row in _table("shades.toml").items()}


def concerned(attribute: str) -> tuple[Slot, ...]:
    """The slots that an attribute is a question of; all of them for one that no table knows."""
    rule = attribute_rules().get(attribute)
    return SLOTS if rule is None else rule.slots


def _table(name: str) -> dict[str, list[str]]:
    return tomllib.loads((files(__package__) / name).read_text(encoding="utf-8"))
