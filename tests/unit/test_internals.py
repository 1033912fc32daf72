"""The engine's foundations in other people's code: still what they were when they were read."""

from __future__ import annotations

from importlib.metadata import version

from confluent_kafka import Consumer

from overround.runtime.faust_kafka import Epoch
from overround.runtime.faust_kafka.internals import CHECKED, INTERNALS, changed, fingerprint_of


def test_every_internal_that_the_engine_uses_is_as_it_was_checked() -> None:
    assert changed() == [], "read the change, adapt the engine, run the chaos test, then update"


def test_the_installed_versions_are_those_that_were_checked() -> None:
    assert {name: version(name) for name in CHECKED} == CHECKED


def test_a_changed_internal_is_noticed() -> None:
    paths = [internal.path for internal in INTERNALS]
    assert len(set(map(fingerprint_of, paths))) == len(paths)


def test_group_metadata_has_the_bytes_that_librdkafka_makes_itself() -> None:
    consumer = Consumer({"bootstrap.servers": "127.0.0.1:1", "group.id": "g", "log_level": 0})
    theirs = consumer.consumer_group_metadata()
    consumer.close()
    assert bytes(theirs) == Epoch("g", "", -1).metadata()
