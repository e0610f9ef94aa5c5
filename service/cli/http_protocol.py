"""How the server reads HTTP: by llhttp, which refuses what two servers in a row could read in two ways.

Content-Length beside chunked, bare line feeds, blanks before a colon: a proxy in front may end a request elsewhere than
we would, and smuggle another one past its rules. Such a connection is answered 400, as problem+json, and closed.
"""

from __future__ import annotations

import json

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_BODY = json.dumps(
    {
        "type": "about:blank",
        "title": "Bad request",
        "status": 400,
        "detail": "this is no HTTP that can be read in one way only",
        "instance": "",
        "request_id": "",
        "errors": [],
    }
).encode()
_HEAD = b"HTTP/1.1 400 Bad Request\r\ncontent-type: application/problem+json\r\nconnection: close\r\ncontent-length: "


class StrictHttp(HttpToolsProtocol):
    """The server's own protocol, but for the body of its 400."""

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - what it says is for whoever wrote the client
        self.transport.write(_HEAD + str(len(_BODY)).encode() + b"\r\n\r\n" + _BODY)
        self.transport.close()
