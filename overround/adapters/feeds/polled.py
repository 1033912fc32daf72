"""A provider's document over HTTP, asked for again and again: what is new in it goes on.

Source: RFC 9110, on conditional requests and Retry-After. A poll that fails ends the connection,
as any does: when to try again and who is told is the connector's.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from hashlib import sha256
from urllib.parse import urlsplit

import httpx2

from overround.adapters.feeds.connection import (
    Connect,
    ConnectionOver,
    Link,
    SettingRefused,
    Target,
)
from overround.domain.feeds.decide import PAYLOAD_BYTES_MAX
from overround.domain.kernel.refusal import Refusal

SETTINGS = {
    "token": "sent as a bearer token, where one is needed; a secret",
    "interval_s": "seconds between two polls",
    "timeout_s": "seconds for a whole answer: 10",
    "bytes_max": "the longest document that is read: 8388608",
}

_TIMEOUT_S = 10.0
_BYTES_MAX = 8 << 20
# An answer that says to come back later than this is not believed.
_RETRY_AFTER_S_MAX = 3_600.0
_TO_WAIT_FOR = frozenset({429, 503})
_REDIRECTS_MAX = 5

# What is kept over connections; of the last document, the digests of its messages.
_ETAG, _MODIFIED, _HANDED_ON, _NOT_BEFORE = "etag", "last_modified", "handed_on", "not_before_s"
_DIGEST_CHARS = 20


@dataclass(frozen=True, slots=True)
class Document:
    """What is polled: its media types, how it parts into messages, and how often.

    `messages` raises a Refusal for what is no such document; it is then handed on as it came, to
    be kept with that reason. A pause of `interval_s_max` is no silence by the provider's contract.
    """

    media_types: frozenset[str]
    messages: Callable[[bytes], list[bytes]]
    interval_s: float
    interval_s_max: float


def polled(document: Document) -> Connect:
    """A connection that polls a document."""

    async def connect(target: Target, link: Link) -> None:
        if urlsplit(target.url).scheme not in ("http", "https"):
            raise SettingRefused("an address of http or https is needed")
        interval_s = target.number("interval_s", document.interval_s, document.interval_s_max)
        timeout_s = target.number("timeout_s", _TIMEOUT_S)
        token = target.settings.get("token")
        headers = {"authorization": f"Bearer {token}"} if token else {}
        async with httpx2.AsyncClient(
            headers=headers, timeout=timeout_s, follow_redirects=True, max_redirects=_REDIRECTS_MAX
        ) as client:
            poll = _Poll(client, target, link, document)
            while True:
                await asyncio.sleep(float(link.resume.get(_NOT_BEFORE, 0)) - time.monotonic())
                try:
                    # Over all: an answer that trickles in is never late byte by byte.
                    async with asyncio.timeout(timeout_s):
                        body = await poll.changed()
                except httpx2.TimeoutException as error:
                    raise ConnectionOver("timeout", str(error)) from error
                except httpx2.ConnectError as error:
                    raise ConnectionOver("unreachable", str(error)) from error
                except httpx2.HTTPError as error:
                    raise ConnectionOver("protocol", str(error)) from error
                if body is not None:
                    await poll.hand_on(body)
                link.live()
                await asyncio.sleep(interval_s)

    return connect


class _Poll:
    """The polls of one connection."""

    def __init__(
        self, client: httpx2.AsyncClient, target: Target, link: Link, document: Document
    ) -> None:
        self._client, self._url, self._link, self._document = client, target.url, link, document
        self._bytes_max = int(target.number("bytes_max", _BYTES_MAX))
        self._validators: dict[str, str] = {}

    async def changed(self) -> bytes | None:
        """The document, None if it is as it was.

        Raises:
            ConnectionOver: the answer is no document.
            httpx2.HTTPError: it did not come, or not whole.
        """
        resume = self._link.resume
        conditions = {
            "if-none-match": resume.get(_ETAG),
            "if-modified-since": resume.get(_MODIFIED),
        }
        headers = {name: value for name, value in conditions.items() if value}
        async with self._client.stream("GET", self._url, headers=headers) as answer:
            if answer.status_code == httpx2.codes.NOT_MODIFIED and headers:
                return None
            self._check(answer)
            body = await self._read(answer)
        self._validators = {
            _ETAG: answer.headers.get("etag", ""),
            _MODIFIED: answer.headers.get("last-modified", ""),
        }
        return body

    async def hand_on(self, body: bytes) -> None:
        """Hand on the messages that the last document did not have.

        Raises:
            ConnectionOver: it is no such document.
        """
        resume = self._link.resume
        known = set(resume.get(_HANDED_ON, "").split())
        try:
            by_digest = {_digest(each): each for each in self._document.messages(body)}
        except Refusal as refusal:
            if _digest(body) not in known:
                await self._message(body)
            resume[_HANDED_ON] = " ".join(known | {_digest(body)})
            raise ConnectionOver(refusal.reason, refusal.detail) from refusal
        for digest, message in by_digest.items():
            if digest not in known:
                await self._message(message)
        # Only now: what was not handed on is to come again.
        resume |= self._validators | {_HANDED_ON: " ".join(by_digest)}

    def _check(self, answer: httpx2.Response) -> None:
        status = answer.status_code
        if status in _TO_WAIT_FOR and (wait := answer.headers.get("retry-after")):
            self._link.resume[_NOT_BEFORE] = str(time.monotonic() + _seconds(wait))
        if status != httpx2.codes.OK:
            raise ConnectionOver(f"http_{status}", answer.reason_phrase)
        media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if media_type not in self._document.media_types:
            raise ConnectionOver("wrong_media_type", media_type or "none")

    async def _read(self, answer: httpx2.Response) -> bytes:
        parts, count = [], 0
        async for part in answer.aiter_bytes():
            parts.append(part)
            count += len(part)
            if count > self._bytes_max:
                raise ConnectionOver("too_large", f"more than {self._bytes_max:,} bytes")
        return b"".join(parts)

    async def _message(self, payload: bytes) -> None:
        # A byte too many is enough for FEEDS to refuse it, and the log takes no more.
        await self._link.message(payload[: PAYLOAD_BYTES_MAX + 1])


def _digest(message: bytes) -> str:
    return sha256(message).hexdigest()[:_DIGEST_CHARS]


def _seconds(retry_after: str) -> float:
    """How long an answer says to wait: seconds, or a date; 0 for what is neither."""
    try:
        wait_s = float(retry_after)
    except ValueError:
        try:
            at = parsedate_to_datetime(retry_after)
        except ValueError:
            return 0.0
        wait_s = (at.replace(tzinfo=at.tzinfo or UTC) - datetime.now(UTC)).total_seconds()
    return min(max(wait_s, 0.0), _RETRY_AFTER_S_MAX)
