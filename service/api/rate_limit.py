"""How often a caller may ask: token buckets in memory, one per key or address. Knows no route and no key.

A token bucket (Turner 1986) holds at most `burst` tokens and gains `rate` of them a minute; a request takes one.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
import time
from collections import OrderedDict
from collections.abc import Callable

from service.errors import TooManyError

GUESSES_PER_MINUTE = 30
"""Requests without a good key, per address. A key known to be good goes on all the same."""
_MOST_BUCKETS = 10_000
_MOST_KEYS = 1_000
_IPV6_SITE = 64  # bits; a household or a server is given no less, and could use a fresh address per request

Clock = Callable[[], float]


class TokenBuckets:
    """Buckets by name. Those used longest ago are forgotten beyond `most`, so that memory is bounded.

    Not locked: the event loop alone calls it. `clock` gives seconds and never jumps.
    """

    def __init__(
        self, per_minute: float, burst: float, clock: Clock = time.monotonic, most: int = _MOST_BUCKETS
    ) -> None:
        self._per_second = per_minute / 60
        self._burst = max(1.0, burst)
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # tokens, and when that was so

    def wait(self, name: str) -> float:
        """Seconds until the bucket has a token; 0 when it has one."""
        return max(0.0, (1 - self._tokens(name)) / self._per_second)

    def take(self, name: str) -> float:
        """Takes a token and returns 0; without one, takes none and returns the seconds until there is."""
        tokens = self._tokens(name)
        taken = 1.0 if tokens >= 1 else 0.0
        self._buckets[name] = (tokens - taken, self._clock())
        self._buckets.move_to_end(name)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return 0.0 if taken else (1 - tokens) / self._per_second

    def __len__(self) -> int:
        return len(self._buckets)

    def _tokens(self, name: str) -> float:
        tokens, then = self._buckets.get(name, (self._burst, 0.0))
        return min(self._burst, tokens + max(0.0, self._clock() - then) * self._per_second)


class Limits:
    """What one caller may ask of the service, and how often somebody without a good key may try.

    `on_refused` is told of each request that is refused.
    """

    def __init__(
        self,
        rate_per_minute: int,
        on_refused: Callable[[], None] = lambda: None,
        clock: Clock = time.monotonic,
    ) -> None:
        self._on_refused = on_refused
        self._requests = (
            TokenBuckets(rate_per_minute, rate_per_minute / 2, clock) if rate_per_minute else None
        )
        self._guesses = TokenBuckets(GUESSES_PER_MINUTE, GUESSES_PER_MINUTE, clock)
        self._good: OrderedDict[bytes, None] = OrderedDict()

    def admit(self, caller: str) -> None:
        """One more request of this caller. Raises TooManyError, with the seconds to wait."""
        if self._requests is not None:
            self._refuse(self._requests.take(caller), "too many requests with this key or from this address")

    def before_key(self, address: str, header: str) -> None:
        """Raises TooManyError where this address has sent too many bad keys, before another one is looked up.

        A key that was good a while ago is let through: one client's mistake is not to shut out the others behind
        the same address.
        """
        if _fingerprint(header) not in self._good:
            wait = self._guesses.wait(address)
            self._refuse(wait, "too many requests without a good key from this address")

    def key_was_bad(self, address: str, header: str) -> None:
        """This address sent no key, or a bad one."""
        self._good.pop(_fingerprint(header), None)
        self._guesses.take(address)

    def key_was_good(self, header: str) -> None:
        """The key in this header was good; only a hash of it is kept."""
        mark = _fingerprint(header)
        self._good[mark] = None
        self._good.move_to_end(mark)
        if len(self._good) > _MOST_KEYS:
            self._good.popitem(last=False)

    def _refuse(self, seconds: float, reason: str) -> None:
        if seconds > 0:
            self._on_refused()
            raise TooManyError(reason, retry_after=math.ceil(seconds))


def caller_address(host: str | None) -> str:
    """What counts as one address: an IPv4 address, or the /64 network of an IPv6 address."""
    try:
        address = ipaddress.ip_address((host or "").partition("%")[0])
    except ValueError:
        return host or "unknown"
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, _IPV6_SITE), strict=False))


def _fingerprint(header: str) -> bytes:
    return hashlib.sha256(header.encode("utf-8", "surrogatepass")).digest()
