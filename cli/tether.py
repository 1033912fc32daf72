"""Child processes that cannot outlive the process that started them."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

# Runs first in the child: asks Linux to kill it when its parent dies, then becomes the command,
# so the pid stays. A `preexec_fn` in its place could deadlock: librdkafka has threads.
TETHER = """\
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent died first")
os.execvp(sys.argv[2], sys.argv[2:])
"""


def tethered(command: Sequence[str]) -> list[str]:
    """The same command, as a child that is killed when the calling process dies.

    The kernel means the calling *thread*: start children from one that lasts. Other systems
    than Linux run the command without the tether.
    """
    return [sys.executable, "-I", "-S", "-c", TETHER, str(os.getpid()), *command]
