"""What two servers in a row could read in two ways is refused by the server, on a real socket."""

from __future__ import annotations

import asyncio

import pytest
import uvicorn

from service.cli.http_protocol import StrictHttp

pytestmark = pytest.mark.anyio
BODY = b'{"a":1}'


async def app(scope, receive, send):
    if scope["type"] == "http":
        await receive()
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
        await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def anyio_backend():
    return "asyncio"


async def ask(sent: bytes) -> bytes:
    config = uvicorn.Config(app, port=0, http=StrictHttp, lifespan="off", log_config=None, ws="none")
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    port = server.servers[0].sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        return await asyncio.wait_for(reader.read(4096), 10)
    finally:
        writer.close()
        server.should_exit = True
        await server.shutdown()


GOOD = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\n" + BODY


async def test_a_plain_request_is_answered():
    assert (await ask(GOOD)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "sent",
    [
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345",
        b"GET / HTTP/1.1\nHost: a\n\n",
        b"GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +7\r\n\r\n" + BODY,
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n folded\r\n\r\n",
        b"GET  / HTTP/9.9\r\n\r\n",
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused_as_a_problem(sent):
    answer = await ask(sent)
    assert answer.startswith(b"HTTP/1.1 400"), answer
    assert b"application/problem+json" in answer
