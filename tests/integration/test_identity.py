"""Two providers' fixture on a real Kafka: put before a person, decided, and followed after."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from cli.main import main
from overround.adapters.feeds.partner import FORMAT
from overround.contracts import topics
from overround.domain.kernel.match import Incident
from tests.kit.kafka import Workers, read_to_end, sportsbook_broker
from tests.kit.match import incident_fields
from topologies.wire import sportsbook_wire

pytestmark = pytest.mark.kafka

SHEET = """Div,Date,HomeTeam,AwayTeam,FTHG,FTAG,FTR
E0,10/02/18,Wolves,Arsenal,1,0,H
"""
FIXTURE = {
    "type": "fixture",
    "competition": "Premier League",
    "home": "Wolverhampton Wanderers",
    "away": "Arsenal",
    "kickoff_at": "2018-02-10T12:30:00Z",
}
TEAM = "football-arsenal"
JACOB = f"{TEAM}-jacob-murphy"


@pytest.fixture
def broker() -> Iterator[str]:
    """A broker of its own: the sportsbook's topics have fixed names."""
    with sportsbook_broker() as bootstrap:
        yield bootstrap


def spoken(path: Path, first: int, *messages: dict[str, Any]) -> Path:
    """A recording of the partner's messages of one match, numbered from `first`."""
    lines = [
        json.dumps({"format": FORMAT, "match": "77", "sequence": number} | fields)
        for number, fields in enumerate(messages, start=first)
    ]
    path.write_text("\n".join(lines))
    return path


def test_a_doubt_is_reviewed_and_confirmed_and_connections_follow(
    broker: str, workers: Workers, tmp_path: Path
) -> None:
    def overround(*words: str) -> Result:
        return CliRunner().invoke(main, [*words, "--bootstrap", broker])

    def put(provider: str, path: Path) -> None:
        done = overround("ingest", provider, "--file", str(path))
        assert done.exit_code == 0, done.output

    for name in ("feeds", "identity"):
        command = [sys.executable, "-m", "cli.main", "worker", name, "--once"]
        workers.start([*command, "--bootstrap", broker], name=name)
    sheet = tmp_path / "E0.csv"
    sheet.write_text(SHEET)
    put("football-data", sheet)
    read_to_end(broker, topics.IDENTITIES.name, at_least=1, seconds=60)
    put("partner", spoken(tmp_path / "1.jsonl", 1, FIXTURE))
    read_to_end(broker, topics.UNRESOLVED.name, at_least=1, seconds=60)

    (asked,) = json.loads(overround("identity", "review", "--json").output)["waiting"]
    assert (asked["match"], asked["event_id"]) == ("77", "partner-77")
    event_id = asked["candidates"][0]["event_id"]
    assert "Wolverhampton" in overround("identity", "review").output
    wrong = overround("identity", "confirm", "partner", "77", "nothing", "--by", "ann")
    assert (wrong.exit_code, wrong.output.strip()) == (1, "refused: unknown_event (nothing)")
    done = overround("identity", "confirm", "partner", "77", event_id, "--by", "ann", "--json")
    assert done.exit_code == 0, done.output
    told = {each["record"]: each for each in json.loads(done.output)["told"]}
    assert told["EventLinked"]["event_id"] == event_id
    assert told["LinkDecided"]["decided_by"] == "ann"
    assert "nothing waits" in overround("identity", "review").output

    put("partner", spoken(tmp_path / "2.jsonl", 2, incident_fields("period", "first_half", 0)))
    inbox = read_to_end(broker, topics.FEEDS_INBOX.name)
    assert event_id.encode() in {r.key for r in inbox if b'"sequence": 2' in (r.value or b"")}
    wire = sportsbook_wire()
    found = read_to_end(broker, topics.INCIDENTS.name, at_least=2, seconds=60)
    incidents = (wire.decode(record.value or b"").value for record in found)
    assert {i.event_id for i in incidents if isinstance(i, Incident)} == {event_id}
    assert not read_to_end(broker, topics.GAPS.name)
    assert overround("replay", "identity").exit_code == 0


def test_names_of_players_are_reviewed_merged_rejected_and_split(
    broker: str, workers: Workers, tmp_path: Path
) -> None:
    def overround(*words: str) -> Result:
        return CliRunner().invoke(main, ["identity", *words, "--bootstrap", broker])

    def decided(*words: str) -> dict[str, dict[str, Any]]:
        place = ("--kind", "player", "--team", TEAM, "--by", "ann", "--json")
        done = overround(*words, *place)
        assert done.exit_code == 0, done.output
        return {each["record"]: each for each in json.loads(done.output)["told"]}

    for name in ("feeds", "identity"):
        command = [sys.executable, "-m", "cli.main", "worker", name, "--once"]
        workers.start([*command, "--bootstrap", broker], name=name)
    named = [
        incident_fields("shot", "first_half", 60 + number, side="away", player=player)
        for number, player in enumerate(("Jacob Murphy", "J. Murphy", "Murphy"))
    ]
    path = spoken(tmp_path / "1.jsonl", 1, FIXTURE, *named)
    words = ["ingest", "partner", "--file", str(path), "--bootstrap", broker]
    assert CliRunner().invoke(main, words).exit_code == 0
    read_to_end(broker, topics.UNRESOLVED.name, at_least=2, seconds=60)

    asked = json.loads(overround("review", "--json").output)["names"]
    assert [each["name"] for each in asked] == ["J. Murphy", "Murphy"]
    own, other = (each["participant_id"] for each in asked)
    shown = overround("review").output
    assert f"partner J. Murphy: {own} --kind player --country '' --team {TEAM}" in shown
    assert f"  may be {JACOB}: Jacob Murphy (90% alike;" in shown
    told = decided("merge-participants", own, JACOB)
    assert told["ParticipantLinked"]["participant_id"] == JACOB
    assert told["ParticipantDecided"]["decided_by"] == "ann"
    told = decided("reject-participant", other)
    assert told["ParticipantDecided"]["into_participant_id"] == other
    assert "nothing waits" in overround("review").output
    told = decided("split-participant", JACOB, "partner", "J. Murphy")
    assert told["ParticipantLinked"]["participant_id"] != JACOB


def test_a_decision_without_identity_at_work_says_so_and_stays_written(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.desk._ANSWER_S_MAX", 1.0)
    words = ["identity", "reject", "partner", "77", "--by", "ann", "--bootstrap", broker]
    done = CliRunner().invoke(main, words)
    assert done.exit_code == 1
    assert "overround worker identity" in done.output
    assert len(read_to_end(broker, topics.IDENTITY_INBOX.name)) == 1
