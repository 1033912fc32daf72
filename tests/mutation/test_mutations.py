"""Takes each cure away, in a copy of the tree, and sees the test that guards it fail.

A test that cannot fail guards nothing. Each case names the lines that are the cure, what stands
there without it, and the test that must notice.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.kit.kafka import REPOSITORY

ENGINE = "overround/runtime/faust_kafka/"
DEFECTS = "tests/integration/test_exactly_once_defects.py::"
BETS = "tests/topology/test_accounts.py::"
PLAY = "tests/topology/test_markets.py::"
MONEY = "tests/topology/test_sportsbook.py::"
SHELL = "tests/unit/test_shell.py::"
METRICS = "tests/unit/test_metrics.py::"
QUORUM = "overround/domain/pricing/football/quorum.py"
BAD_INPUT = "tests/unit/test_bad_input.py::"
COPIED = (
    *("overround", "agents", "tables", "topologies", "cli", "avro", "benches", "tests"),
    "examples",
)

# pytest's exit status when tests ran and some failed; a broken import would be 2, no test 5.
SOME_FAILED = 1


@dataclass(frozen=True, slots=True)
class Mutation:
    """A cure, what is left without it, and the test that must fail then."""

    name: str
    file: str
    cure: str
    without: str
    test: str


ENGINE_MUTATIONS = (
    Mutation(
        "offsets filtered by assignment at commit",
        ENGINE + "consumer.py",
        "        return self.transaction.commit(self.epoch, self.app.carrier.flush)\n",
        "        owned = {(tp.topic, tp.partition) for tp in self.assignment()}\n"
        "        for place in set(self.transaction.progress) - owned:\n"
        "            del self.transaction.progress[place]\n"
        "        return self.transaction.commit(self.epoch, self.app.carrier.flush)\n",
        DEFECTS + "test_offsets_of_a_revoked_partition_commit_with_their_outputs",
    ),
    Mutation(
        "generation read at commit time",
        ENGINE + "consumer.py",
        "        return self.transaction.commit(self.epoch, self.app.carrier.flush)\n",
        "        self._thread.capture_epoch()\n"
        "        return self.transaction.commit(self._thread.epoch, self.app.carrier.flush)\n",
        DEFECTS + "test_a_zombie_that_rejoined_cannot_commit_work_of_its_old_membership",
    ),
    Mutation(
        "stale batches not told by the seek counter",
        ENGINE + "consumer.py",
        "        if type(records) is Fetched and records.seeks != self._thread.seeks:\n",
        "        if False:\n",
        DEFECTS + "test_a_batch_taken_before_a_seek_is_dropped_and_nothing_is_skipped",
    ),
    Mutation(
        "a fetch stamped with the seeks before it began",
        ENGINE + "membership.py",
        "        records = await super()._fetch_records(*args, **kwargs)\n"
        "        return Fetched(records, self.seeks)\n",
        "        seeks = self.seeks\n"
        "        records = await super()._fetch_records(*args, **kwargs)\n"
        "        return Fetched(records, seeks)\n",
        DEFECTS + "test_a_fetch_that_began_before_a_seek_hands_on_what_it_took_after_it",
    ),
    Mutation(
        "records that nobody could handle are not read again",
        ENGINE + "consumer.py",
        "            await self._go_back()\n",
        "            pass\n",
        DEFECTS + "test_records_taken_while_nobody_could_handle_them_are_read_again",
    ),
    Mutation(
        "batches dropped by comparing generations",
        ENGINE + "consumer.py",
        "        records, active = await super()._wait_next_records(timeout)\n",
        "        generation = self.app.consumer_generation_id\n"
        "        records, active = await super()._wait_next_records(timeout)\n"
        "        if generation != self.app.consumer_generation_id:\n"
        "            return {}, active\n",
        DEFECTS + "test_a_batch_of_another_generation_is_kept_when_no_seek_came_between",
    ),
    Mutation(
        "accounting per batch after an await",
        ENGINE + "consumer.py",
        "        self.transaction.account(batch.topic, batch.partition, done_to, "
        "len(batch.records))\n",
        "        asyncio.get_running_loop().call_soon(\n"
        "            self.transaction.account,\n"
        "            batch.topic,\n"
        "            batch.partition,\n"
        "            done_to,\n"
        "            len(batch.records),\n"
        "        )\n",
        DEFECTS + "test_a_commit_right_after_a_batch_covers_its_offsets_and_outputs",
    ),
    Mutation(
        "restore to the last stable offset",
        ENGINE + "recovery.py",
        "    if offset >= left.get(place, 0):\n        left.pop(place, None)\n",
        "    left.pop(place, None)\n",
        DEFECTS + "test_a_restore_reads_behind_a_transaction_that_a_dead_worker_left_open",
    ),
    Mutation(
        "restore waits for a record at the high watermark",
        ENGINE + "recovery.py",
        "            _reached(left, place, message.offset() or 0)\n",
        "            pass\n",
        DEFECTS + "test_a_restore_ends_at_a_changelog_whose_last_record_is_a_commit_marker",
    ),
    Mutation(
        "tables kept over a revoke",
        ENGINE + "carrier.py",
        "        self.tasks = {partition: self._task(partition, contents) "
        "for partition in partitions}\n",
        "        made = {partition: self._task(partition, contents) for partition in partitions}\n"
        "        self.tasks = made | self.tasks\n",
        DEFECTS + "test_a_table_is_adopted_as_the_last_owner_left_it",
    ),
    Mutation(
        "standbys allowed",
        ENGINE + "carrier.py",
        "    if app.conf.table_standby_replicas or app.tables:\n",
        "    if app.tables:\n",
        DEFECTS + "test_faust_standbys_are_refused",
    ),
    Mutation(
        "stream left by StopAsyncIteration",
        ENGINE + "carrier.py",
        "            except StopAsyncIteration:\n",
        "            except ZeroDivisionError:\n",
        DEFECTS + "test_a_stopped_stream_ends_its_batches_without_an_error",
    ),
)

RULE_MUTATIONS = (
    Mutation(
        "a repeated bet is placed again",
        "overround/domain/betting/decide.py",
        "    if bet is not None:\n        return _again(bet, command, body)\n",
        "",
        BETS + "test_the_same_command_again_gets_the_same_answer_and_moves_nothing",
    ),
    Mutation(
        "the accounts do not look a bet up",
        "agents/accounts.py",
        "        tables.bets.get(bet_key(command.customer_id, command.bet_id)),\n",
        "        None,\n",
        BETS + "test_the_same_id_with_another_body_has_a_reason_of_its_own",
    ),
    Mutation(
        "the hold of a rejected bet stays",
        "agents/accounts.py",
        "    elif decision.void:\n",
        "    elif False:\n",
        BETS + "test_a_rejected_bet_leaves_no_hold_and_the_whole_balance",
    ),
    Mutation(
        "a taken leg is not in the exposure",
        "agents/markets/legs.py",
        "        tables.exposures[exposure_key] = after\n",
        "",
        BETS + "test_every_bet_taken_is_in_the_exposure_once",
    ),
    Mutation(
        "a repeated incident is news",
        "agents/markets/play.py",
        "    is_news = incident.sequence > book.match.heard_of(incident.provider)\n",
        "    is_news = True\n",
        PLAY + "test_a_repeat_does_not_break_the_silence",
    ),
    Mutation(
        "superseded prices are taken again",
        "agents/markets/play.py",
        "    if observed.sequence <= before.priced_in(observed.provider):\n",
        "    if False:\n",
        PLAY + "test_superseded_prices_that_come_again_do_not_move_the_quotes",
    ),
    Mutation(
        "a match id may hold a slash",
        "agents/markets/play.py",
        '    require_id("event_id", scheduled.event_id)\n',
        "",
        PLAY + "test_a_match_id_that_could_not_be_part_of_a_key_is_refused",
    ),
    Mutation(
        "a providers repeated message goes on",
        "overround/domain/feeds/decide.py",
        "    if seen is not None and command.sequence < seen.next_sequence:\n",
        "    if False:\n",
        BAD_INPUT + "test_a_repeat_of_a_providers_message_is_counted_and_tells_nothing",
    ),
    Mutation(
        "records that nobody numbers are not counted",
        "overround/domain/feeds/decide.py",
        " else replace(value, sequence=sequence)\n",
        " else value\n",
        "tests/topology/test_unnumbered.py",
    ),
    Mutation(
        "prices from before a goal hold its markets back",
        "agents/markets/breaker.py",
        "    if prices.sequence < book.match.heard_of(prices.provider):\n",
        "    if False:\n",
        "tests/topology/test_breaker.py",
    ),
    Mutation(
        "a payout is a float",
        "overround/domain/kernel/market.py",
        "        return gross // 2000\n",
        "        return gross / 2000\n",
        MONEY + "test_full_time_pays_every_fate_to_the_cent",
    ),
    Mutation(
        "a payout is rounded up",
        "overround/domain/kernel/market.py",
        "        return gross // 2000\n",
        "        return -(-gross // 2000)\n",
        MONEY + "test_full_time_pays_every_fate_to_the_cent",
    ),
    Mutation(
        "the ledger takes floats",
        "overround/domain/ledger/decide.py",
        "    if type(amount_minor) is not int:\n"
        '        raise Refusal("amount_not_integer", repr(amount_minor))\n',
        "",
        "tests/unit/test_ledger_decide.py::test_amounts_that_no_entry_can_have_are_refused",
    ),
    Mutation(
        "a fate that comes again is paid again",
        "overround/domain/settlement/decide.py",
        "    if leg.revision <= bet.revision:\n",
        "    if False:\n",
        MONEY + "test_a_fate_that_comes_again_or_late_pays_nothing",
    ),
    Mutation(
        "extra time counts",
        "agents/markets/results.py",
        "    score = (after.match.regular_home_goals, after.match.regular_away_goals)\n",
        "    score = (after.match.home_goals, after.match.away_goals)\n",
        MONEY + "test_the_world_cup_final_is_settled_on_its_ninety_minutes",
    ),
    Mutation(
        "one of two providers is believed",
        QUORUM,
        "        is_alone = len(voters) == 1 and new[0].in_step\n",
        "        is_alone = True\n",
        "tests/topology/test_quorum.py::test_a_result_is_settled_once_both_have_it",
    ),
    Mutation(
        "a settled result is moved by one provider",
        QUORUM,
        "    if agreed or hearing.is_settled:\n",
        "    if agreed:\n",
        "tests/unit/test_pricing_quorum.py::test_a_trusted_provider_moves_no_settled_result",
    ),
    Mutation(
        "a voided leg stays in the exposure",
        "agents/markets/legs.py",
        "        if decision.state.voided and not leg.voided:\n",
        "        if False:\n",
        MONEY + "test_a_void_market_refunds_its_bets_and_frees_their_exposure",
    ),
    Mutation(
        "what a failed event wrote is kept",
        "overround/runtime/shell.py",
        "        take_back(self._undo)\n",
        "        self._undo.clear()\n",
        SHELL + "test_a_failed_event_leaves_no_table_write_and_no_output_but_its_dead_letter",
    ),
    Mutation(
        "a tick clears the breaker",
        "overround/runtime/shell.py",
        "            if type(event.value) is not Tick and not left:",
        "            if not left:",
        SHELL + "test_a_tick_each_second_does_not_hide_a_broken_handler",
    ),
    Mutation(
        "an output still to be made clears the breaker",
        "overround/runtime/shell.py",
        "            if type(event.value) is not Tick and not left:",
        "            if type(event.value) is not Tick:",
        "tests/unit/test_shell_newest.py::test_outputs_that_can_never_be_made_stop_the_worker",
    ),
    Mutation(
        "an output that a newer one replaces is made as well",
        "overround/runtime/shell.py",
        "                if last.get(key, -1) <= record.offset:\n",
        "                if True:\n",
        "tests/unit/test_shell_newest.py::"
        "test_of_records_that_came_together_only_the_newest_is_made_and_published",
    ),
    Mutation(
        "a goal that is taken back stays in the shots expected",
        "overround/domain/pricing/football/evidence.py",
        "    if before.before_goal == Score(*goals):\n",
        "    if False:\n",
        "tests/property/test_cancelled_goal.py",
    ),
    Mutation(
        "a scrape makes the consumer that Faust has not made yet",
        ENGINE + "carrier.py",
        "        if not self.tasks:\n",
        "        if False:\n",
        METRICS + "test_a_scrape_before_the_worker_has_started_does_not_make_its_consumer",
    ),
    Mutation(
        "a partition that its worker is stuck on passes for one that is stopped",
        "overround/runtime/lag.py",
        ' or each.owner in alive - {""}',
        "",
        "tests/unit/test_lag.py::test_a_partition_that_its_worker_is_stuck_on_stalls",
    ),
)


@pytest.mark.kafka
@pytest.mark.parametrize("mutation", ENGINE_MUTATIONS, ids=lambda mutation: mutation.name)
def test_the_engine_without_a_cure_fails(mutation: Mutation, kafka: str, tmp_path: Path) -> None:
    run = _without_cure(mutation, tmp_path, {"BOOTSTRAP_SERVERS": kafka})
    assert run.returncode == SOME_FAILED, f"went unnoticed:\n{run.stdout[-3000:]}"


@pytest.mark.slow
@pytest.mark.parametrize("mutation", RULE_MUTATIONS, ids=lambda mutation: mutation.name)
def test_a_rule_without_its_guard_fails(mutation: Mutation, tmp_path: Path) -> None:
    run = _without_cure(mutation, tmp_path, {})
    assert run.returncode == SOME_FAILED, f"went unnoticed:\n{run.stdout[-3000:]}"


def _without_cure(
    mutation: Mutation, tree: Path, env: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The test of a cure, run in a copy of the project that lacks it."""
    for name in COPIED:
        # With what is compiled, which halves the time: it goes by a file's size and time, so only
        # the changed file is compiled anew; were it not, the test would pass and this one fail.
        # A file that another process is just compiling has a number behind its name.
        shutil.copytree(REPOSITORY / name, tree / name, ignore=shutil.ignore_patterns("*.pyc.*"))
    shutil.copy(REPOSITORY / "pyproject.toml", tree)
    file = tree / mutation.file
    text = file.read_text()
    assert text.count(mutation.cure) == 1, f"the cure is not where it was: {mutation.file}"
    file.write_text(text.replace(mutation.cure, mutation.without))
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", mutation.test],
        cwd=tree,
        env={**os.environ, **env, "PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
