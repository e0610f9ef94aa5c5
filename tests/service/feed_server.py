"""A feed server on loopback that answers as it is told, and remembers what it was asked."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class FeedServer:
    """`answers` by path; `asked` holds path and headers of every request."""

    port: int = 0
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str, host: str = "127.0.0.1", user: str = "") -> str:
        return f"http://{user}{host}:{self.port}{path}"

    def serve(self, path: str, body: bytes, status: int = 200, **headers: str) -> None:
        """Answer `path` so; a request that names the right ETag or date gets a 304."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}

        def answer(request: BaseHTTPRequestHandler) -> None:
            tag, since = request.headers["If-None-Match"], request.headers["If-Modified-Since"]
            same = (tag and tag == named.get("ETag")) or (since and since == named.get("Last-Modified"))
            request.send_response(304 if same else status)
            for name, value in named.items():
                request.send_header(name, value)
            if not same:
                request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            if not same:
                request.wfile.write(body)

        self.answers[path] = answer

    def redirect(self, path: str, location: str) -> None:
        self.serve(path, b"", 302, Location=location)


@contextmanager
def feed_server() -> Iterator[FeedServer]:
    told = FeedServer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            told.asked.append((self.path, dict(self.headers)))
            answer = told.answers.get(self.path.partition("?")[0])
            if answer is None:
                self.send_error(404)
            else:
                answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # a client that hangs up is what some tests are about
    told.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield told
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
