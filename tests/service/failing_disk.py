"""A disk that fails at one step: the n-th call of what makes changes durable raises, all others work. For tests."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

STEPS = ("fsync", "replace", "rename", "mkdir")
CODES = (errno.ENOSPC, errno.EIO)


@contextmanager
def failing(number: int, code: int) -> Iterator[Callable[[], bool]]:
    """Within, step `number`, from 0, fails with `code`; what is given tells whether it came to that."""
    count = 0
    hit = False

    def wrapped(real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*arguments: Any, **options: Any) -> Any:
            nonlocal count, hit
            count += 1
            if count == number + 1:
                hit = True
                raise OSError(code, os.strerror(code))
            return real(*arguments, **options)

        return step

    with pytest.MonkeyPatch.context() as patch:
        for name in STEPS:
            patch.setattr(os, name, wrapped(getattr(os, name)))
        yield lambda: hit
