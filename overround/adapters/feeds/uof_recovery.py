"""Recovery of the Unified Odds Feed: each producer is lost until a snapshot that we asked for ends.

Source: docs.sportradar.com/uof, on alive messages, producers and recovery. A producer says every
10 s that it is alive, and whether it sends us all. After a silence, or when it does not, it is
asked over HTTP to send again what changed after the last alive message that was processed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass, field

import httpx2

from overround.adapters.feeds.connection import Link, SettingRefused, Target
from overround.runtime.breaker import Backoff

logger = logging.getLogger(__name__)

SETTINGS = {
    "token": "your access token; a secret",
    "api_url": "where recoveries are asked for: https://api.betradar.com/v1",
    "answer_s_max": "seconds for an answer over HTTP: 10",
    "producers": "number:name:minutes that it can send again: 1:liveodds:600,3:pre:4320",
    "alive_s_max": "seconds without an alive message that make a producer silent: 20",
    "request_each_s_min": "seconds between two requests to a producer: 30",
    "recovery_s_max": "seconds after which a recovery is asked for again: 1200",
}

_PRODUCTS = "1:liveodds:600,3:pre:4320"
_API_URL = "https://api.betradar.com/v1"
_MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class Product:
    """A producer by its number, its name in addresses, and how far back it can send again."""

    id: str
    name: str
    window_ms: int

    def after_ms(self, processed_ms: int | None, alive_ms: int) -> int | None:
        """The time to recover after: of the last alive message processed, within the window.

        None without one: the producer then sends everything as it stands. Both are the
        producer's own time, so that our clock does not matter.
        """
        return None if processed_ms is None else max(processed_ms, alive_ms - self.window_ms)


def products(target: Target) -> list[Product]:
    """The producers of the setting `producers`: `id:name:minutes`, separated by commas.

    Raises:
        SettingRefused: it is not of this form.
    """
    found = []
    for each in target.settings.get("producers", _PRODUCTS).split(","):
        id_, name, minutes = [*each.strip().split(":"), "", ""][:3]
        if not (id_.isdigit() and name and minutes.isdigit()):
            raise SettingRefused(f"producers: {each!r} is not id:name:minutes, as in {_PRODUCTS}")
        found.append(Product(id_, name, int(minutes) * _MINUTE_MS))
    return found


@dataclass(frozen=True, slots=True)
class Rules:
    """The feed's own limits, in seconds."""

    alive_s_max: float = 20.0
    request_each_s_min: float = 30.0
    recovery_s_max: float = 1_200.0
    backoff: Backoff = field(default_factory=lambda: Backoff(base_s=1.0))

    @staticmethod
    def of(target: Target) -> Rules:
        """The rules with what the settings say otherwise."""
        usual = Rules()
        return Rules(
            target.number("alive_s_max", usual.alive_s_max),
            target.number("request_each_s_min", usual.request_each_s_min),
            target.number("recovery_s_max", usual.recovery_s_max),
        )


class Api:
    """The part of the feed's HTTP API that asks for recoveries."""

    def __init__(self, client: httpx2.AsyncClient, target: Target) -> None:
        self._client = client
        self._url = target.settings.get("api_url", _API_URL).rstrip("/")
        self._headers = {"x-access-token": target.needed("token")}

    async def recover(self, product: Product, after_ms: int | None, request_id: int) -> None:
        """Ask a producer to send again.

        Raises:
            httpx2.HTTPError: it was not accepted, or nobody knows.
        """
        query = {"request_id": request_id} | ({} if after_ms is None else {"after": after_ms})
        url = f"{self._url}/{product.name}/recovery/initiate_request"
        answer = await self._client.post(url, params=query, headers=self._headers)
        answer.raise_for_status()


class Producer:
    """One producer over the life of a connection."""

    def __init__(
        self, product: Product, link: Link, api: Api, rules: Rules, request_ids: Iterator[int]
    ) -> None:
        self._product, self._link, self._api, self._rules = product, link, api, rules
        self._request_ids = request_ids
        self._request_id: int | None = None
        self._is_live = False
        self._alive_s: float | None = None
        self._alive_ms = 0
        self._asked_s = -rules.request_each_s_min
        self._is_needed = asyncio.Event()
        # The recovery that is under way ended, or is void.
        self._is_over = asyncio.Event()
        link.lost("not_recovered", product.id)

    def alive(self, at_ms: int, *, is_subscribed: bool) -> None:
        """The producer said that it lives; all that it sent before was handed on."""
        now_s, before_s = time.monotonic(), self._alive_s
        self._alive_s, self._alive_ms = now_s, at_ms
        self._link.heard(self._product.id)
        if before_s is None:
            self._need("not_recovered")
        elif now_s - before_s > self._rules.alive_s_max:
            self._need("silent")
        elif not is_subscribed:
            # It says so until it has taken the request.
            if self._is_live or now_s - self._asked_s >= self._rules.request_each_s_min:
                self._need("not_subscribed")
        elif self._is_live:
            self._link.resume[self._product.id] = str(at_ms)
            # Not only heard: who counts the seconds elsewhere may have given it up in between.
            self._link.live(self._product.id)

    def completed(self, request_id: str) -> None:
        """All of a recovery was handed on; those of others, and void ones, are not ours."""
        if request_id == str(self._request_id):
            self._request_id, self._is_live = None, True
            self._is_over.set()
            self._link.live(self._product.id)

    async def recover(self) -> None:
        """Recover whenever it is needed, until cancelled."""
        while True:
            await self._is_needed.wait()
            await asyncio.sleep(self._asked_s + self._rules.request_each_s_min - time.monotonic())
            self._is_needed.clear()
            self._is_over.clear()
            self._request_id = next(self._request_ids)
            try:
                async with asyncio.timeout(self._rules.recovery_s_max):
                    await self._ask(self._request_id)
                    await self._is_over.wait()
            except TimeoutError:
                self._need("recovery_too_long")

    def _need(self, reason: str) -> None:
        self._is_live, self._request_id = False, None
        self._is_needed.set()
        self._is_over.set()
        logger.warning("producer %s is to be recovered: %s", self._product.id, reason)
        self._link.lost(reason, self._product.id)

    async def _ask(self, request_id: int) -> None:
        """Ask until it is accepted; its end may come first, where only the answer was lost."""
        processed = self._link.resume.get(self._product.id)
        after_ms = self._product.after_ms(int(processed) if processed else None, self._alive_ms)
        failures = 0
        while not self._is_over.is_set():
            self._asked_s = time.monotonic()
            try:
                await self._api.recover(self._product, after_ms, request_id)
                return
            except httpx2.HTTPError as error:
                if self._is_over.is_set():
                    return
                failures += 1
                logger.warning("recovery of producer %s failed: %r", self._product.id, error)
                self._link.lost("recovery_failed", self._product.id)
                await asyncio.sleep(self._rules.backoff.pause_s(failures))
