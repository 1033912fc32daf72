"""A season of three providers through FEEDS and IDENTITY, judged by the final scores."""

from __future__ import annotations

from pathlib import Path

import pytest

from agents.identity import IDENTITY
from benches.identity import PRECISION_MIN, RECALL_MIN, Provider, seasons
from benches.identity_flow import flow, judged, unresolved
from cli.verification.model import Journal
from cli.verification.replayed import check_agent
from overround.runtime.in_process import InProcess, RecordedRun
from topologies.wire import sportsbook_wire

pytestmark = pytest.mark.recordings

Run = tuple[InProcess, dict[str, Provider]]


@pytest.fixture(scope="module")
def run(recordings: Path) -> Run:
    providers = seasons(recordings)
    return flow({name: matches for name, (matches, _) in providers.items()}), providers


@pytest.mark.slow
def test_three_providers_are_linked_as_their_fixtures_come(run: Run) -> None:
    for pair, got in judged(*run).items():
        assert got["precision"] >= PRECISION_MIN, (pair, got["wrong"])
        assert got["recall"] >= RECALL_MIN, (pair, got["missed"])
    assert unresolved(run[0]) == [], "later fixtures have settled every doubt"


@pytest.mark.slow
def test_a_replay_of_the_season_makes_the_same_tables_and_outputs(run: Run) -> None:
    checks = check_agent(Journal(RecordedRun(run[0]), sportsbook_wire()), IDENTITY)
    assert not any(check.differences for check in checks.values()), checks
    assert checks["identity.outputs"].counted > 5_000
