"""The Unified Odds Feed, live: its messages over AMQP 0-9-1, what was missed over HTTP.

Source: docs.sportradar.com/uof: a topic exchange, a queue of our own on it, the access token as
the user's name. By aiormq, which leaves connecting again to us.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from enum import Enum
from typing import Any, cast

import httpx2
from aiormq import Connection
from aiormq.abc import AbstractChannel, DeliveredMessage
from aiormq.auth import AuthBase
from aiormq.exceptions import AMQPError, ChannelInvalidStateError
from yarl import URL

from overround.adapters.feeds.connection import ConnectionOver, Link, Target
from overround.adapters.feeds.contracts import xsd
from overround.adapters.feeds.failures import first_over
from overround.adapters.feeds.uof_recovery import SETTINGS as OF_RECOVERY
from overround.adapters.feeds.uof_recovery import Api, Producer, Rules, products
from overround.adapters.feeds.xml import opening, parsed
from overround.domain.kernel.refusal import Refusal

logger = logging.getLogger(__name__)

Queue = asyncio.Queue[DeliveredMessage]
Fields = dict[str, str]

SETTINGS = OF_RECOVERY | {
    "exchange": "the exchange at the broker: unifiedfeed",
    "routing_keys": "what our queue is bound to, separated by commas: #",
}

_EXCHANGE = "unifiedfeed"
_OPEN_S_MAX = 10.0
_ANSWER_S_MAX = 10.0
# A broker that is silent does not answer a goodbye either.
_CLOSE_S_MAX = 1.0
_HEARTBEAT_S = 10
# Messages that wait in this process while the log takes no more; the rest waits in the queue.
_PREFETCH = 200
# The second is not one of the first: whatever is asked of a channel that closed meanwhile.
_PROTOCOL_ERRORS = (AMQPError, ChannelInvalidStateError)
# A producer's number has one or two digits; what is longer names nobody.
_PRODUCER_DIGITS_MAX = 4


async def live(target: Target, link: Link) -> None:
    """Run one connection: hand on what comes, in order, and recover each producer.

    The path of the address is the virtual host.

    Raises:
        ConnectionOver: `refused`, `closed`.
        SettingRefused: a setting is missing or no good.
        OSError: the socket failed.
    """
    rules, numbers = Rules.of(target), itertools.count(secrets.randbelow(1 << 30) + 1)
    async with AsyncExitStack() as stack:
        answer_s_max = target.number("answer_s_max", _ANSWER_S_MAX)
        client = await stack.enter_async_context(httpx2.AsyncClient(timeout=answer_s_max))
        api = Api(client, target)
        producers = {
            product.id: Producer(product, link, api, rules, numbers) for product in products(target)
        }
        try:
            async with asyncio.timeout(_OPEN_S_MAX):
                channel = await _opened(target, stack)
                queue = await _consume(target, channel)
        except _PROTOCOL_ERRORS as error:
            raise ConnectionOver("refused", str(error)) from error
        # The connection; each producer is lost until it is recovered.
        link.live()
        recoveries = [producer.recover() for producer in producers.values()]
        over = await first_over(
            _until_closed(channel), _Feed(link, producers).run(queue), *recoveries
        )
    raise over


async def _until_closed(channel: AbstractChannel) -> None:
    try:
        await channel.closing
    except AMQPError as error:
        raise ConnectionOver("closed", str(error)) from error
    raise ConnectionOver("closed")


class _Feed:
    """What comes on the queue: to the producers, or handed on."""

    def __init__(self, link: Link, producers: dict[str, Producer]) -> None:
        self._link, self._producers = link, producers
        self._unexpected: set[str] = set()

    async def run(self, queue: Queue) -> None:
        """Take messages in their order, each acknowledged once it was handed on."""
        while True:
            message = await queue.get()
            await self._take(message.body)
            assert message.delivery_tag is not None, "a delivery has a tag"
            try:
                await message.channel.basic_ack(message.delivery_tag)
            except _PROTOCOL_ERRORS as error:
                # The connection ended meanwhile, and this may be seen before `_until_closed` is.
                raise ConnectionOver("closed", str(error)) from error

    async def _take(self, payload: bytes) -> None:
        self._link.heard()
        name, fields = opening(payload) or ("", {})
        self._expect(fields.get("product", ""))
        if name in _OF_PRODUCERS and self._is_contract(payload):
            producer = self._producers.get(fields["product"])
            if producer is not None:
                _OF_PRODUCERS[name](producer, fields)
            return
        await self._link.message(payload)

    @staticmethod
    def _is_contract(payload: bytes) -> bool:
        """Whether it is what the contract says; what is not is handed on, to be refused there."""
        try:
            xsd.UOF.check(parsed(payload))
        except Refusal:
            return False
        return True

    def _expect(self, product: str) -> None:
        """Nothing may be relied on that a producer sends who is never recovered."""
        is_known = product in self._producers or product in self._unexpected
        if is_known or not product.isdigit() or len(product) > _PRODUCER_DIGITS_MAX:
            return
        self._unexpected.add(product)
        logger.warning("producer %s sends, and is not among the setting `producers`", product)
        self._link.lost("not_configured", product)


_OF_PRODUCERS: dict[str, Callable[[Producer, Fields], None]] = {
    "alive": lambda producer, fields: producer.alive(
        int(fields["timestamp"]), is_subscribed=fields.get("subscribed") == "1"
    ),
    "snapshot_complete": lambda producer, fields: producer.completed(fields.get("request_id", "")),
}


async def _opened(target: Target, stack: AsyncExitStack) -> AbstractChannel:
    """A channel of a connection that closes with the stack."""
    url = URL(target.url)
    connection = _Connection(
        url.update_query({"heartbeat": str(_HEARTBEAT_S)} | dict(url.query)), target.needed("token")
    )
    stack.push_async_callback(_close, connection)
    await connection.connect()
    return await connection.channel(publisher_confirms=False)


async def _close(connection: Connection) -> None:
    with suppress(TimeoutError, *_PROTOCOL_ERRORS):
        await connection.close(timeout=_CLOSE_S_MAX)


async def _consume(target: Target, channel: AbstractChannel) -> Queue:
    """Bind a queue of our own, which ends with the connection, and begin to read it."""
    queue: Queue = asyncio.Queue()  # as long as the broker lets it grow: `_PREFETCH`
    declared = await channel.queue_declare("", exclusive=True, auto_delete=True)
    name = declared.queue or ""
    exchange = target.settings.get("exchange", _EXCHANGE)
    for key in target.settings.get("routing_keys", "#").split(","):
        await channel.queue_bind(name, exchange, key.strip())
    await channel.basic_qos(prefetch_count=_PREFETCH)
    await channel.basic_consume(name, queue.put)
    return queue


class _TokenAuth(AuthBase):
    """The token as the user, and no password."""

    def encode(self) -> str:
        return f"\0{cast(_Connection, self.connector).token}\0"


class _Mechanism(Enum):
    """In aiormq's shape: the name for the broker, and who encodes."""

    PLAIN = _TokenAuth


class _Connection(Connection):
    """Keeps the token beside the address: aiormq logs the address with its user."""

    def __init__(self, url: URL, token: str) -> None:
        super().__init__(url)
        self.token = token

    def _credentials_class(self, start_frame: Any) -> Any:
        return _Mechanism.PLAIN
