"""The app as tests run it: started, with a client that speaks to it in-process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import anyio
import httpx
from fastapi import FastAPI

from service.api.dependencies import Services


@dataclass
class Running:
    app: FastAPI
    client: httpx.AsyncClient

    @property
    def services(self) -> Services:
        return self.app.state.services

    def staff(self) -> dict[str, str]:
        """Headers with a new staff key."""
        return {"Authorization": f"Bearer {self.services.keys.add('staff')}"}

    def shopper(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.services.keys.add('shopper')}"}


async def until(condition: Callable[[], bool]) -> None:
    """Waits for what another thread does."""
    with anyio.fail_after(10):
        while not condition():
            await anyio.sleep(0.005)
