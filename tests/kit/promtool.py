"""promtool, which Debian's `prometheus` has; fetched into the user's cache where it is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from tests.kit.kafka import unavailable

_FETCH_S_MAX = 240


def promtool() -> str:
    """Its path: `PROMTOOL`, else on the PATH, else out of Debian's package, which nothing installs.

    Where it cannot be had the test is skipped, and fails in CI.
    """
    found = os.environ.get("PROMTOOL") or shutil.which("promtool")
    if found:
        return found
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "overround"
    kept = cache / "promtool"
    if not kept.exists():
        _fetch(kept)
    return str(kept)


def _fetch(kept: Path) -> None:
    if shutil.which("apt-get") is None:
        unavailable("no promtool: install Prometheus, or name it in PROMTOOL")
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=kept.parent) as room:
        if not _downloaded(room):
            _run(room, "apt-get", "update")
            if not _downloaded(room):
                unavailable("no promtool: apt-get install prometheus, or name it in PROMTOOL")
        package = next(Path(room).glob("*.deb"))
        _run(room, "dpkg-deb", "-x", str(package), "unpacked")
        Path(room, "unpacked/usr/bin/promtool").rename(kept)


def _downloaded(room: str) -> bool:
    return _run(room, "apt-get", "download", "prometheus") == 0 and any(Path(room).glob("*.deb"))


def _run(room: str, *command: str) -> int:
    ended = subprocess.run(
        command, cwd=room, capture_output=True, timeout=_FETCH_S_MAX, check=False
    )
    return ended.returncode
