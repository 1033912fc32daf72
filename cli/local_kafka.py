"""A real Apache Kafka without Docker: one KRaft node, for demos, tests and benches.

    with cluster() as bootstrap_servers:
        ...

`BOOTSTRAP_SERVERS` names a cluster to use instead. The node listens on 127.0.0.1 only and dies
with the process that started it.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from cli.kafka_jars import KAFKA_VERSION, KafkaUnavailable, find_java, install
from cli.tether import tethered

__all__ = ["KAFKA_VERSION", "KafkaUnavailable", "LocalKafka", "cluster", "free_ports", "install"]

# A start takes 4-5 s on two idle cores; a machine busy with tests needs a multiple.
START_S_MAX = 60

# The orderly stop of a node whose records are kept: it closes its logs.
STOP_S_MAX = 20

# Below the range that Linux gives to outgoing connections (32768 up): a port found free here
# is not taken by some client in the seconds before the node binds it.
PORTS = range(20_000, 32_000)

HEAP_MB = 768  # enough for demo and benches; the rest of the memory serves as page cache

LOG_LINES_SHOWN = 25  # of a failed start: the last exception with its cause

CLUSTER_ID = "b3ZlcnJvdW5kLWxvY2FsIQ"  # 16 bytes, "overround-local!", as Kafka writes its ids

# What a client can notice is the same as in docker/kafka/server.properties, except for the
# replicas: one broker holds one. A test compares the two.
SETTINGS = {
    "process.roles": "broker,controller",
    "node.id": "1",
    "controller.listener.names": "CONTROLLER",
    "auto.create.topics.enable": "false",
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    "group.max.session.timeout.ms": "60000",
    "transaction.max.timeout.ms": "60000",
    # The default looks each 10 s; until then a dead worker's open transaction holds back every
    # reader of committed records.
    "transaction.abort.timed.out.transaction.cleanup.interval.ms": "1000",
    "offsets.topic.replication.factor": "1",
    "transaction.state.log.replication.factor": "1",
    "transaction.state.log.min.isr": "1",
    "share.coordinator.state.topic.replication.factor": "1",
    "share.coordinator.state.topic.min.isr": "1",
    # 50 each by default: making them is most of the first commit's time.
    "offsets.topic.num.partitions": "4",
    "transaction.state.log.num.partitions": "4",
    "share.coordinator.state.topic.num.partitions": "4",
    "log.cleaner.dedupe.buffer.size": str(16 * 1024 * 1024),  # 128 MB is a sixth of the heap
}


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now.

    Raises:
        KafkaUnavailable: a thousand tries did not find as many.
    """
    with contextlib.ExitStack() as held:
        ports: list[int] = []
        for port in random.sample(PORTS, k=1000):
            probe = held.enter_context(socket.socket())
            with contextlib.suppress(OSError):  # taken: the next
                probe.bind(("127.0.0.1", port))
                ports.append(port)
            if len(ports) == count:
                return ports
    raise KafkaUnavailable(f"no {count} free ports from {PORTS.start} to {PORTS.stop - 1}")


@contextlib.contextmanager
def cluster(keep: Path | None = None) -> Iterator[str]:
    """The address of a Kafka: `BOOTSTRAP_SERVERS` where it is set, else of a node of our own.

    Args:
        keep: where a node of our own keeps its records; None for a folder that goes.

    Raises:
        KafkaUnavailable: no node could be started.
    """
    given = os.environ.get("BOOTSTRAP_SERVERS", "").strip()
    if given:
        yield given
        return
    with LocalKafka(keep) as node:
        yield node.bootstrap_servers


class LocalKafka:
    """One Kafka node, broker and controller in one process, as a context manager.

    Args:
        keep: a folder for the node's records and log, which stays; None for one that goes.

    Raises:
        KafkaUnavailable: Java or Maven is missing, or the node did not start; the reason then
            ends with the last lines of its log.
    """

    def __init__(self, keep: Path | None = None) -> None:
        self._keep = keep
        self._process: subprocess.Popen[bytes] | None = None
        self._java = find_java()
        self._jars = install()
        port, self._controller_port = free_ports(2)
        self.bootstrap_servers = f"127.0.0.1:{port}"
        self.home = keep or Path(tempfile.gettempdir())

    def __enter__(self) -> LocalKafka:
        self.home = self._keep or Path(tempfile.mkdtemp(prefix="overround-kafka-"))
        try:
            self._format()
            self.start()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._leave()

    @property
    def log(self) -> Path:
        """The file with what the node says, warnings and worse."""
        return self.home / "node.log"

    @property
    def pid(self) -> int:
        """The node's process id, which is its process group's too.

        Raises:
            KafkaUnavailable: the node is not running.
        """
        if self._process is None:
            raise KafkaUnavailable("the node is not running")
        return self._process.pid

    def start(self) -> None:
        """Start the node and wait until it serves; after `kill`, with its records and port."""
        if self._process is not None:
            raise KafkaUnavailable(f"the node is running already, as process {self.pid}")
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                tethered(self._command("kafka.Kafka", str(self._properties), heap_mb=HEAP_MB)),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a terminal's Ctrl-C is for the workers; we end after
            )
        self._wait_until_ready(self._process)

    def stop(self) -> None:
        """End the node in order; does nothing to one that is not running."""
        if self._process is not None and self._process.poll() is None:
            self.resume()
            os.killpg(self.pid, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(STOP_S_MAX)
        self.kill()

    def kill(self) -> None:
        """SIGKILL the node; its records stay, and `start` brings it back."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def pause(self) -> None:
        """SIGSTOP: the node keeps its connections and answers nobody."""
        os.killpg(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """SIGCONT: the node goes on where it was paused."""
        os.killpg(self.pid, signal.SIGCONT)

    @property
    def _properties(self) -> Path:
        return self.home / "server.properties"

    def _format(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        nodes = f"PLAINTEXT://{self.bootstrap_servers}"
        controller = f"127.0.0.1:{self._controller_port}"
        settings = SETTINGS | {
            "listeners": f"{nodes},CONTROLLER://{controller}",
            "advertised.listeners": nodes,
            "controller.quorum.voters": f"1@{controller}",
            "log.dirs": str(self.home / "records"),
        }
        lines = [f"{name}={value}" for name, value in sorted(settings.items())]
        self._properties.write_text("\n".join(lines) + "\n")
        fmt = ["format", "-t", CLUSTER_ID, "-c", str(self._properties), "--ignore-formatted"]
        with self.log.open("ab") as log:
            command = self._command("kafka.tools.StorageTool", *fmt, heap_mb=128)
            done = subprocess.run(tethered(command), stdout=log, stderr=log, check=False)
        if done.returncode != 0:
            raise KafkaUnavailable(self._failure("could not format its folder"))

    def _command(self, main: str, *arguments: str, heap_mb: int) -> list[str]:
        # C1 alone starts faster, and formatting is over before C2 would pay; the node gets both.
        brief = ["-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"] if "StorageTool" in main else []
        quiet = ["-Dlog4j2.StatusLogger.level=OFF", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]
        jars = ["-cp", f"{self._jars}/*"]
        return [self._java, f"-Xmx{heap_mb}m", *brief, *quiet, *jars, main, *arguments]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        admin = AdminClient(
            {
                "bootstrap.servers": self.bootstrap_servers,
                "log_level": 0,  # refused connections are what we wait through
                "reconnect.backoff.max.ms": 100,
            }
        )
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if process.poll() is not None:
                raise KafkaUnavailable(self._failure(f"ended with status {process.returncode}"))
            with contextlib.suppress(KafkaException):  # not yet: ask again
                if admin.list_topics(timeout=0.5).brokers:
                    return
        raise KafkaUnavailable(self._failure(f"did not serve within {START_S_MAX} s"))

    def _failure(self, what: str) -> str:
        tail = self.log.read_text(errors="replace").splitlines()[-LOG_LINES_SHOWN:]
        return "\n".join([f"Apache Kafka {KAFKA_VERSION} {what}; its log ends:", *tail])

    def _leave(self) -> None:
        if self._keep:
            self.stop()
            return
        self.kill()  # records that are thrown away need no orderly end
        shutil.rmtree(self.home, ignore_errors=True)
