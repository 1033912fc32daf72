"""The engines that run the counting job: how each is started and what it leaves behind."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from benches.counting import quix
from benches.counting.job import counting_agent
from benches.counting.log import Count
from cli.tether import tethered

STREAMS = Path(__file__).parent / "streams"
_COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_FETCH_S_MAX = 600
_LEFT_ALONE = "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"

COMMIT_S = 0.1
"""How often all of them commit; ours also after each 5,000 events."""


class EngineMissing(RuntimeError):
    """An engine is not here; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Job:
    """One run of an engine: its topics, its process, and how to read its table."""

    source: str
    sink: str
    changelog: str
    makes_changelog: bool
    command: Callable[[int], list[str]]
    count: Count = int


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine with a guarantee. `job` takes the cluster and a suffix of the run's names."""

    name: str
    guarantee: str
    job: Callable[[str, str], Job]


def _module(name: str, **options: str) -> list[str]:
    words = [f"--{key}={value}" for key, value in options.items()]
    return [sys.executable, "-m", f"benches.counting.{name}", *words]


def _ours(bootstrap: str, suffix: str) -> Job:
    agent = counting_agent(suffix)

    def command(instance: int) -> list[str]:
        options = f"tick_ms=0&commit_lazy_ms={COMMIT_S * 1000:.0f}"
        return _module(
            "job", bootstrap=bootstrap, suffix=suffix, instance=str(instance), options=options
        )

    changelog = agent.changelog(agent.owns[0])
    return Job(agent.inbox.name, agent.sends[0].name, changelog, False, command)


def _stock(guarantee: str, commit_s: float) -> Callable[[str, str], Job]:
    def job(bootstrap: str, suffix: str) -> Job:
        app, source, sink = f"stock{suffix}", f"source{suffix}", f"sink{suffix}"
        command = _module(
            "stock_faust",
            bootstrap=bootstrap,
            source=source,
            sink=sink,
            app=app,
            guarantee=guarantee,
            **{"commit-s": str(commit_s)},
        )
        return Job(source, sink, f"{app}-counts-changelog", False, lambda _instance: command)

    return job


def _quix(bootstrap: str, suffix: str) -> Job:
    if quix.missing():
        raise EngineMissing(quix.missing())
    app, source, sink = f"quix{suffix}", f"source{suffix}", f"sink{suffix}"
    command = _module(
        "quix",
        bootstrap=bootstrap,
        source=source,
        sink=sink,
        app=app,
        **{"commit-s": str(COMMIT_S)},
    )
    return Job(source, sink, quix.changelog_of(app, source), True, lambda _instance: command)


def _streams(bootstrap: str, suffix: str) -> Job:
    classes, jars = _compiled(), _streams_jars()
    app, source, sink = f"streams{suffix}", f"source{suffix}", f"sink{suffix}"
    path = f"{classes}:{jars}/*"
    command = ["java", "-Xmx512m", _LEFT_ALONE, "-cp", path, "Counting", bootstrap]
    command += [source, sink, app]
    return Job(source, sink, f"{app}-counts-changelog", True, lambda _instance: command)


def _streams_jars() -> Path:
    """The jars of Kafka Streams, fetched once by Maven into the user's cache."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overround"
    jars = cache / "streams-4.1.1"
    if jars.is_dir():
        return jars
    if shutil.which("mvn") is None or shutil.which("javac") is None:
        raise EngineMissing("apt-get install openjdk-17-jdk-headless maven")
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache) as room:
        copied = Path(room, "jars")
        command = ["mvn", "-q", "-B", "-f", str(STREAMS / "pom.xml"), _COPY_JARS]
        command += [f"-DoutputDirectory={copied}", "-DincludeScope=runtime"]
        subprocess.run(tethered(command), check=True, timeout=_FETCH_S_MAX, capture_output=True)
        copied.rename(jars)
    return jars


def _compiled() -> Path:
    """The Java job's classes, compiled anew: it takes two seconds."""
    jars = _streams_jars()
    classes = Path(tempfile.gettempdir()) / "overround" / "counting-streams"
    classes.mkdir(parents=True, exist_ok=True)
    source = str(STREAMS / "Counting.java")
    compiler = ["javac", "-cp", f"{jars}/*", "-d", str(classes), source]
    subprocess.run(compiler, check=True, timeout=_FETCH_S_MAX, capture_output=True)
    return classes


OURS = Engine("overround", "exactly once", _ours)
STOCK = Engine("Faust 0.15.3", "at least once", _stock("at_least_once", COMMIT_S))
STOCK_DEFAULT = Engine("Faust 0.15.3, 2.8 s", "at least once", _stock("at_least_once", 0.0))
STOCK_EXACTLY_ONCE = Engine("Faust 0.15.3", "its exactly once", _stock("exactly_once", COMMIT_S))
QUIX = Engine(f"quixstreams {quix.VERSION}", "exactly once", _quix)
KAFKA_STREAMS = Engine("Kafka Streams 4.1.1", "exactly once v2", _streams)
