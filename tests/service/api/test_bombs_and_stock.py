"""A feed that would fill a memory is refused, and changes of stock go on meanwhile."""

from __future__ import annotations

import gzip

import anyio
import pytest

pytestmark = pytest.mark.anyio

ATTRIBUTE = b'<rss><channel><item a="' + b"x" * 8_000_000 + b'"><id>1</id></item></channel></rss>'


@pytest.mark.parametrize(
    ("name", "content"),
    [("bomb.csv.gz", gzip.compress(b"sku,title\n1," + b"a" * 200_000_000, 1)), ("bomb.xml", ATTRIBUTE)],
)
async def test_stock_changes_while_a_bomb_is_refused(running, name: str, content: bytes) -> None:
    client = running.client
    client.headers.update(running.staff())
    job = (await client.post("/v1/admin/reindex", files={"file": (name, content)})).json()
    patched = 0
    with anyio.fail_after(60):
        while (state := (await client.get(job["url"])).json())["finished"] is None:
            rows = [{"sku": "T/1", "quantity": patched}]
            assert (await client.patch("/v1/admin/stock", json=rows)).status_code == 200
            patched += 1
            await anyio.sleep(0.01)
    assert state["status"] == "failed"
    assert "no product feed" in state["error"] or "the XML is refused" in state["error"]
    assert (await client.patch("/v1/admin/stock", json=[{"sku": "T/1", "quantity": 2}])).status_code == 200
