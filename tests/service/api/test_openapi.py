"""The OpenAPI document: whole, and true about errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.api.app import create_app


@pytest.fixture
def document(settings) -> dict[str, Any]:
    return create_app(settings).openapi()


def test_an_error_is_a_problem_and_an_answer_is_not(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                kinds = {kind.partition(";")[0] for kind in response.get("content", {})}
                assert (kinds == {"application/problem+json"}) == (status >= "400")


def test_every_reference_leads_somewhere(document):
    schemas = document["components"]["schemas"]
    references = set(_references(document))
    assert references
    assert all(r.removeprefix("#/components/schemas/") in schemas for r in references)
    assert {"Problem", "ProblemField", "OutfitRequest"} <= set(schemas)


def test_keys_are_documented_where_they_count(document):
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("security" in operation) == path.startswith("/v1/")
    assert document["components"]["securitySchemes"]["HTTPBearer"]["scheme"] == "bearer"


def test_a_reindex_body_is_a_form_or_json(document):
    content = document["paths"]["/v1/admin/reindex"]["post"]["requestBody"]["content"]
    assert set(content) == {"multipart/form-data", "application/json"}
    assert set(content["multipart/form-data"]["schema"]["properties"]) == {
        "file",
        "format",
        "map",
        "currency",
        "allow_rejects",
        "dry_run",
        "confirm",
        "minor_units",
        "confirm_prices",
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _references(child)
