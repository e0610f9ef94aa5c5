"""The OpenAPI document: whole, and true about errors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from service.api.app import create_app

OPERATIONS = [
    ("/healthz", "get", {"200", "500"}),
    ("/readyz", "get", {"200", "500", "503"}),
    ("/v1/outfits", "post", {"200", "401", "404", "413", "422", "500", "503"}),
    ("/v1/outfits/{outfit_id}", "get", {"200", "401", "404", "422", "500"}),
    ("/v1/styles", "get", {"200", "401", "500", "503"}),
    ("/v1/items", "get", {"200", "401", "422", "500", "503"}),
    ("/v1/items/{sku}", "get", {"200", "401", "404", "422", "500", "503"}),
    ("/v1/admin/reindex", "post", {"202", "401", "403", "409", "413", "422", "500"}),
    ("/v1/admin/jobs/{job_id}", "get", {"200", "401", "403", "404", "422", "500"}),
    ("/v1/admin/index", "get", {"200", "401", "403", "404", "500", "503"}),
]


@pytest.fixture
def document(settings) -> dict[str, Any]:
    return create_app(settings).openapi()


def test_every_operation_documents_its_statuses(document):
    found = {
        (path, method): set(op["responses"])
        for path, ops in document["paths"].items()
        for method, op in ops.items()
    }
    assert found == {(path, method): statuses for path, method, statuses in OPERATIONS}


def test_every_error_is_a_problem(document):
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                kind = "application/problem+json" if status >= "400" else "application/json"
                assert list(response["content"]) == [kind]


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
        "allow_rejects",
    }


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        node = list(node.values())
    if isinstance(node, list):
        for child in node:
            yield from _references(child)
