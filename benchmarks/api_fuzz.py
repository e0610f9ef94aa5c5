"""Sends a real service what its OpenAPI document allows, and what it does not, and checks every answer.

    python -m benchmarks.api_fuzz --requests 10000

Schemathesis makes the requests of every operation; Hypothesis makes bodies of `POST /v1/outfits` that mean
something. No answer may be a 5xx but 503 with Retry-After; every error is a problem body with the request's id;
statuses, media types and bodies are those of the document. The service indexes the sample store in a folder of its
own, and composes by retrieval. Exit status 1 when anything is found.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import hypothesis
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from benchmarks.running_service import serving
from benchmarks.violations import VIBES
from indexer.pipeline.read import FeedSource
from service.db.repositories.keys import KeyRepository
from service.db.session import State
from service.indexing.build import build_index
from service.settings import Settings

SAMPLE = Path(__file__).parent.parent / "inventory_samples" / "store.csv"
CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
TIMEOUT_SECONDS = 60
NEGATIVE_SHARE = 3  # one request in so many is wrong on purpose
COMPOSED_SHARE = 10  # one request in so many is a made body of a request for outfits
Keys = dict[str, str]
"""A key per scope; empty: none is sent."""
_SLOTS = ["top", "bottom", "dress", "outerwear", "shoes", "bag", "jewelry", "accessory"]


@dataclass
class Found:
    """Counts of what was sent and answered, and one example of each kind of fault."""

    sent: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)

    def fault(self, where: str, what: str, example: str) -> None:
        self.faults.setdefault(f"{where}: {what}", example[:2000])


def check(answer: Any, where: str, example: str, found: Found) -> None:
    """The promises that hold for every route. `answer` is a response of requests or of schemathesis."""
    found.sent += 1
    status = answer.status_code
    found.statuses[status] += 1
    headers = {
        name.lower(): value[0] if isinstance(value, list) else value for name, value in answer.headers.items()
    }
    if status >= 500 and not (status == 503 and headers.get("retry-after", "").isdigit()):
        found.fault(where, f"status {status}", f"{example}\n{answer.text}")
    if status < 400:
        return
    if headers.get("content-type") != "application/problem+json":
        found.fault(where, f"status {status} is no problem body", f"{example}\n{answer.text}")
        return
    if example.startswith("HEAD"):
        return
    problem = answer.json()
    if problem["request_id"] != headers.get("x-request-id") or problem["status"] != status:
        found.fault(where, f"status {status} has another id or status inside", f"{example}\n{answer.text}")


def fuzz_document(url: str, examples: int, keys: Keys, found: Found, seed: int) -> None:
    """About so many requests per operation of the document."""
    schema = schemathesis.openapi.from_dict(requests.get(f"{url}/openapi.json", timeout=30).json())
    for result in schema.get_all_operations():
        operation: Any = result.ok()  # type: ignore[union-attr]  # an error here ends the run
        scope = "staff" if operation.path.startswith("/v1/admin") else "shopper"
        where = f"{operation.method.upper()} {operation.path}"
        for mode, count in (
            (GenerationMode.POSITIVE, examples - examples // NEGATIVE_SHARE),
            (GenerationMode.NEGATIVE, examples // NEGATIVE_SHARE),
        ):
            try:
                cases = operation.as_strategy(generation_mode=mode)
                _run(cases, partial(_send, url, keys[scope], where, found), count, seed)
            except (hypothesis.errors.Unsatisfiable, schemathesis.errors.InvalidSchema):
                continue  # an operation without parameters cannot be called wrongly


def _send(url: str, key: str, where: str, found: Found, case: Case[Any]) -> None:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = case.call(base_url=url, headers=headers, timeout=TIMEOUT_SECONDS)
    example = f"{case.method} {case.formatted_path} {case.query} {case.body!r}"
    check(answer, where, example, found)
    try:
        case.validate_response(answer, checks=CHECKS)
    except (Failure, FailureGroup) as error:
        for failure in getattr(error, "exceptions", [error]):
            found.fault(where, f"{type(failure).__name__} at {answer.status_code}", f"{example}\n{failure}")


def fuzz_composing(url: str, examples: int, key: str, found: Found, seed: int) -> None:
    """So many requests for outfits, most of which mean something."""
    headers = {"Authorization": f"Bearer {key}"}

    def ask(body: dict[str, Any]) -> None:
        answer = requests.post(f"{url}/v1/outfits", json=body, headers=headers, timeout=TIMEOUT_SECONDS)
        check(answer, "composing", json.dumps(body), found)

    _run(wishes(), ask, examples, seed)


def wishes() -> st.SearchStrategy[dict[str, Any]]:
    """Bodies of `POST /v1/outfits` of the right shape, with values of all sorts."""
    name = st.one_of(st.sampled_from(["black", "Norda", "leather", "M", "38"]), st.text(max_size=30))
    names = st.lists(name, max_size=4)
    slots = st.lists(st.sampled_from(_SLOTS), max_size=4)
    optional = {
        "count": st.integers(0, 11),
        "department": st.sampled_from(["women", "men", "unisex", "kids", "pets", None]),
        "occasion": st.one_of(st.none(), st.text(max_size=210)),
        "season": st.sampled_from(["spring", "summer", "autumn", "fall", "winter", None]),
        "weather": st.fixed_dictionaries({"temperature_c": st.floats(-70, 70), "rain": st.booleans()}),
        "budget": st.fixed_dictionaries(
            {"max": st.floats(0, 2000), "currency": st.sampled_from(["EUR", "USD"])}
        ),
        "sizes": st.dictionaries(st.sampled_from(_SLOTS), names, max_size=3),
        "anchors": names,
        "slots": st.one_of(st.none(), slots),
        "exclude": st.fixed_dictionaries(
            {"brands": names, "colors": names, "materials": names, "skus": names}
        ),
        "seed": st.integers(-1, 2**63),
        "explain": st.booleans(),
        "shopper": st.text(max_size=40),
        "experiment": st.text(max_size=40),
    }
    vibe = st.one_of(st.sampled_from(VIBES), st.text(max_size=510))
    return st.fixed_dictionaries({"vibe": vibe}, optional=optional)


def _run(strategy: st.SearchStrategy[Any], send: Callable[[Any], None], count: int, seed: int) -> None:
    if count < 1:
        return

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def run(example: Any) -> None:
        send(example)

    run()


def fuzz(url: str, keys: Keys, number: int, seed: int) -> Found:
    """About so many requests of all kinds, with keys and without."""
    found = Found()
    document = requests.get(f"{url}/openapi.json", timeout=30).json()
    operations = sum(len(methods) for methods in document["paths"].values())
    composed = max(1, number // COMPOSED_SHARE)
    each = max(2, (number - composed) // operations)
    fuzz_document(url, each - 1, keys, found, seed)
    fuzz_document(url, 1, {"shopper": "", "staff": keys["shopper"]}, found, seed)
    fuzz_composing(url, composed, keys["shopper"], found, seed)
    return found


def main() -> int:
    """Run and print one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        build_index(Settings(data_dir=data), [FeedSource(SAMPLE)])
        with serving(data, adapters_dir=Path(folder) / "adapters") as served:
            with closing(State.of(Settings(data_dir=data))) as state:
                ring = KeyRepository(state)
                keys: Keys = {"shopper": ring.add("shopper"), "staff": ring.add("staff")}
            found = fuzz(served.url, keys, options.requests, options.seed)
            errors = served.errors()
    for fault, example in found.faults.items():
        print(f"{fault}\n{example}\n", file=sys.stderr)
    for error in errors[:10]:
        print(json.dumps(error), file=sys.stderr)
    line = {
        "sent": found.sent,
        "statuses": {str(status): count for status, count in sorted(found.statuses.items())},
        "faults": sorted(found.faults),
        "errors_logged": len(errors),
    }
    print(json.dumps(line))
    return 1 if found.faults or errors else 0


if __name__ == "__main__":
    sys.exit(main())
