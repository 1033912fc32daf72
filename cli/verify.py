"""`overround verify`: count everything again from the topics, and compare."""

from __future__ import annotations

import time

import click

from cli.options import bootstrap_option
from cli.topic_reader import KafkaTopics
from cli.verification.model import Verification
from cli.verification.verify import verify as verify_topics
from overround.contracts.topic import PARTITIONS
from topologies.sportsbook import MATCH_DAY, SPORTSBOOK
from topologies.wire import sportsbook_wire


def verify_cluster(bootstrap: str) -> Verification:
    """Verify the sportsbook on a cluster; reads every topic once, committed records only.

    IDENTITY is left out where it has never run: a house whose sources agree on ids needs none.
    """
    recorded = KafkaTopics(bootstrap, PARTITIONS)
    identity = SPORTSBOOK.agent("identity")
    has_run = any(recorded.standing(identity, place).handled for place in range(PARTITIONS))
    return verify_topics(recorded, SPORTSBOOK if has_run else MATCH_DAY, sportsbook_wire())


@click.command(epilog="Example: overround verify --bootstrap 127.0.0.1:9092")
@bootstrap_option
def verify(bootstrap: str) -> None:
    """Count money, bets, exposures and tables again from the topics, and compare.

    Meant for a system at rest: bets that are still under way count as lost. Exit status: 0
    everything agrees, 1 something differs.
    """
    started = time.monotonic()
    verification = verify_cluster(bootstrap)
    for line in verification.lines():
        click.echo(line)
    verdict = "everything agrees" if verification.is_clean else "the books DIFFER"
    click.echo(f"{verdict}: {verification.bets} bets, {time.monotonic() - started:.1f} s")
    raise SystemExit(0 if verification.is_clean else 1)
