"""What Prometheus is shown of a connection, while a real server fails it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from overround.adapters.feeds.connection import Target
from overround.adapters.feeds.connector import Connector
from overround.adapters.feeds.connector_metrics import ConnectorMetrics
from overround.adapters.feeds.providers import PROVIDERS
from overround.domain.feeds.commands import BreakerState
from overround.runtime.breaker import Breaker
from tests.kit.ingress import connected
from tests.kit.match import fixture_fields, incident_fields
from tests.kit.metrics import Samples, shown
from tests.kit.partner_server import TOKEN, PartnerServer

PARTNER = PROVIDERS["partner"]
BREAKER = 'overround_connector_breaker_state{provider="partner",state="%s"}'


@pytest.fixture
async def server() -> AsyncIterator[PartnerServer]:
    async with PartnerServer().running() as running:
        running.publish("m-1", fixture_fields())
        yield running


def target(server: PartnerServer) -> Target:
    return Target(server.url, {"token": TOKEN})


def scraped(connector: Connector, queued: int = 0) -> Samples:
    registry = CollectorRegistry()
    registry.register(ConnectorMetrics("partner", connector, lambda: queued))
    return shown(registry)


async def test_messages_reconnections_and_what_waits_are_shown(server: PartnerServer) -> None:
    async with connected(PARTNER, target(server)) as (connector, inbox):
        await inbox.until(lambda: "live" in inbox.told())
        found = scraped(connector, queued=7)
        assert found['overround_connector_messages_total{provider="partner"}'] == 1
        assert found['overround_connector_connections_total{provider="partner"}'] == 1
        assert found['overround_connector_queued_records{provider="partner"}'] == 7
        assert found['overround_connector_live{producer="",provider="partner"}'] == 1
        assert [found[BREAKER % state.value] for state in BreakerState] == [1, 0, 0]

        server.fault("reset")
        server.publish("m-1", incident_fields("clock", "not_started", 0))
        await inbox.until(lambda: inbox.told().count("live") == 2)
        found = scraped(connector)
        assert found['overround_connector_messages_total{provider="partner"}'] == 2
        assert found['overround_connector_connections_total{provider="partner"}'] == 2
    losses = {n: v for n, v in scraped(connector).items() if "losses" in n}
    assert len(losses) == 1
    assert sum(losses.values()) == 1
    assert scraped(connector)['overround_connector_live{producer="",provider="partner"}'] == 0


async def test_silence_grows_over_connections_that_bring_nothing(server: PartnerServer) -> None:
    server.fault("refuse")
    async with connected(PARTNER, target(server), silent_after_s=20) as (connector, inbox):
        began_s = time.monotonic()
        await inbox.until(lambda: connector.connections >= 4)
        silent_at_least_s = time.monotonic() - began_s
        found = scraped(connector)
    assert found['overround_connector_silence_allowed_seconds{provider="partner"}'] == 20
    silent_s = found['overround_connector_silence_seconds{provider="partner"}']
    assert silent_s >= silent_at_least_s, "a connection began it anew"


async def test_an_open_breaker_is_shown_as_the_one_state_it_is_in(server: PartnerServer) -> None:
    breaker = Breaker(failures_max=2, open_s=1_000)
    server.fault("refuse")
    async with connected(PARTNER, target(server), breaker=breaker) as (connector, inbox):
        await inbox.until(lambda: breaker.state is BreakerState.OPEN)
        found = scraped(connector)
    shown_states = {state: found[BREAKER % state.value] for state in BreakerState}
    assert [state for state, value in shown_states.items() if value] == [BreakerState.OPEN]
    assert found['overround_connector_losses_total{provider="partner",reason="refused"}'] == 2
