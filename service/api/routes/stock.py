"""The route by which staff say what is in stock, and at what price. Knows no catalogue."""

from __future__ import annotations

from anyio import to_thread
from fastapi import APIRouter, Request, Security
from pydantic import TypeAdapter, ValidationError

from service.api.auth import StaffRoute, bearer
from service.api.dependencies import Services, services
from service.api.errors import documented
from service.api.intake.strictness import check_names
from service.catalog.stock_patches import MAX_PATCHES, StockPatch, StockResult
from service.errors import InvalidError, field_errors

STOCK_PATH = "/v1/admin/stock"
MAX_STOCK_BYTES = 4 * 1024 * 1024
"""Room for `MAX_PATCHES` rows, whatever their SKUs look like."""
_ERRORS_NAMED = 100

router = APIRouter(
    tags=["admin"],
    route_class=StaffRoute,
    dependencies=[Security(bearer)],
    responses=documented(401, 403, 413, 422, 500, 503),
)
_rows = TypeAdapter(list[StockPatch])
_SCHEMA = {
    "type": "array",
    "minItems": 1,
    "maxItems": MAX_PATCHES,
    "items": StockPatch.model_json_schema(),
}
_BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": _SCHEMA}}}}


@router.patch(STOCK_PATH, openapi_extra=_BODY)
async def patch_stock(request: Request) -> StockResult:
    """Say what is in stock, and at what price: all rows or, when one is wrong, none.

    The next request sees it, without a new index, and a restart forgets nothing. Of rows for the same size the last
    counts. Rows that the index does not know are listed and not kept. A newer index, built from feeds that were
    read afterwards, overrules it.
    """
    body = await request.body()
    return await to_thread.run_sync(_patch, services(request), body)


def _patch(app: Services, body: bytes) -> StockResult:
    # Here, and not by the framework: to read thousands of rows would hold up every other request.
    result = app.serving.get().patch_stock(_parsed(body))
    app.metrics.stock_rows.inc(result.applied)
    return result


def _parsed(body: bytes) -> list[StockPatch]:
    check_names(body)
    try:
        rows = _rows.validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:_ERRORS_NAMED]
        raise InvalidError.of(*field_errors(found)) from error
    if not 1 <= len(rows) <= MAX_PATCHES:
        raise InvalidError.at("body", f"send 1 to {MAX_PATCHES} rows, not {len(rows)}")
    return rows
