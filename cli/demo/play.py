"""The course of the demonstration: accounts, the match with its bets, and their settlement."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Sequence

from cli.demo.house import DemoFailed, Ends, House
from cli.demo.match import TimedRecord
from cli.demo.punters import Population
from cli.demo.scoreboard import Scoreboard
from cli.demo.view import View
from overround.contracts import topics
from overround.domain.betting.commands import PlaceBet
from overround.domain.feeds.commands import RecordFeed

# Three workers import, join their groups and restore within 4 s on two idle cores.
READY_S_MAX = 60.0
ACCOUNTS_S_MAX = 60.0
# From the last record of the match until everything is settled: seconds, if all is well. A dead
# worker's open transaction alone takes 10.
DRAIN_S_MAX = 60.0
# Asking a cluster for its lag takes a few milliseconds; a second is as fresh as a person reads.
_LAG_EVERY_S = 1.0

# What a settlement still causes goes from agent to agent: the leg's to the account, the account's
# back to the market. A pass handles all that lay in the inboxes, and so takes it one hop on.
_HOPS_MAX = 3

Done = Callable[[], bool]


class Play:
    """One match played through a house; the steps are called in their order."""

    def __init__(
        self, house: House, population: Population, board: Scoreboard, view: View, run_id: str
    ) -> None:
        self._house = house
        self._population = population
        self._board = board
        self._view = view
        self._run_id = run_id
        self._sent = 0
        self._lags: dict[str, int] = {}
        self._lags_at_s = 0.0
        self.lag_max: dict[str, int] = {}
        self.lags_left: dict[str, int] = {}

    def wait_until_ready(self) -> None:
        """Wait for the workers; raises DemoFailed when they take too long."""
        house = self._house
        self._until(
            "starting workers", house.is_ready, READY_S_MAX, lambda: "an inbox has no worker yet"
        )

    def open_accounts(self) -> None:
        """Open the punters' accounts and credit their deposits; raises DemoFailed."""
        for command in self._population.opening_commands():
            self._house.send(topics.ACCOUNTS_INBOX, command.customer_id, command, self._id())
        board = self._board
        self._until(
            "opening accounts",
            lambda: board.credited == board.customers,
            ACCOUNTS_S_MAX,
            lambda: f"{len(board.customers - board.credited)} deposits were not credited",
        )

    def run_match(self, records: Sequence[TimedRecord]) -> None:
        """Feed the records when they are due, and let the punters bet on what is quoted."""
        waiting = deque(records)
        self._house.start_clock()
        while waiting:
            now_s = self._house.next_s()
            while waiting and waiting[0].at_s <= now_s:
                self._feed(waiting.popleft().record)
            if self._board.quotes is not None:
                for bet in self._population.bets(self._board.quotes, now_s):
                    self._place(bet)
            self._look("in play")

    def drain(self) -> None:
        """Wait until all is settled and what that left in the inboxes is handled.

        Ticks come into the inboxes for ever, so each pass looks back at the ends of its
        beginning. What is not settled in time is for the report to tell.
        """
        deadline = time.monotonic() + DRAIN_S_MAX
        while not self._board.is_complete and time.monotonic() < deadline:
            self._look("settling")
        for _ in range(_HOPS_MAX):
            ends = self._house.ends()
            while any(self._lags_left(ends)) and time.monotonic() < deadline:
                self._look("settling")

    def _lags_left(self, ends: Ends) -> Collection[int]:
        self.lags_left = self._house.lags(ends)
        return self.lags_left.values()

    def _until(self, phase: str, done: Done, seconds: float, why_not: Callable[[], str]) -> None:
        deadline = time.monotonic() + seconds
        while not done():
            if time.monotonic() > deadline:
                raise DemoFailed(f"{phase}: {why_not()} after {seconds:.0f} s")
            self._look(phase)

    def _look(self, phase: str) -> None:
        self._board.see(self._house.take())
        now_s = time.monotonic()
        if now_s - self._lags_at_s >= _LAG_EVERY_S:
            # The ends first: a group that is at them now has handled all that was there.
            self._lags, self._lags_at_s = self._house.lags(self._house.ends()), now_s
            for name, lag in self._lags.items():
                self.lag_max[name] = max(lag, self.lag_max.get(name, 0))
        self._view.show(phase, self._lags)

    def _feed(self, record: RecordFeed) -> None:
        self._house.send(topics.FEEDS_INBOX, record.event_id, record, self._id())

    def _place(self, bet: PlaceBet) -> None:
        self._board.send(bet)
        self._house.send(topics.ACCOUNTS_INBOX, bet.customer_id, bet, self._id())

    def _id(self) -> str:
        self._sent += 1
        return f"demo-{self._run_id}-{self._sent}"
