"""The disturbances of a chaos run: a seeded schedule of SIGKILL, SIGSTOP and SIGTERM."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random

from tests.kit.kafka import Worker, Workers

PAUSE_S = (3.0, 14.0)
RESTART_S_MAX = 9.0
END_S_MAX = 25.0
# A process that is asked to end before it can listen ends by the signal, which shows nothing.
TERM_AGE_S_MIN = 8.0
# The first blow falls when the group has settled; after the last one there is load for a while.
FIRST_S, LEFT_S = 6.0, 8.0
LOOK_S = 0.05


class Blow(StrEnum):
    """What is done to a worker."""

    KILL = "kill"
    STOP = "stop"
    TERM = "term"


# In this proportion; a longer run gets more of each.
SHARES = {Blow.KILL: 6, Blow.STOP: 4, Blow.TERM: 2}
SHARES_S = 135.0


class State(StrEnum):
    """How a worker is."""

    UP = "up"
    PAUSED = "paused"
    ENDING = "ending"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Exit:
    """How a worker ended: after which blow (none: by itself), and its status."""

    worker: str
    after: Blow | None
    status: int

    @property
    def is_allowed(self) -> bool:
        """By SIGKILL, in order after SIGTERM, or fenced and stopped by its own engine."""
        if self.after is Blow.KILL:
            return self.status == -9
        return self.status == 70 or (self.after is Blow.TERM and self.status == 0)


@dataclass(slots=True)
class Target:
    """One worker instance, whichever process it is now."""

    agent: str
    instance: str
    process: Worker
    state: State = State.UP
    due: float = 0.0  # when it is resumed, restarted, or has hung at its end
    born: float = 0.0

    @property
    def name(self) -> str:
        """Agent and instance."""
        return f"{self.agent}-{self.instance}"


def schedule(rng: Random, seconds: float) -> list[tuple[float, Blow]]:
    """When which blow falls, spread over the run; all but the last quarter minute of it."""
    times = max(1, int(seconds / SHARES_S))
    blows = [blow for blow, share in SHARES.items() for _ in range(share * times)]
    rng.shuffle(blows)
    gap_s = (seconds - FIRST_S - LEFT_S) / len(blows)
    return [(FIRST_S + gap_s * (number + rng.random()), blow) for number, blow in enumerate(blows)]


@dataclass(slots=True)
class Storm:
    """Strikes the targets by a schedule and brings each back; one call of `step` at a time."""

    workers: Workers
    bootstrap: str
    options: str
    rng: Random
    blows: list[tuple[float, Blow]]
    targets: list[Target] = field(default_factory=list)
    exits: list[Exit] = field(default_factory=list)
    counts: dict[Blow, int] = field(default_factory=lambda: dict.fromkeys(Blow, 0))
    log: list[str] = field(default_factory=list)
    started: float = 0.0
    _turn: list[str] = field(default_factory=list)

    def raise_all(self, names: list[tuple[str, str]]) -> None:
        """Start every worker."""
        self.started = time.monotonic()
        self.targets = [Target(a, i, self.start(a, i), born=self.started) for a, i in names]

    def start(self, agent: str, instance: str) -> Worker:
        """A worker process of its own, not restarted by anybody but us."""
        command = [sys.executable, "-m", "cli.main", "worker", agent, "--once"]
        place = ["--instance", instance, "--bootstrap", self.bootstrap, "--options", self.options]
        return self.workers.start([*command, *place], name=f"{agent}-{instance}")

    @property
    def is_over(self) -> bool:
        """Whether every blow has fallen and every worker is up again."""
        return not self.blows and all(target.state is State.UP for target in self.targets)

    def step(self) -> bool:
        """See to every worker, and strike if it is time; whether a blow fell."""
        now = time.monotonic()
        for target in self.targets:
            self._see_to(target, now)
        if not self.blows or now - self.started < self.blows[0][0]:
            return False
        _, blow = self.blows[0]
        struck = self._next_target(now - TERM_AGE_S_MIN if blow is Blow.TERM else now)
        if struck is None:
            return False
        self.blows.pop(0)
        self._strike(struck, blow, now)
        return True

    def _next_target(self, born_before: float) -> Target | None:
        """Every worker in turn, in a new order each round; those that are not up wait."""
        if not self._turn:
            self._turn = [target.name for target in self.targets]
            self.rng.shuffle(self._turn)
        up = {
            target.name: target
            for target in self.targets
            if target.state is State.UP and target.born <= born_before
        }
        name = next((name for name in self._turn if name in up), None)
        if name is None:
            return None
        self._turn.remove(name)
        return up[name]

    def _strike(self, target: Target, blow: Blow, now: float) -> None:
        self.counts[blow] += 1
        self._note(f"{blow} {target.name}")
        if blow is Blow.KILL:
            self._ended(target, blow, target.process.kill(), now)
        elif blow is Blow.STOP:
            target.process.pause()
            target.state, target.due = State.PAUSED, now + self.rng.uniform(*PAUSE_S)
        else:
            target.process.process.terminate()
            target.state, target.due = State.ENDING, now + END_S_MAX

    def _see_to(self, target: Target, now: float) -> None:
        status = target.process.process.poll()
        if target.state is State.DOWN:
            if now >= target.due:
                target.process = self.start(target.agent, target.instance)
                target.state, target.born = State.UP, now
                self._note(f"start {target.name}")
        elif status is not None:
            after = Blow.TERM if target.state is State.ENDING else None
            self._ended(target, after, status, now)
        elif target.state is State.PAUSED and now >= target.due:
            target.process.resume()
            target.state = State.UP
            self._note(f"resume {target.name}")
        elif target.state is State.ENDING and now >= target.due:
            self._note(f"{target.name} hung at its end")
            self._ended(target, Blow.TERM, target.process.kill(), now)

    def _ended(self, target: Target, after: Blow | None, status: int, now: float) -> None:
        self.exits.append(Exit(target.name, after, status))
        target.state, target.due = State.DOWN, now + self.rng.uniform(0, RESTART_S_MAX)
        self._note(f"{target.name} ended with status {status}")

    def _note(self, what: str) -> None:
        self.log.append(f"{time.monotonic() - self.started:6.1f} s  {what}")

    def end_all(self) -> None:
        """End every worker in order; a status other than 0 is noted among the exits."""
        for target in self.targets:
            target.process.process.terminate()
        for target in self.targets:
            self.exits.append(Exit(target.name, Blow.TERM, target.process.wait(END_S_MAX)))
