"""Real workers killed, stopped and ended under load: no bet and no cent is lost or doubled."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli.local_kafka import KafkaUnavailable
from tests.chaos.run import BETS, run
from tests.kit.kafka import unavailable

pytestmark = [pytest.mark.kafka, pytest.mark.chaos]


@pytest.mark.parametrize("seed", [1, 2])
def test_no_bet_is_lost_or_doubled_while_workers_are_killed_stopped_and_ended(
    seed: int, tmp_path: Path
) -> None:
    try:
        outcome = run(seed, logs=tmp_path)
    except KafkaUnavailable as missing:
        unavailable(str(missing))
    assert outcome.faults == []
    assert outcome.verification.is_clean, "\n".join(outcome.verification.lines())
    line = re.fullmatch(
        r"chaos: bets (\d+) accepted (\d+) lost 0 duplicated 0 ledger_minor 0 "
        r"exposure_diff 0 table_diff 0 kills (\d+) stops (\d+) terms (\d+)",
        outcome.summary(),
    )
    assert line is not None, outcome.summary()
    bets, accepted, kills, stops, terms = map(int, line.groups())
    assert bets > 0.8 * BETS, "a repeat is not a bet, and a tenth are repeats"
    assert accepted > 0.25 * BETS
    assert kills >= 6
    assert stops >= 4
    assert terms >= 2
