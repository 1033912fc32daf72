"""What a local Kafka needs on this machine: a Java, and the jars, fetched by Maven once."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from cli.tether import tethered

KAFKA_VERSION = "4.1.1"

JAVA_MAJOR_MIN = 17  # what the broker of Kafka 4 is compiled for

# 43 MB take 15 s on a good line; ten minutes tell a slow line from a dead one.
INSTALL_S_MAX = 600

# kafka_2.13 brings the SLF4J interface and nothing behind it: a node that fails would say
# nothing. slf4j-simple, of the same version, writes to stderr, which is the node's log file.
POM = f"""\
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka-node</artifactId><version>1</version>
  <packaging>pom</packaging>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId>
      <version>{KAFKA_VERSION}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
"""
COPY_JARS = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"


class KafkaUnavailable(RuntimeError):
    """No local Kafka can be had; `reason` says what to install or to set."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def find_java() -> str:
    """The path of a Java that can run the node (`JAVA_HOME` first, then `PATH`).

    Raises:
        KafkaUnavailable: there is none, or it is older than Java 17.
    """
    home = os.environ.get("JAVA_HOME")
    found = shutil.which("java", path=f"{home}/bin") if home else None
    found = found or shutil.which("java")
    if found is None:
        raise KafkaUnavailable(_needed(f"Java {JAVA_MAJOR_MIN}"))
    asked = subprocess.run([found, "-version"], capture_output=True, text=True, check=False)
    version = re.search(r'version "(\d+)', asked.stderr)
    if version is None or int(version[1]) < JAVA_MAJOR_MIN:
        raise KafkaUnavailable(f"{_needed(f'Java {JAVA_MAJOR_MIN}')} ({found} is older)")
    return found


def install() -> Path:
    """The folder of the node's jars; the first call fetches them into the user's cache.

    The folder is whole or absent: jars are copied beside their place and renamed into it.
    Several processes may call this at once.

    Raises:
        KafkaUnavailable: Maven is missing or could not fetch them.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overround"
    jars = cache / f"kafka-{KAFKA_VERSION}"
    if jars.is_dir():
        return jars
    if shutil.which("mvn") is None:
        raise KafkaUnavailable(_needed("Maven"))
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / "install.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not jars.is_dir():
            _fetch(jars)
    return jars


def _needed(what: str) -> str:
    return (
        f"{what} is needed for a local Kafka: "
        "apt-get install openjdk-17-jre-headless maven; or set BOOTSTRAP_SERVERS"
    )


def _fetch(jars: Path) -> None:
    began = time.monotonic()
    _say(f"Fetching Apache Kafka {KAFKA_VERSION} (43 MB, once) into {jars} ...")
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=jars.parent) as room:
        pom, copied = Path(room, "pom.xml"), Path(room, "jars")
        pom.write_text(POM)
        _maven("-f", str(pom), COPY_JARS, f"-DoutputDirectory={copied}", "-DincludeScope=runtime")
        if not (copied / f"kafka_2.13-{KAFKA_VERSION}.jar").is_file():
            raise KafkaUnavailable(f"Maven ended well but left no Kafka {KAFKA_VERSION}")
        copied.rename(jars)
    _say(f"Fetched in {time.monotonic() - began:.0f} s.")


def _maven(*arguments: str) -> None:
    try:
        done = subprocess.run(
            tethered(["mvn", "-q", "-B", *arguments]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=INSTALL_S_MAX,
        )
    except subprocess.TimeoutExpired as late:
        raise KafkaUnavailable(f"Maven did not end in {INSTALL_S_MAX} s") from late
    if done.returncode != 0:
        errors = [line for line in done.stdout.splitlines() if "[ERROR]" in line]
        reason = errors[0] if errors else f"exit status {done.returncode}"
        raise KafkaUnavailable(f"Maven could not fetch Apache Kafka {KAFKA_VERSION}: {reason}")


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
