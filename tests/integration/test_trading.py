"""Traders' orders on a real Kafka: given on the command line, taken by a worker that goes on."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from overround.contracts import topics
from overround.contracts.topic import PARTITIONS, Topic
from overround.domain.feeds.events import FixtureScheduled, PricesObserved
from tests.kit.kafka import Workers, produce, read_to_end, sportsbook_broker
from tests.kit.match import MATCH, OPENING, PROVIDER, wire

pytestmark = pytest.mark.kafka


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    with sportsbook_broker() as bootstrap:
        yield bootstrap


BRIEFLY = ("--for", "10m", "--by", "ann")


def say(broker: str, topic: Topic, *values: Any) -> None:
    encoded = [wire().encode(v, id=f"t{n}", at_us=0, caused_by=None) for n, v in enumerate(values)]
    produce(broker, topic.name, [(MATCH.encode(), payload) for payload in encoded])


def prices(broker: str, at_least: int) -> list[dict[str, int]]:
    records = read_to_end(broker, topics.QUOTES.name, at_least=at_least, seconds=60)
    quotes = [wire().decode(record.value or b"").value for record in records]
    return [{f"{q.market}/{q.outcome}": q.price_milli for q in each.lines} for each in quotes]


def test_what_traders_order_is_taken_by_a_worker_that_goes_on(
    broker: str, workers: Workers
) -> None:
    def overround(*words: str) -> Result:
        return CliRunner().invoke(main, ["trading", *words, "--bootstrap", broker])

    def done(*words: str) -> Any:
        answer = overround(*words, "--json")
        assert answer.exit_code == 0, answer.output
        return json.loads(answer.output)

    command = [sys.executable, "-m", "cli.main", "worker", "markets", "--once"]
    workers.start([*command, "--bootstrap", broker], name="markets")
    fixture = FixtureScheduled(MATCH, PROVIDER, 1, "Cup", "A", "B", 0)
    say(broker, topics.MARKETS_INBOX, fixture, PricesObserved(MATCH, PROVIDER, 2, OPENING))
    before = prices(broker, 1)[-1]

    change = ("parameters", "--set", "margin.1x2=0.15", "--by", "ann")
    (told,) = done(*change)["told"]
    assert (told["record"], told["version"], told["author_id"]) == ("ParametersChanged", 1, "ann")
    assert prices(broker, 2)[-1]["1x2/home"] < before["1x2/home"], "the next tick takes them"
    assert overround(*change).output == "nothing to change: it is so already\n"
    assert done("parameters")["parameters"]["margin.1x2"] == "0.15"
    inbox = read_to_end(broker, topics.MARKETS_INBOX.name)
    told_in = {r.partition for r in inbox if b"margin.1x2" in (r.value or b"")}
    assert told_in == set(range(PARTITIONS))

    (told,) = done("override", MATCH, "1x2/home", "--price", "2.05", *BRIEFLY)["told"]
    assert (told["status"], told["set_by"]) == ("waiting", "ann")
    assert overround("confirm", MATCH, told["override_id"], "--by", "ann").exit_code == 1
    (told,) = done("confirm", MATCH, told["override_id"], "--by", "bob")["told"]
    assert (told["status"], told["trader_id"]) == ("in_force", "bob")
    assert prices(broker, 3)[-1]["1x2/home"] == 2_050
    done("suspend", MATCH, "--market", "1x2", "--by", "ann")
    assert "1x2/home" not in prices(broker, 4)[-1]
    done("reopen", MATCH, "--market", "1x2", "--by", "ann")
    assert overround("suspend", MATCH, "--by", "ann").output == f"{MATCH} is suspended: trader: \n"
    assert done("reopen", MATCH, "--by", "bob")["told"][0]["status"] == "open"

    refused = overround("parameters", "--set", "model.red_own=9", "--by", "ann")
    assert refused.exit_code == 1
    assert refused.output.startswith("refused: parameter_out_of_range (model.red_own: 9")
    assert overround("parameters", "--set", "model.red_own=0.6").exit_code == 2, "by whom?"
