"""What pydantic finds wrong with a body, as texts. A message whose English it words anew stays as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from service.localization.text import Text, phrase

_VALUE_ERROR = "value_error"


def finding(kind: str, message: str, context: Mapping[str, Any]) -> str:
    """The text of one finding of this kind, whose English is `message`."""
    if kind == _VALUE_ERROR:  # worded by the service itself
        return phrase(message) if "{" not in message else message
    known = _texts(context).get(kind)
    return known if known is not None and known == message else message


def _texts(context: Mapping[str, Any]) -> dict[str, Text]:
    """What pydantic says, by kind of finding."""
    found = {
        "missing": phrase("Field required"),
        "extra_forbidden": phrase("Extra inputs are not permitted"),
        "string_type": phrase("Input should be a valid string"),
        "int_type": phrase("Input should be a valid integer"),
        "float_type": phrase("Input should be a valid number"),
        "bool_type": phrase("Input should be a valid boolean"),
        "list_type": phrase("Input should be a valid list"),
        "dict_type": phrase("Input should be a valid dictionary"),
        "finite_number": phrase("Input should be a finite number"),
    }
    if "gt" in context:
        found["greater_than"] = phrase("Input should be greater than {limit}", limit=_number(context["gt"]))
    if "ge" in context:
        limit = _number(context["ge"])
        found["greater_than_equal"] = phrase("Input should be greater than or equal to {limit}", limit=limit)
    if "le" in context:
        limit = _number(context["le"])
        found["less_than_equal"] = phrase("Input should be less than or equal to {limit}", limit=limit)
    if "max_length" in context:
        limit = context["max_length"]
        found["string_too_long"] = phrase("String should have at most {limit} characters", limit=limit)
    if "min_length" in context:
        limit = context["min_length"]
        found["string_too_short"] = phrase("String should have at least {limit} character", limit=limit)
    if "expected" in context:
        found["literal_error"] = phrase("Input should be {expected}", expected=context["expected"])
    return found


def _number(limit: object) -> str:
    return f"{limit:g}" if isinstance(limit, float) else str(limit)
