"""A visitor of the pages without a browser: keeps cookies, and sends the token of the page that was opened."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import anyio
import httpx
from fastapi import FastAPI

from service.api.dependencies import Services


@dataclass
class Visitor:
    app: FastAPI
    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Services:
        return self.app.state.services

    async def until_ready(self) -> None:
        with anyio.fail_after(10):
            while self.services.serving.not_ready() is not None:
                await anyio.sleep(0.005)

    async def open(self, path: str = "/") -> httpx.Response:
        """A page; what is asked from it afterwards bears its token."""
        page = await self.client.get(path)
        if found := re.search(r'"X-CSRF-Token": "([^"]+)"', page.text):
            self.headers = {"X-CSRF-Token": found[1], "HX-Request": "true"}
        return page

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form of the page."""
        return await self.client.post(path, data=fields, headers=self.headers)

    async def get(self, path: str, **query: Any) -> httpx.Response:
        return await self.client.get(path, params=query, headers=self.headers)
